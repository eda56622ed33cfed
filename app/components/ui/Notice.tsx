// A line at the bottom that says what was just done, with a way to undo it.
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { StyleSheet, View } from 'react-native';
import { initialWindowMetrics } from 'react-native-safe-area-context';

import { Button } from './Button';
import { Label } from './Label';
import { color, radius, space } from './theme';
import { useMessages, words } from '@/lib/i18n';
import { problemOf } from '@/lib/problem';

type Said = { text: string; undo?: () => void; wrong?: boolean };
type Say = { say: (text: string, undo?: () => void) => void; sayProblem: (error: unknown) => void };

const Context = createContext<Say>({ say: () => {}, sayProblem: () => {} });
/** Above the tabs and the buttons of a page. */
const BOTTOM = 144 + (initialWindowMetrics?.insets.bottom ?? 0);
const SHOWN_MS = 4000;
const UNDO_SHOWN_MS = 8000;

export const useNotice = () => useContext(Context);

export function NoticeProvider({ children }: { children: ReactNode }) {
  const m = useMessages();
  const [said, setSaid] = useState<Said | null>(null);
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(null), said.undo ? UNDO_SHOWN_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const say = useCallback((text: string, undo?: () => void) => setSaid({ text, undo }), []);
  const sayProblem = useCallback((error: unknown) => setSaid({ text: words(m, problemOf(error)), wrong: true }), [m]);
  const value = useMemo(() => ({ say, sayProblem }), [say, sayProblem]);
  return (
    <Context.Provider value={value}>
      {children}
      <View style={styles.place} pointerEvents="box-none" aria-live="polite" role="status">
        {said ? (
          <View style={[styles.notice, said.wrong && styles.wrong]} testID="notice">
            <Label tint={color.onBrand} style={styles.text}>
              {said.text}
            </Label>
            {said.undo ? (
              <Button
                compact
                look="secondary"
                title={m.common.undo}
                testID="undo"
                onPress={() => {
                  said.undo?.();
                  setSaid(null);
                }}
              />
            ) : null}
          </View>
        ) : null}
      </View>
    </Context.Provider>
  );
}

const styles = StyleSheet.create({
  place: { position: 'absolute', left: 0, right: 0, bottom: BOTTOM, alignItems: 'center', paddingHorizontal: space.l },
  notice: {
    flexDirection: 'row',
    alignItems: 'center',
    gap: space.m,
    maxWidth: 560,
    backgroundColor: '#26302a',
    borderRadius: radius.m,
    paddingHorizontal: space.l,
    paddingVertical: space.s + 2,
  },
  wrong: { backgroundColor: color.danger },
  text: { flexShrink: 1 },
});
