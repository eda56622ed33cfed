// Photos waiting for upload, in a browser: one IndexedDB record each, with metadata and photo.
import { createStore, del, get, update, values } from 'idb-keyval';

import type { PhotoBody, PhotoStore, StoredUpload } from './photoStore';

type Entry = { upload: StoredUpload; body: Blob };

const store = createStore('jangbogi-uploads', 'photos');

export const photoStore: PhotoStore = {
  async list() {
    return (await values<Entry>(store)).map(({ upload }) => upload);
  },
  async put(upload, body) {
    await update<Entry>(
      upload.id,
      (stored) => ({ upload, body: (body as Blob | undefined) ?? (stored as Entry).body }),
      store,
    );
  },
  async body(id): Promise<PhotoBody> {
    const entry = await get<Entry>(id, store);
    if (!entry) throw new Error(`There is no photo ${id}.`);
    return entry.body;
  },
  async remove(id) {
    await del(id, store);
  },
};
