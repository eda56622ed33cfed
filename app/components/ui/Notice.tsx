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

/**
 * What is shown, and where: in the uppermost sheet, which hides what is behind it, or in the page if none is open.
 * `sheets`: those that are open, the uppermost last. `openSheet` returns a function to be called when it closes.
 */
type Shown = { message: Message | null; done: (message: Message) => void; sheets: readonly string[]; openSheet: (id: string) => () => void };
const ShownContext = createContext<Shown>({ message: null, done: () => {}, sheets: [], openSheet: () => () => {} });
const FloorContext = createContext<(floor: number) => void>(() => {});

/** Distance from the bottom, above the tabs and a page's footer, until the page has said where its footer begins. */
const BOTTOM = 144 + (initialWindowMetrics?.insets.bottom ?? 0);
const SHOWN_MS = 4000;
const UNDO_SHOWN_MS = 8000;

export const useNotice = () => useContext(Context);
/** Returns a function that says where notices of the page end, in px from the top of the window. */
export const useSetFloor = () => useContext(FloorContext);

export function NoticeProvider({ children }: { children: ReactNode }) {
  const m = useMessages();
  const { height } = useWindowDimensions();
  const [message, setMessage] = useState<Message | null>(null);
  const [sheets, setSheets] = useState<readonly string[]>([]);
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
  const openSheet = useCallback((id: string) => {
    setSheets((all) => [...all, id]);
    return () => setSheets((all) => all.filter((each) => each !== id));
  }, []);
  const shown = useMemo(() => ({ message, done, sheets, openSheet }), [message, done, sheets, openSheet]);
  return (
    <Context.Provider value={value}>
      <FloorContext.Provider value={setFloor}>
        <ShownContext.Provider value={shown}>
          {children}
          <NoticeArea shown={sheets.length === 0} bottom={floor === null ? BOTTOM : height - floor + space.m} />
        </ShownContext.Provider>
      </FloorContext.Provider>
    </Context.Provider>
  );
}

/** The notices of a sheet, in front of it. `bottom`: px from the bottom of the window. */
export function SheetNotices({ bottom }: { bottom: number }) {
  const id = useId();
  const { sheets, openSheet } = useContext(ShownContext);
  useEffect(() => openSheet(id), [openSheet, id]);
  return <NoticeArea shown={sheets.at(-1) === id} bottom={bottom} />;
}

function NoticeArea({ shown, bottom }: { shown: boolean; bottom: number }) {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const { message, done } = useContext(ShownContext);
  return (
    <View style={[styles.area, { bottom }]} pointerEvents="box-none" aria-live="polite" role="status">
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
  area: { position: 'absolute', left: 0, right: 0, alignItems: 'center', paddingHorizontal: space.l },
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
