// The upload queue: a photo is stored on the device before it is prepared and sent, and deleted only when Storage has it.
import { PDF } from './pdf';
import type { Photo } from './photo';
import type { PhotoBody, PhotoStore, StoredUpload } from './photoStore';
import { problemOf } from './problem';
import type { Send } from './sendPhoto';

export type Upload = StoredUpload & {
  state: 'waiting' | 'sending' | 'refused';
  /** 0 to 1. */
  progress: number;
  /** Why the last attempt failed; the queue retries by itself. */
  problem?: string;
};

export type Parts = {
  store: PhotoStore;
  /** Converts a photo as it was taken into what is sent. Rejects with a Problem if it cannot be used. */
  prepare: (original: Photo) => Promise<Photo>;
  send: Send;
  /** The signed-in user's token. Photos of other users wait until their owner signs in. */
  token: () => Promise<{ userId: string; accessToken: string } | null>;
  newId: () => string;
  now: () => Date;
  onUploaded: (path: string) => void;
  /** Milliseconds until the next attempt after a number of consecutive failures. */
  pause?: (failures: number) => number;
};

const backOff = (failures: number) => Math.min(60_000, 1_000 * 2 ** (failures - 1));

export class UploadQueue {
  private uploads: readonly Upload[] = [];
  private listeners = new Set<() => void>();
  private running = false;
  private again = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly parts: Parts) {}

  /** For useSyncExternalStore. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly snapshot = (): readonly Upload[] => this.uploads;

  /** Resumes the uploads that an earlier run of the app left. */
  async restore(): Promise<void> {
    const ids = new Set(this.uploads.map(({ id }) => id));
    const restored = (await this.parts.store.list()).filter(({ id }) => !ids.has(id));
    this.set([...this.uploads, ...restored.map(unsent)].sort((a, b) => a.createdAt.localeCompare(b.createdAt)));
    this.kick();
  }

  /**
   * Takes a photo as it was taken. Resolves with the path in the bucket once it is stored on the device; preparing and
   * sending it continue by themselves, also after the app was closed.
   */
  async add(userId: string, { body, contentType }: Photo): Promise<string> {
    const id = this.parts.newId();
    const upload: StoredUpload = {
      id,
      userId,
      // The path must be known before the photo is prepared, which makes it a JPEG unless the browser cannot read it.
      path: `${userId}/${id}.${contentType === PDF ? 'pdf' : 'jpg'}`,
      contentType,
      createdAt: this.parts.now().toISOString(),
      original: true,
    };
    const retryAt = this.limitedUntil(userId);
    if (retryAt) upload.retryAt = retryAt;
    await this.parts.store.put(upload, body);
    this.set([...this.uploads, unsent(upload)]);
    this.kick();
    return upload.path;
  }

  async discard(id: string): Promise<void> {
    await this.parts.store.remove(id);
    this.set(this.uploads.filter((upload) => upload.id !== id));
  }

  /** Deletes all waiting photos of the user. */
  async forget(userId: string): Promise<void> {
    await Promise.all(this.uploads.filter((upload) => upload.userId === userId).map(({ id }) => this.discard(id)));
  }

  /** Retries at once because the user asked, even if the daily limit was reached. */
  retry(): void {
    this.set(this.uploads.map((upload) => ({ ...upload, retryAt: undefined })));
    this.kick();
  }

  /** Retries at once, except uploads over the daily limit: the connection returned, or a user signed in. */
  kick(): void {
    clearTimeout(this.timer);
    this.again = true;
    if (!this.running) void this.run();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.again) {
      this.again = false;
      await this.sendAll();
    }
    this.running = false;
  }

  private async sendAll(): Promise<void> {
    const signedIn = await this.parts.token().catch(() => null);
    if (!signedIn) return;
    let failed = false;
    let retryAt: string | undefined;
    for (const { id } of this.uploads.filter((u) => u.state === 'waiting' && u.userId === signedIn.userId)) {
      retryAt = this.limitedUntil(signedIn.userId);
      if (retryAt) break;
      failed = !(await this.sendOne(id, signedIn.accessToken)) || failed;
    }
    this.failures = failed ? this.failures + 1 : 0;
    // A limit that ended since the loop saw it must still set the timer: nothing else would send the photos.
    retryAt ??= this.limitedUntil(signedIn.userId);
    if (retryAt) {
      this.timer = setTimeout(() => this.kick(), Math.max(0, Date.parse(retryAt) - this.parts.now().getTime()));
    } else if (failed) {
      this.timer = setTimeout(() => this.kick(), (this.parts.pause ?? backOff)(this.failures));
    }
  }

  /** When the user may upload again, if a waiting upload has reached the daily limit. */
  private limitedUntil(userId: string): string | undefined {
    const now = this.parts.now().toISOString();
    return this.uploads.find((u) => u.userId === userId && u.state === 'waiting' && u.retryAt && u.retryAt > now)?.retryAt;
  }

  /** Stores the wait with all waiting uploads of the user: the limit is the user's, and Storage would refuse each. */
  private async limit(userId: string, waitS: number): Promise<void> {
    const retryAt = new Date(this.parts.now().getTime() + waitS * 1000).toISOString();
    const limited = this.uploads.filter((each) => each.userId === userId && each.state !== 'refused');
    for (const { id } of limited) this.change(id, { state: 'waiting', progress: 0, problem: 'rate_limited', retryAt });
    for (const upload of limited) {
      // The user may discard photos in the meantime.
      if (this.uploads.some(({ id }) => id === upload.id)) await this.parts.store.put(stored({ ...upload, retryAt }));
    }
  }

  private async sendOne(id: string, token: string): Promise<boolean> {
    const upload = this.uploads.find((each) => each.id === id);
    if (!upload) return true;
    this.change(id, { state: 'sending', progress: 0, problem: undefined, retryAt: undefined });
    try {
      const { prepared, body } = await this.prepare(stored(upload));
      await this.parts.send(prepared, body, token, (progress) => this.change(id, { progress }));
      this.parts.onUploaded(upload.path);
      await this.discard(id);
      return true;
    } catch (error) {
      const latest = this.uploads.find((each) => each.id === id);
      // The user discarded the photo in the meantime.
      if (!latest) return true;
      const problem = problemOf(error);
      if (problem.code === 'rate_limited' && problem.retryAfterS) {
        await this.limit(upload.userId, problem.retryAfterS);
        return false;
      }
      if (problem.retryable) {
        this.change(id, { state: 'waiting', progress: 0, problem: problem.code });
        return false;
      }
      await this.parts.store.put({ ...stored(latest), refused: problem.code });
      this.change(id, { state: 'refused', refused: problem.code });
      return true;
    }
  }

  /** Prepares the photo once; later attempts send the same bytes. */
  private async prepare(upload: StoredUpload): Promise<{ prepared: StoredUpload; body: PhotoBody }> {
    const body = await this.parts.store.body(upload.id);
    const { original, ...rest } = upload;
    if (!original) return { prepared: upload, body };
    const photo = await this.parts.prepare({ body, contentType: upload.contentType });
    const prepared = { ...rest, contentType: photo.contentType };
    if (!this.uploads.some(({ id }) => id === upload.id)) throw new Error('The photo was discarded.');
    await this.parts.store.put(prepared, photo.body);
    this.change(upload.id, { original: undefined, contentType: photo.contentType });
    return { prepared, body: await this.parts.store.body(upload.id) };
  }

  private change(id: string, changes: Partial<Upload>): void {
    this.set(this.uploads.map((upload) => (upload.id === id ? { ...upload, ...changes } : upload)));
  }

  private set(uploads: readonly Upload[]): void {
    this.uploads = uploads;
    for (const listener of this.listeners) listener();
  }
}

function unsent(upload: StoredUpload): Upload {
  const problem = upload.retryAt ? { problem: 'rate_limited' } : {};
  return { ...upload, ...problem, state: upload.refused ? 'refused' : 'waiting', progress: 0 };
}

function stored({ id, userId, path, contentType, createdAt, original, retryAt }: StoredUpload): StoredUpload {
  return { id, userId, path, contentType, createdAt, ...(original && { original }), ...(retryAt && { retryAt }) };
}
