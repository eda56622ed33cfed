import { setImmediate } from 'node:timers';

import { createClient } from '@supabase/supabase-js';

import { expectConsole } from '../support/failOnConsole';
import { never, TestServer } from '../support/server';
import { MemoryStore } from '../support/stores';
import type { Photo } from '@/lib/photo';
import { Problem } from '@/lib/problem';
import { sender } from '@/lib/sendPhoto';
import { type Parts, type Upload, UploadQueue } from '@/lib/uploads';

const USER = 'user-1';
const PHOTO = new Blob([new Uint8Array(200_000)], { type: 'image/jpeg' });
const ORIGINAL = { body: PHOTO, contentType: 'image/jpeg' };
const DUPLICATE = { status: 400, body: { statusCode: '409', error: 'Duplicate', message: 'The resource already exists' } };

let server: TestServer;
let store: MemoryStore;
let queues: UploadQueue[];
beforeEach(async () => {
  server = await TestServer.start();
  store = new MemoryStore();
  queues = [];
});
afterEach(async () => {
  jest.useRealTimers();
  queues.forEach((queue) => queue.stop());
  await server.stop();
});

function queue(changes: Partial<Parts> = {}) {
  const uploaded: string[] = [];
  let ids = 0;
  const uploads = new UploadQueue({
    store,
    prepare: async (original) => original,
    send: sender(
      { supabaseUrl: server.url, supabaseKey: 'key', barcodeLookupUrl: '', categoryFeedbackUrl: '', reminderMails: false },
      createClient(server.url, 'key', { accessToken: async () => 'token' }),
    ),
    token: async () => ({ userId: USER, accessToken: 'token' }),
    newId: () => `photo-${++ids}`,
    now: () => new Date(0),
    onUploaded: (path) => uploaded.push(path),
    pause: () => 10,
    ...changes,
  });
  queues.push(uploads);
  return { queue: uploads, uploaded };
}

function until(watched: UploadQueue, when: (uploads: readonly Upload[]) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (when(watched.snapshot())) {
        unsubscribe();
        resolve();
      }
    };
    const unsubscribe = watched.subscribe(check);
    check();
  });
}
const empty = (uploads: readonly Upload[]) => uploads.length === 0;
const ALLOWANCE = 'POST /rest/v1/rpc/upload_allowance';
const allowance = (photos_left: number, bytes_left: number, retry_after_seconds = 0) => ({
  body: { photos_left, bytes_left, retry_after_seconds },
});
const limited = ([upload]: readonly Upload[]) => upload?.problem === 'rate_limited' && upload.retryAt !== undefined;
const UPLOAD = `POST /storage/v1/object/ocr/${USER}/photo-1.jpg`;

test('a photo is uploaded unchanged into the user’s folder, then deleted from the device', async () => {
  server.on(UPLOAD, { body: { Key: 'ocr' } });
  const { queue: uploads, uploaded } = queue();
  const seen: number[] = [];
  uploads.subscribe(() => seen.push(uploads.snapshot()[0]?.progress ?? 1));
  expect(await uploads.add(USER, ORIGINAL)).toBe(`${USER}/photo-1.jpg`);
  await until(uploads, empty);
  expect(uploaded).toEqual([`${USER}/photo-1.jpg`]);
  expect(await store.list()).toEqual([]);
  const [call] = server.callsOf(UPLOAD);
  expect(call?.body.length).toBe(PHOTO.size);
  expect(call?.headers).toMatchObject({ authorization: 'Bearer token', apikey: 'key', 'content-type': 'image/jpeg' });
  expect(Math.max(...seen)).toBe(1);
});

test('an upload with a lost connection is retried at the same path', async () => {
  expectConsole(/socket hang up/); // from jsdom
  let failures = 2;
  server.on(UPLOAD, () => (failures-- > 0 ? { hangUp: true } : {}));
  const { queue: uploads } = queue();
  await uploads.add(USER, ORIGINAL);
  await until(uploads, ([upload]) => upload?.problem === 'offline');
  expect(await store.list()).toHaveLength(1);
  await until(uploads, empty);
  expect(server.callsOf(UPLOAD)).toHaveLength(3);
});

test('a photo whose response was lost counts as uploaded', async () => {
  server.on(UPLOAD, DUPLICATE);
  const { queue: uploads, uploaded } = queue();
  await uploads.add(USER, ORIGINAL);
  await until(uploads, empty);
  expect(uploaded).toHaveLength(1);
});

test('the next run of the app resumes waiting uploads', async () => {
  const { queue: last } = queue({ token: async () => null });
  await last.add(USER, ORIGINAL);
  last.stop();
  server.on(UPLOAD, {});
  const { queue: next, uploaded } = queue();
  await next.restore();
  await until(next, empty);
  expect(uploaded).toEqual([`${USER}/photo-1.jpg`]);
  expect(server.callsOf(UPLOAD)).toHaveLength(1);
});

