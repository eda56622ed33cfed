import { QueryClient } from '@tanstack/react-query';

import { MemoryCache } from '../support/stores';
import { keepCache } from '@/lib/cache';

const DAY_MS = 24 * 3_600_000;

beforeEach(() => jest.useFakeTimers({ now: new Date('2030-01-20T09:40:00Z') }));
afterEach(() => jest.useRealTimers());

/** A client that keeps what it receives for a user, once it has what was stored. */
async function client(cache: MemoryCache, userId: string) {
  const queries = new QueryClient();
  const stop = keepCache(queries, cache, userId);
  await jest.advanceTimersByTimeAsync(0);
  return { queries, stop };
}

async function stored() {
  const cache = new MemoryCache();
  const { queries, stop } = await client(cache, 'ann');
  queries.setQueryData(['receipts', 'list'], ['a receipt']);
  queries.setQueryData(['receipts', 'search', '두부'], ['a receipt']);
  queries.setQueryData(['photo', 'path'], 'data:image/jpeg;base64,AAAA');
  await jest.advanceTimersByTimeAsync(1000);
  stop();
  return cache;
}

test('what was received is there after a restart, apart from photos and searches', async () => {
  const cache = await stored();
  const { queries } = await client(cache, 'ann');
  expect(queries.getQueryData(['receipts', 'list'])).toEqual(['a receipt']);
  expect(queries.getQueryData(['receipts', 'search', '두부'])).toBeUndefined();
  expect(queries.getQueryData(['photo', 'path'])).toBeUndefined();
});

test('another user sees nothing of it', async () => {
  const { queries } = await client(await stored(), 'ben');
  expect(queries.getQueryData(['receipts', 'list'])).toBeUndefined();
});

test('newer data is not replaced', async () => {
  const cache = await stored();
  jest.setSystemTime(Date.now() + 1);
  const queries = new QueryClient();
  queries.setQueryData(['receipts', 'list'], ['another receipt']);
  keepCache(queries, cache, 'ann');
  await jest.advanceTimersByTimeAsync(0);
  expect(queries.getQueryData(['receipts', 'list'])).toEqual(['another receipt']);
});

test.each([
  ['old', (text: string) => text, 31 * DAY_MS],
  ['of another version', (text: string) => text.replace(/"version":\d+/, '"version":0'), 0],
  ['broken', (text: string) => text.slice(0, 40), 0],
])('what is %s is ignored', async (_, change, later) => {
  const cache = await stored();
  cache.text = change(cache.text!);
  jest.setSystemTime(Date.now() + later);
  const { queries } = await client(cache, 'ann');
  expect(queries.getQueryData(['receipts', 'list'])).toBeUndefined();
});

test('a full disk disturbs nothing', async () => {
  const cache = new MemoryCache();
  cache.set = () => Promise.reject(new Error('The disk is full.'));
  const { queries } = await client(cache, 'ann');
  queries.setQueryData(['inventory', 'list'], []);
  await jest.advanceTimersByTimeAsync(1000);
  expect(queries.getQueryData(['inventory', 'list'])).toEqual([]);
});
