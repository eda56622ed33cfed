// What a browser's back button closes: a dialog has its own entry in the history, with the address of its screen.

type History = { id?: string; entry?: string } | null;
/** `id`: the router's, of the screen below. */
type Dialog = { id: string | undefined; entry: string; onBack: () => void; resume?: () => void };

/** Those whose entry the browser has not left, the uppermost last. */
const dialogs: Dialog[] = [];
let count = 0;

// Before the router, which would take this for a change of the screen: browsers call listeners of the window in order.
window.addEventListener(
  'popstate',
  (event) => {
    const arrived = event.state as History;
    const removed = dialogs.findIndex(({ resume }) => resume);
    // The entry of a dialog that opened since the removal is not in the history yet.
    const left =
      removed < 0 ? dialogs.splice(dialogs.findIndex(({ entry }) => entry === arrived?.entry) + 1) : dialogs.splice(removed, 1);
    // From further back than the dialog's screen, the router has to show another one.
    if (left[0] && left[0].id === arrived?.id) event.stopImmediatePropagation();
    for (const { onBack, resume } of left.reverse()) (resume ?? onBack)();
  },
  true,
);

/** Adds an entry to the history and calls `onBack` when the user goes back from it. Returns a function to remove it. */
export function backEntry(onBack: () => void): () => void {
  const state = window.history.state as History;
  const dialog: Dialog = { id: state?.id, entry: `dialog-${Date.now()}-${++count}`, onBack };
  // The router finds its own entry by the state's id.
  window.history.pushState({ ...state, entry: dialog.entry }, '');
  dialogs.push(dialog);
  return () => {
    if (dialog.resume || !dialogs.includes(dialog)) return;
    if ((window.history.state as History)?.entry === dialog.entry) {
      dialog.resume = holdChanges();
      window.history.back();
    } else {
      // Another screen was opened, or has taken the place of this one.
      dialogs.splice(dialogs.indexOf(dialog), 1);
    }
  };
}

/**
 * Lets changes of the history wait until the returned function is called. The browser goes back only later: a screen or
 * a dialog that opens in the meantime would be what it goes back from.
 */
function holdChanges(): () => void {
  const { history } = window;
  const { pushState, replaceState } = history;
  const held: (() => void)[] = [];
  history.pushState = (...change) => void held.push(() => pushState.apply(history, change));
  history.replaceState = (...change) => void held.push(() => replaceState.apply(history, change));
  return () => {
    Object.assign(history, { pushState, replaceState });
    for (const change of held) change();
  };
}
