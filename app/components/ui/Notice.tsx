// A message at the bottom of the screen that confirms an action, optionally with an undo button.
import { createContext, type ReactNode, useCallback, useContext, useEffect, useId, useMemo, useState } from 'react';
import { useWindowDimensions, View } from 'react-native';
import { initialWindowMetrics } from 'react-native-safe-area-context';

import { Button } from './Button';
import { Label } from './Label';
import { themed, useColor } from './scheme';
import { radius, space } from './theme';
import { useMessages, words } from '@/lib/i18n';
import { problemOf } from '@/lib/problem';

/** The button is busy until the promise of `undo` is settled. */
type Undo = () => void | Promise<unknown>;
type Message = { text: string; undo?: Undo; wrong?: boolean };
type Notices = {
  say: (text: string, undo?: Undo) => void;
  sayProblem: (error: unknown) => void;
  /** For an undo that failed: it is offered again if it may succeed later. */
  sayNotUndone: (error: unknown, undo: Undo) => void;
  /** Takes an offer to undo away, which only the user who was signed in could accept. */
  forgetUndo: () => void;
};

const Context = createContext<Notices>({ say: () => {}, sayProblem: () => {}, sayNotUndone: () => {}, forgetUndo: () => {} });

/** `places`: the sheets that are open, the uppermost last. It alone shows the message: the others are behind it. */
type Places = { message: Message | null; done: (message: Message) => void; places: readonly string[]; enter: (place: string) => () => void };
const PlacesContext = createContext<Places>({ message: null, done: () => {}, places: [], enter: () => () => {} });
const FloorContext = createContext<(floor: number) => void>(() => {});

/** Distance from the bottom, above the tabs and a page's footer, until the page has said where its footer begins. */
const BOTTOM = 144 + (initialWindowMetrics?.insets.bottom ?? 0);
const SHOWN_MS = 4000;
const UNDO_SHOWN_MS = 8000;

export const useNotice = () => useContext(Context);
/** Tells where notices end: a distance from the top of the window. */
export const useFloor = () => useContext(FloorContext);

export function NoticeProvider({ children }: { children: ReactNode }) {
  const m = useMessages();
  const { height } = useWindowDimensions();
  const [message, setMessage] = useState<Message | null>(null);
  const [places, setPlaces] = useState<readonly string[]>([]);
  const [floor, setFloor] = useState<number | null>(null);
  useEffect(() => {
    if (!message) return;
    const timer = setTimeout(() => setMessage(null), message.undo ? UNDO_SHOWN_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [message]);
  const value = useMemo((): Notices => {
    const wrong = (error: unknown, undo?: Undo) => {
      const problem = problemOf(error);
      setMessage({ text: words(m, problem), wrong: true, undo: problem.retryable ? undo : undefined });
    };
    return {
      say: (text, undo) => setMessage({ text, undo }),
      sayProblem: (error) => wrong(error),
      sayNotUndone: wrong,
      forgetUndo: () => setMessage((now) => (now?.undo ? null : now)),
    };
  }, [m]);
  const done = useCallback((of: Message) => setMessage((now) => (now === of ? null : now)), []);
  const enter = useCallback((place: string) => {
    setPlaces((all) => [...all, place]);
    return () => setPlaces((all) => all.filter((each) => each !== place));
  }, []);
  const shown = useMemo(() => ({ message, done, places, enter }), [message, done, places, enter]);
  return (
    <Context.Provider value={value}>
      <FloorContext.Provider value={setFloor}>
        <PlacesContext.Provider value={shown}>
          {children}
          <Place shown={places.length === 0} bottom={floor === null ? BOTTOM : height - floor + space.m} />
        </PlacesContext.Provider>
      </FloorContext.Provider>
    </Context.Provider>
  );
}

/** Where notices are while a sheet is open: in front of it. */
export function NoticesOfSheet({ bottom }: { bottom: number }) {
  const id = useId();
  const { places, enter } = useContext(PlacesContext);
  useEffect(() => enter(id), [enter, id]);
  return <Place shown={places.at(-1) === id} bottom={bottom} />;
}

function Place({ shown, bottom }: { shown: boolean; bottom: number }) {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const { message, done } = useContext(PlacesContext);
  return (
    <View style={[styles.place, { bottom }]} pointerEvents="box-none" aria-live="polite" role="status">
      {message && shown ? (
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
                const work = message.undo?.();
                if (!work) return done(message);
                return work.finally(() => done(message));
              }}
            />
          ) : null}
        </View>
      ) : null}
    </View>
  );
}

const useStyles = themed((color) => ({
  place: { position: 'absolute', left: 0, right: 0, alignItems: 'center', paddingHorizontal: space.l },
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
