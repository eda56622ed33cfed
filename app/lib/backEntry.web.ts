// What a browser's back button closes: a dialog has its own entry in the history, with the address of its screen.
let count = 0;

const entryOf = (state: unknown) => (state as { entry?: string } | null)?.entry;

/** Adds an entry to the history and calls `onBack` when the user goes back from it. Returns a function to remove it. */
export function backEntry(onBack: () => void): () => void {
  const entry = `dialog-${Date.now()}-${++count}`;
  let open = true;
  const listen = (event: PopStateEvent) => {
    if (entryOf(event.state) === entry) return;
    window.removeEventListener('popstate', listen, true);
    // The router would take this for a change of the screen.
    event.stopImmediatePropagation();
    if (open) onBack();
    open = false;
  };
  // The router finds its own entry by the state's id.
  window.history.pushState({ ...(window.history.state as object | null), entry }, '');
  window.addEventListener('popstate', listen, true);
  return () => {
    if (!open) return;
    open = false;
    // Another screen may have been opened, or taken the place of this one.
    if (entryOf(window.history.state) === entry) window.history.back();
    else window.removeEventListener('popstate', listen, true);
  };
}
