// What was received last, on a device: a file that the system may delete.
import { File, Paths } from 'expo-file-system';

import type { CacheStore } from './cache';

const file = () => new File(Paths.cache, 'received.json');

export const cacheStore: CacheStore = {
  async get() {
    return file().exists ? file().text() : null;
  },
  async set(text) {
    file().write(text);
  },
  async remove() {
    if (file().exists) file().delete();
  },
};
