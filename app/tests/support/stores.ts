import type { CacheStore } from '@/lib/cache';
import type { PhotoBody, PhotoStore, StoredUpload } from '@/lib/photoStore';

/** Stores photos in memory. */
export class MemoryStore implements PhotoStore {
  readonly entries = new Map<string, { upload: StoredUpload; body: PhotoBody }>();

  async list(): Promise<StoredUpload[]> {
    return [...this.entries.values()].map(({ upload }) => upload);
  }

  async put(upload: StoredUpload, body?: PhotoBody): Promise<void> {
    const stored = body ?? this.entries.get(upload.id)?.body;
    if (stored) this.entries.set(upload.id, { upload, body: stored });
  }

  async body(id: string): Promise<PhotoBody> {
    const entry = this.entries.get(id);
    if (!entry) throw new Error(`There is no photo ${id}.`);
    return entry.body;
  }

  async remove(id: string): Promise<void> {
    this.entries.delete(id);
  }
}

/** Stores what was received last in memory. */
export class MemoryCache implements CacheStore {
  text: string | null = null;

  async get(): Promise<string | null> {
    return this.text;
  }

  async set(text: string): Promise<void> {
    this.text = text;
  }

  async remove(): Promise<void> {
    this.text = null;
  }
}
