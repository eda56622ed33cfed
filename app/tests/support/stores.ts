import type { PhotoBody, PhotoStore, StoredUpload } from '@/lib/photoStore';

/** Keeps photos as long as the test lasts. */
export class MemoryStore implements PhotoStore {
  readonly entries = new Map<string, { upload: StoredUpload; body: PhotoBody }>();

  async list(): Promise<StoredUpload[]> {
    return [...this.entries.values()].map(({ upload }) => upload);
  }

  async put(upload: StoredUpload, body?: PhotoBody): Promise<void> {
    const kept = body ?? this.entries.get(upload.id)?.body;
    if (kept) this.entries.set(upload.id, { upload, body: kept });
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
