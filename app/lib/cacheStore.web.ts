// What was received last, in a browser: an entry in IndexedDB.
import { createStore, del, get, set } from 'idb-keyval';

import type { CacheStore } from './cache';

const KEY = 'received';
const store = createStore('jangbogi-received', 'texts');

export const cacheStore: CacheStore = {
  get: async () => (await get<string>(KEY, store)) ?? null,
  set: (text) => set(KEY, text, store),
  remove: () => del(KEY, store),
};
