/** Lets the browser keep the files of the app, so that a reload works without a connection. */
export function keepApp(): void {
  // In development the bundler's files change all the time.
  if (process.env.NODE_ENV !== 'production' || !('serviceWorker' in navigator)) return;
  // Without it, as in some private windows, the app works as long as there is a connection.
  navigator.serviceWorker.register('/sw.js').catch(() => {});
}
