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

let server: RealtimeServer;
let supabase: SupabaseClient;
let events: EventLog;
let stop: () => void;

const follow = () => {
  events = new EventLog();
  stop = watch(
    supabase,
    USER,
    (table: Table) => events.add(table),
    (live) => events.add(live ? 'live' : 'not live'),
  );
};
const upToDate = async () => {
  expect([await events.next(), await events.next(), await events.next()]).toEqual(['live', 'receipts', 'inventory']);
};

beforeEach(async () => {
  server = await RealtimeServer.start();
  supabase = createClient(`http://127.0.0.1:${server.port}`, 'sb_publishable_test', {
    accessToken: async () => 'token of the user',
    realtime: { reconnectAfterMs: () => 20 },
  });
  follow();
});
afterEach(async () => {
  stop();
  supabase.realtime.disconnect();
  await server.stop();
});

test('changes of the user’s own rows arrive at once, after a catch-up on connecting', async () => {
  await upToDate();
  expect(server.joined.at(-1)!.subscriptions).toEqual(
    ['receipts', 'inventory'].map((table) => ({ event: '*', schema: 'public', table, filter: `user_id=eq.${USER}` })),
  );
  expect(server.joined.at(-1)!.token).toBe('token of the user');
  server.change('inventory', { id: 'lot', user_id: USER });
  expect(await events.next()).toBe('inventory');
  server.change('receipts', { id: 'receipt', user_id: USER, status: 'done' });
  expect(await events.next()).toBe('receipts');
});

test('a lost connection is reported and re-established', async () => {
  await upToDate();
  const { port } = server;
  await server.stop();
  expect(await events.next()).toBe('not live');
  server = await RealtimeServer.start(port);
  let event = await events.next();
  while (event === 'not live') event = await events.next(); // each attempt that failed
  expect([event, await events.next(), await events.next()]).toEqual(['live', 'receipts', 'inventory']);
  server.change('inventory', { id: 'lot', user_id: USER });
  expect(await events.next()).toBe('inventory');
});