test('a photo that Storage rejects for good waits for the user, also after a restart', async () => {
  server.on(UPLOAD, { status: 400, body: { statusCode: '415', error: 'invalid_mime_type', message: 'no' } });
  const { queue: uploads } = queue();
  await uploads.add(USER, ORIGINAL);
  await until(uploads, ([upload]) => upload?.state === 'refused');
  const { queue: next } = queue();
  await next.restore();
  expect(next.snapshot()).toMatchObject([{ state: 'refused', refused: 'unsupported_image' }]);
  await next.discard('photo-1');
  expect(await store.list()).toEqual([]);
  expect(server.callsOf(UPLOAD)).toHaveLength(1);
});

test('a photo is safe on the device before it is prepared, and is prepared again after an interruption', async () => {
  server.on(UPLOAD, {});
  const { queue: last } = queue({ prepare: never });
  expect(await last.add(USER, { body: PHOTO, contentType: 'image/png' })).toBe(`${USER}/photo-1.jpg`);
  expect(await store.list()).toMatchObject([{ id: 'photo-1', contentType: 'image/png', original: true }]);
  expect(await store.body('photo-1')).toBe(PHOTO);
  // The app is closed now, and opened again.
  const jpeg = new Blob(['smaller'], { type: 'image/jpeg' });
  const { queue: next, uploaded } = queue({ prepare: async () => ({ body: jpeg, contentType: 'image/jpeg' }) });
  await next.restore();
  await until(next, empty);
  expect(uploaded).toEqual([`${USER}/photo-1.jpg`]);
  const [call] = server.callsOf(UPLOAD);
  expect([call?.body.toString(), call?.headers['content-type']]).toEqual(['smaller', 'image/jpeg']);
  expect(await store.list()).toEqual([]);
});

test('a photo is prepared once, and every attempt sends the same bytes', async () => {
  expectConsole(/socket hang up/); // from jsdom
  let failures = 2;
  server.on(UPLOAD, () => (failures-- > 0 ? { hangUp: true } : {}));
  let preparations = 0;
  const { queue: uploads } = queue({
    prepare: async () => ({ body: new Blob([`prepared ${++preparations}`]), contentType: 'image/jpeg' }),
  });
  await uploads.add(USER, ORIGINAL);
  await until(uploads, empty);
  expect(server.callsOf(UPLOAD).map(({ body }) => body.toString())).toEqual(Array(3).fill('prepared 1'));
});

test('a file that cannot be prepared waits for the user, also after a restart, and the others are sent', async () => {
  server.on(`POST /storage/v1/object/ocr/${USER}/photo-2.jpg`, {});
  const broken = new Blob(['%PDF']);
  const { queue: uploads, uploaded } = queue({
    prepare: async (original) => {
      if (original.body === broken) throw new Problem('unsupported_image', false);
      return original;
    },
  });
  await uploads.add(USER, { body: broken, contentType: 'image/png' });
  await uploads.add(USER, ORIGINAL);
  await until(uploads, ([first, ...others]) => first?.state === 'refused' && others.length === 0);
  expect(uploaded).toEqual([`${USER}/photo-2.jpg`]);
  const { queue: next } = queue();
  await next.restore();
  expect(next.snapshot()).toMatchObject([{ state: 'refused', refused: 'unsupported_image' }]);
});

test('a photo that is discarded while it is prepared is not stored again', async () => {
  let finish = () => {};
  const prepared = new Promise<Photo>((resolve) => (finish = () => resolve(ORIGINAL)));
  const { queue: uploads } = queue({ prepare: () => prepared });
  await uploads.add(USER, ORIGINAL);
  await until(uploads, ([upload]) => upload?.state === 'sending');
  await uploads.discard('photo-1');
  finish();
  await uploads.add('user-2', ORIGINAL);
  await until(uploads, ([upload]) => upload?.userId === 'user-2');
  expect((await store.list()).map(({ id }) => id)).toEqual(['photo-2']);
  expect(server.calls).toEqual([]);
});

test('photos of another user wait until that user signs in', async () => {
  server.on(`POST /storage/v1/object/ocr/${USER}/photo-2.jpg`, {});
  const { queue: uploads } = queue();
  await uploads.add('user-2', ORIGINAL);
  await uploads.add(USER, ORIGINAL);
  await until(uploads, (left) => left.length === 1);
  expect(uploads.snapshot()).toMatchObject([{ userId: 'user-2', state: 'waiting' }]);
});

