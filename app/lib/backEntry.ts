/** On a device the system's back button closes a modal by itself. */
export function backEntry(_onBack: () => void): () => void {
  return () => {};
}
