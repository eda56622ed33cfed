// A message at the bottom of the screen that confirms an action, optionally with an undo button.
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { View } from 'react-native';
import { initialWindowMetrics } from 'react-native-safe-area-context';

import { Button } from './Button';
import { Label } from './Label';
import { themed, useColor } from './scheme';
import { radius, space } from './theme';
import { useMessages, words } from '@/lib/i18n';
import { problemOf } from '@/lib/problem';

type Message = { text: string; undo?: () => void; wrong?: boolean };
type Notices = {
  say: (text: string, undo?: () => void) => void;
  sayProblem: (error: unknown) => void;
  /** For an undo that failed: it is offered again if it may succeed later. */
  sayNotUndone: (error: unknown, undo: () => void) => void;
};

const Context = createContext<Notices>({ say: () => {}, sayProblem: () => {}, sayNotUndone: () => {} });
/** Distance from the bottom, above the tabs and a page's footer. */
const BOTTOM = 144 + (initialWindowMetrics?.insets.bottom ?? 0);
const SHOWN_MS = 4000;
const UNDO_SHOWN_MS = 8000;

export const useNotice = () => useContext(Context);

export function NoticeProvider({ children }: { children: ReactNode }) {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const [message, setMessage] = useState<Message | null>(null);
  useEffect(() => {
    if (!message) return;
    const timer = setTimeout(() => setMessage(null), message.undo ? UNDO_SHOWN_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [message]);
  const say = useCallback((text: string, undo?: () => void) => setMessage({ text, undo }), []);
  const sayProblem = useCallback((error: unknown) => setMessage({ text: words(m, problemOf(error)), wrong: true }), [m]);
  const sayNotUndone = useCallback(
    (error: unknown, undo: () => void) => {
      const problem = problemOf(error);
      setMessage({ text: words(m, problem), wrong: true, undo: problem.retryable ? undo : undefined });
    },
    [m],
  );
  const value = useMemo(() => ({ say, sayProblem, sayNotUndone }), [say, sayProblem, sayNotUndone]);
  return (
    <Context.Provider value={value}>
      {children}
      <View style={styles.place} pointerEvents="box-none" aria-live="polite" role="status">
        {message ? (
          <View style={[styles.notice, message.wrong && styles.wrong]} testID="notice">
            <Label tint={message.wrong ? color.onDanger : color.onToast} style={styles.text}>
              {message.text}
            </Label>
            {message.undo ? (
              <Button
                compact
                look="secondary"
                title={m.common.undo}
                testID="undo"
                onPress={() => {
                  message.undo?.();
                  setMessage(null);
                }}
              />
            ) : null}
          </View>
        ) : null}
      </View>
    </Context.Provider>
  );
}

const useStyles = themed((color) => ({
  place: { position: 'absolute', left: 0, right: 0, bottom: BOTTOM, alignItems: 'center', paddingHorizontal: space.l },
  notice: {
    flexDirection: 'row',
    alignItems: 'center',
    gap: space.m,
    maxWidth: 560,
    backgroundColor: color.toast,
    borderRadius: radius.m,
    paddingHorizontal: space.l,
    paddingVertical: space.s + 2,
  },
  wrong: { backgroundColor: color.danger },
  text: { flexShrink: 1 },
}));