describe('Storage responds with 403', () => {
  const FORBIDDEN = { status: 400, body: { statusCode: '403', error: 'Unauthorized', message: 'row-level security' } };
  const HOUR_MS = 3_600_000;
  let now: Date;
  beforeEach(() => {
    now = new Date('2030-01-20T14:00:00Z'); // an hour before midnight in Korea
    server.on(UPLOAD, () => (now.getTime() < Date.parse('2030-01-20T15:00:00Z') ? FORBIDDEN : {}));
  });

  test.each([
    ['no photo is left', allowance(0, 500_000_000, 3600)],
    ['no byte is left', allowance(100, 0, 3600)],
    ['the photo is larger than what is left', allowance(100, PHOTO.size - 1, 3600)],
  ])('%s: all photos wait until the limit is renewed, also after a restart', async (_, reply) => {
    server.on(ALLOWANCE, reply);
    server.on(`POST /storage/v1/object/ocr/${USER}/photo-2.jpg`, {});
    // For this queue the limit never ends.
    const { queue: last } = queue({ now: () => new Date('2030-01-20T14:00:00Z') });
    await last.add(USER, ORIGINAL);
    await until(last, limited);
    await last.add(USER, ORIGINAL);
    last.stop();
    expect(server.callsOf(ALLOWANCE)[0]?.headers.authorization).toBe('Bearer token');

    const { queue: next, uploaded } = queue({ now: () => now });
    await next.restore();
    const waiting = { state: 'waiting', problem: 'rate_limited', retryAt: '2030-01-20T15:00:00.000Z' };
    expect(next.snapshot()).toMatchObject([waiting, waiting]);
    next.kick();
    now = new Date(now.getTime() + HOUR_MS);
    next.kick();
    await until(next, empty);
    expect(uploaded).toHaveLength(2);
    expect(server.callsOf(UPLOAD)).toHaveLength(2);
  });

  test('the photo is sent by itself once the limit is renewed', async () => {
    server.on(ALLOWANCE, allowance(0, 0, 0.05));
    server.on(UPLOAD, () => (server.callsOf(UPLOAD).length === 1 ? FORBIDDEN : {}));
    const { queue: uploads } = queue({ now: () => new Date() });
    await uploads.add(USER, ORIGINAL);
    await until(uploads, limited);
    await until(uploads, empty);
    expect(server.callsOf(UPLOAD)).toHaveLength(2);
  });

  test.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    'the photo is sent by itself if the limit ends at the queue’s look number %i at the clock',
    async (looks) => {
      let time = 0;
      server.on(ALLOWANCE, allowance(0, 0, looks / 1000));
      server.on(UPLOAD, () => (server.callsOf(UPLOAD).length === 1 ? FORBIDDEN : {}));
      const { queue: uploads } = queue({ now: () => new Date(time++) });
      await uploads.add(USER, ORIGINAL);
      await until(uploads, empty);
      expect(server.callsOf(UPLOAD)).toHaveLength(2);
    },
  );

  test('the user can ask for another attempt before', async () => {
    server.on(ALLOWANCE, allowance(0, 0, 7200));
    const { queue: uploads } = queue({ now: () => now });
    await uploads.add(USER, ORIGINAL);
    await until(uploads, limited);
    server.on(UPLOAD, {});
    uploads.retry();
    await until(uploads, empty);
    expect(server.callsOf(UPLOAD)).toHaveLength(2);
  });

  test.each([
    ['an expired token', { status: 401, body: { code: 'PGRST301', message: 'JWT expired' } }, 'unauthorized'],
    ['an unknown reason', allowance(100, 500_000_000), 'fault'],
    ['a failing server', { status: 503 }, 'fault'],
  ])('%s: the photo stays and is retried soon', async (_, reply, problem) => {
    server.on(ALLOWANCE, reply);
    const { queue: uploads } = queue({ now: () => now });
    await uploads.add(USER, ORIGINAL);
    await until(uploads, ([upload]) => upload?.problem === problem);
    now = new Date(now.getTime() + HOUR_MS);
    await until(uploads, empty);
  });
});

test('an upload that makes no progress is given up and tried again; one that is only slow is not', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'performance'] });
  const seconds = async (count: number) => {
    for (let i = 0; i < count * 2; i += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      jest.advanceTimersByTime(500);
    }
  };
  const { queue: uploads, uploaded } = queue();
  let attempts = 0;
  server.on(UPLOAD, () => {
    attempts += 1;
    return attempts > 1 ? { body: { Key: 'ocr' } } : never();
  });
  await uploads.add(USER, ORIGINAL);
  while (attempts === 0) await new Promise((resolve) => setImmediate(resolve));
  await seconds(60);
  expect([attempts, uploads.snapshot()[0]?.state]).toEqual([1, 'sending']);
  await seconds(60);
  while (uploaded.length === 0) await seconds(1);
  expect(attempts).toBe(2);
});
