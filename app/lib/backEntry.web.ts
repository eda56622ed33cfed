// What a browser's back button closes: a dialog has its own entry in the history, with the address of its screen.

type History = { id?: string; entry?: string } | null;
/** `id`: the router's, of the screen below. */
type Dialog = { id: string | undefined; entry: string; onBack: () => void };
/**
 * Changes of the history that wait until the browser has gone back. `id`: that of the screen to whose entry it goes;
 * `dialog`: the one whose entry the change adds.
 */
type Hold = { id: string | undefined; changes: { apply: () => void; dialog?: Dialog }[]; end: () => void };

/** Those that are open, the uppermost last. */
const dialogs: Dialog[] = [];
let count = 0;
/** While the browser leaves the entries of dialogs that are closed. */
let hold: Hold | null = null;

/** A browser that has not gone back by then does not. */
const LONGEST_HOLD_MS = 3_000;

const current = () => window.history.state as History;
/** Whether it is the entry of a dialog that is not open: closed below another one, or before the page was loaded again. */
const isLeftOver = (state: History) => Boolean(state?.entry) && !dialogs.some(({ entry }) => entry === state?.entry);

// Before the router, which would take this for a change of the screen: browsers call listeners of the window in order.
window.addEventListener(
  'popstate',
  (event) => {
    const arrived = event.state as History;
    if (hold && hold.id === arrived?.id) event.stopImmediatePropagation();
    else {
      // The entry of a dialog that opened in a hold is not in the history yet.
      const left = dialogs.slice(dialogs.findIndex(({ entry }) => entry === arrived?.entry) + 1).filter((dialog) => !isHeld(dialog));
      for (const dialog of left) dialogs.splice(dialogs.indexOf(dialog), 1);
      // From further back than the dialog's screen, the router has to show another one.
      if (left[0] && left[0].id === arrived?.id) event.stopImmediatePropagation();
      for (const { onBack } of left.reverse()) onBack();
    }
    if (isLeftOver(arrived)) leave();
    else hold?.end();
  },
  true,
);

/** Adds an entry to the history and calls `onBack` when the user goes back from it. Returns a function to remove it. */
export function backEntry(onBack: () => void): () => void {
  const state = current();
  const dialog: Dialog = { id: state?.id, entry: `dialog-${Date.now()}-${++count}`, onBack };
  // The router finds its own entry by the state's id. A dialog over another one has its own entry.
  window.history.pushState({ ...state, entry: dialog.entry }, '');
  const change = hold?.changes.at(-1);
  if (change) change.dialog = dialog;
  dialogs.push(dialog);
  return () => {
    if (!dialogs.includes(dialog)) return;
    dialogs.splice(dialogs.indexOf(dialog), 1);
    if (hold && isHeld(dialog)) hold.changes = hold.changes.filter((each) => each.dialog !== dialog);
    // Otherwise another screen was opened, or has taken the place of this one.
    else if (!hold && isLeftOver(current())) leave();
  };
}

const isHeld = (dialog: Dialog) => Boolean(hold?.changes.some((each) => each.dialog === dialog));

/**
 * Goes back from the entry of a dialog that is not open. The browser does so only later, and a screen or a dialog that
 * opens in the meantime would be what it goes back from: until then, changes of the history wait.
 */
function leave(): void {
  hold ??= holdChanges();
  window.history.back();
}

function holdChanges(): Hold {
  const { history } = window;
  const { pushState, replaceState } = history;
  const timer = setTimeout(() => held.end(), LONGEST_HOLD_MS);
  const held: Hold = {
    id: current()?.id,
    changes: [],
    end: () => {
      hold = null;
      clearTimeout(timer);
      Object.assign(history, { pushState, replaceState });
      for (const { apply } of held.changes) apply();
    },
  };
  history.pushState = (...change) => void held.changes.push({ apply: () => pushState.apply(history, change) });
  history.replaceState = (...change) => void held.changes.push({ apply: () => replaceState.apply(history, change) });
  return held;
}

// The page was loaded again while a dialog was open.
if (isLeftOver(current())) leave();
