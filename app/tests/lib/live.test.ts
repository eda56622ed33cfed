// Changes from another device, through supabase-js and a server that speaks as Realtime does.
import { createClient, type SupabaseClient } from '@supabase/supabase-js';

import { RealtimeServer } from '../support/realtime';
import { type Table, watch } from '@/lib/live';

const USER = 'c0ffee00-0000-4000-8000-000000000000';

/** What happens, in order, to be awaited one by one. */
class Happenings {
  private readonly happened: string[] = [];
  private wake: () => void = () => {};

  readonly add = (what: string) => {
    this.happened.push(what);
    this.wake();
  };

  async next(): Promise<string> {
    while (this.happened.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.happened.shift() as string;
  }
}

let server: RealtimeServer;
let supabase: SupabaseClient;
let happenings: Happenings;
let stop: () => void;

const follow = () => {
  happenings = new Happenings();
  stop = watch(
    supabase,
    USER,
    (table: Table) => happenings.add(table),
    (live) => happenings.add(live ? 'live' : 'not live'),
  );
};
const upToDate = async () => {
  expect([await happenings.next(), await happenings.next(), await happenings.next()]).toEqual(['live', 'receipts', 'inventory']);
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

test('a change of the own rows is heard of at once, and what came before is caught up with', async () => {
  await upToDate();
  expect(server.joined.at(-1)!.wanted).toEqual(
    ['receipts', 'inventory'].map((table) => ({ event: '*', schema: 'public', table, filter: `user_id=eq.${USER}` })),
  );
  expect(server.joined.at(-1)!.token).toBe('token of the user');
  server.change('inventory', { id: 'lot', user_id: USER });
  expect(await happenings.next()).toBe('inventory');
  server.change('receipts', { id: 'receipt', user_id: USER, status: 'done' });
  expect(await happenings.next()).toBe('receipts');
});

test('a connection that is lost is said, and made again', async () => {
  await upToDate();
  const { port } = server;
  await server.stop();
  expect(await happenings.next()).toBe('not live');
  server = await RealtimeServer.start(port);
  let said = await happenings.next();
  while (said === 'not live') said = await happenings.next(); // each attempt that failed
  expect([said, await happenings.next(), await happenings.next()]).toEqual(['live', 'receipts', 'inventory']);
  server.change('inventory', { id: 'lot', user_id: USER });
  expect(await happenings.next()).toBe('inventory');
});
