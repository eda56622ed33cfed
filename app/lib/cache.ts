// What was received last, stored on the device, so that the app shows it when it starts without a connection.
import { dehydrate, hydrate, type QueryClient } from '@tanstack/react-query';

export interface CacheStore {
  get(): Promise<string | null>;
  set(text: string): Promise<void>;
  remove(): Promise<void>;
}

/** The first parts of the keys of the queries that are stored. Photos are not: they are large. Neither is what was searched for. */
const STORED = new Set(['receipts', 'inventory', 'categories', 'statistics', 'prices']);
/** The shape of what is stored; texts of other versions are ignored. */
const VERSION = 5;
const OLDEST_MS = 30 * 24 * 3_600_000;
const PAUSE_MS = 1_000;

/**
 * Fills the client with the user's stored data unless it has newer data, and stores what it receives from then on.
 * Returns a function that stops this.
 */
export function keepCache(queries: QueryClient, store: CacheStore, userId: string): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  void store
    .get()
    .then((text) => {
      const entry = text ? JSON.parse(text) : null;
      const usable = entry?.version === VERSION && entry.userId === userId && Date.now() - entry.time < OLDEST_MS;
      if (usable && !stopped) hydrate(queries, entry.state);
    })
    // What is stored cannot be read: the server has it all.
    .catch(() => {});
  const save = () => {
    timer = undefined;
    const state = dehydrate(queries, {
      shouldDehydrateQuery: ({ queryKey: [first, second], state }) =>
        state.status === 'success' && STORED.has(String(first)) && second !== 'search',
      shouldDehydrateMutation: () => false,
    });
    // A full disk leaves the app as it is.
    store.set(JSON.stringify({ version: VERSION, userId, time: Date.now(), state })).catch(() => {});
  };
  const unsubscribe = queries.getQueryCache().subscribe((event) => {
    if (event.type === 'updated' && event.action.type === 'success') timer ??= setTimeout(save, PAUSE_MS);
  });
  return () => {
    stopped = true;
    clearTimeout(timer);
    unsubscribe();
  };
}
