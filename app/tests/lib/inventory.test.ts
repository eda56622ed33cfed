import { createClient } from '@supabase/supabase-js';

import { type Call, TestServer } from '../support/server';
import { freshness, listInventory, type Lot, products } from '@/lib/inventory';

test.each([
  ['2026-11-21', 'expired'],
  ['2026-11-22', 'soon'],
  ['2026-11-25', 'soon'],
  ['2026-11-29', 'week'],
  ['2026-11-30', 'good'],
  [null, 'none'],
])('food until %s is %s on 22 November', (day, state) => {
  expect(freshness(day, '2026-11-22')).toBe(state);
});

function lot(changes: Partial<Lot>): Lot {
  return { id: '1', name: '두부', category_id: 7, categories: { code: 'tofu', name_ko: '두부·묵', name_en: 'Tofu' }, ...changes } as Lot;
}

test('lots are grouped by product, ignoring spaces, and filtered by search and category', () => {
  const lots = [
    lot({ id: '1', name: '초당 두부' }),
    lot({ id: '2', name: '우유', category_id: 8, categories: { code: 'dairy', name_ko: '우유', name_en: 'Dairy' } }),
    lot({ id: '3', name: '초당두부' }),
  ];
  const ids = (search: string, category: string | null) =>
    products(lots, search, category).map((product) => product.lots.map(({ id }) => id));
  expect(ids('', null)).toEqual([['1', '3'], ['2']]);
  expect(ids('당두', null)).toEqual([['1', '3']]);
  expect(ids('', 'dairy')).toEqual([['2']]);
  expect(ids('우유', 'tofu')).toEqual([]);
});

test.each([0, 999, 1000, 1001, 2500])('an inventory of %i lots is complete, though the API returns at most 1000 at once', async (count) => {
  const all = Array.from({ length: count }, (_, i) => ({ id: `${i}` }));
  const server = await TestServer.start();
  server.on('GET /rest/v1/inventory', ({ query }: Call) => {
    const start = Number(query.get('offset'));
    return { body: all.slice(start, start + Math.min(1000, Number(query.get('limit')))) };
  });
  const lots = await listInventory(createClient(server.url, 'key', { accessToken: async () => 'token' }));
  expect(lots.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  await server.stop();
});
