// Changes from other devices, through supabase-js and a server with Realtime's protocol.
import { createClient, type SupabaseClient } from '@supabase/supabase-js';

import { RealtimeServer } from '../support/realtime';
import { type Table, watch } from '@/lib/live';

const USER = 'c0ffee00-0000-4000-8000-000000000000';

/** Events in order, to be awaited one by one. */
class EventLog {
  private readonly queue: string[] = [];
  private wake: () => void = () => {};

  readonly add = (event: string) => {
    this.queue.push(event);
    this.wake();
  };

  async next(): Promise<string> {
    while (this.queue.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.queue.shift() as string;
  }
}

const OTHER = 'c0ffee00-0000-4000-8000-000000000001';
const TOKENS = { 'token of the user': USER, 'token of another': OTHER };

let server: RealtimeServer;
let supabase: SupabaseClient;
let events: EventLog;
let stop: () => void;

const follow = (userId: string) => {
  events = new EventLog();
  stop = watch(
    supabase,
    userId,
    (tables: readonly Table[]) => tables.forEach(events.add),
    (live) => events.add(live ? 'live' : 'not live'),
  );
};
const upToDate = async () => {
  expect([await events.next(), await events.next(), await events.next()]).toEqual(['live', 'receipts', 'inventory']);
};
const change = (status: string, version: number) => ({ id: 'c0ffee00-0000-4000-8000-00000000000a', status, version });

beforeEach(async () => {
  server = await RealtimeServer.start(TOKENS);
  supabase = createClient(`http://127.0.0.1:${server.port}`, 'sb_publishable_test', {
    accessToken: async () => 'token of the user',
    realtime: { reconnectAfterMs: () => 20 },
  });
});
afterEach(async () => {
  jest.useRealTimers();
  stop();
  supabase.realtime.disconnect();
  await server.stop();
});

test('changes and deletions of the user’s own rows arrive at once, after a catch-up on connecting', async () => {
  follow(USER);
  await upToDate();
  const { topic, config, token } = server.joined.at(-1)!;
  expect([topic, config.private, config.postgres_changes, token]).toEqual([
    `realtime:user:${USER}`, true, [], 'token of the user',
  ]);
  server.broadcast(`user:${USER}`, 'inventory', change('in_stock', 1));
  expect(await events.next()).toBe('inventory');
  server.broadcast(`user:${OTHER}`, 'inventory', change('in_stock', 1));
  server.broadcast(`user:${USER}`, 'another event', change('in_stock', 1));
  server.broadcast(`user:${USER}`, 'receipts', change('deleted', 4));
  expect(await events.next()).toBe('receipts');
});

test('the changes of many rows at once are not told one by one', async () => {
  follow(USER);
  await upToDate();
  for (let version = 1; version <= 30; version += 1) {
    server.broadcast(`user:${USER}`, 'inventory', change('in_stock', version));
    server.broadcast(`user:${USER}`, 'receipts', change('done', version));
  }
  const told = [await events.next()];
  await server.stop();
  for (let event = await events.next(); event !== 'not live'; event = await events.next()) told.push(event);
  expect(new Set(told)).toEqual(new Set(['inventory', 'receipts']));
  // Two, unless this process was kept from running.
  expect(told.length).toBeLessThan(20);
});

test('another user’s topic is refused, and reported as not connected', async () => {
  follow(OTHER);
  expect(await events.next()).toBe('not live');
  expect(server.joined).toEqual([]);
  expect(server.refused[0]).toBe(`realtime:user:${OTHER}`);
});

test('a lost connection is reported and re-established', async () => {
  follow(USER);
  await upToDate();
  const { port } = server;
  await server.stop();
  expect(await events.next()).toBe('not live');
  server = await RealtimeServer.start(TOKENS, port);
  let event = await events.next();
  while (event === 'not live') event = await events.next(); // each attempt that failed
  expect([event, await events.next(), await events.next()]).toEqual(['live', 'receipts', 'inventory']);
  server.broadcast(`user:${USER}`, 'inventory', change('consumed', 2));
  expect(await events.next()).toBe('inventory');
});

test('what still arrives after the user has left is not told', async () => {
  const told: string[] = [];
  const listeners: (() => void)[] = [];
  let report: (status: string) => void = () => {};
  const channel = {
    on: (_: string, __: object, listener: () => void) => listeners.push(listener),
    subscribe: (listener: (status: string) => void) => (report = listener),
  };
  const leaving = { channel: () => channel, realtime: { setAuth: async () => {}, disconnect: () => {} }, removeChannel: () => {} };
  stop = watch(leaving as never, USER, (tables) => told.push(...tables), (live) => told.push(live ? 'live' : 'not live'));
  await Promise.resolve();
  jest.useFakeTimers();
  stop();
  for (const listener of listeners) listener();
  report('CLOSED');
  jest.runAllTimers();
  expect(told).toEqual(['not live']);
});
