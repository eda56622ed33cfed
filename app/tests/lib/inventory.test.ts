import { createClient } from '@supabase/supabase-js';

import { type Call, TestServer } from '../support/server';
import { EVERYTHING, type Filter, freshness, listInventory, type Lot, products, toEatFirst } from '@/lib/inventory';

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
  expect(ids(lots)).toEqual([['1', '3'], ['2']]);
  expect(ids(lots, { search: '당두' })).toEqual([['1', '3']]);
  expect(ids(lots, { category: 'dairy' })).toEqual([['2']]);
  expect(ids(lots, { search: '우유', category: 'tofu' })).toEqual([]);
});

const ids = (lots: Lot[], filter: Partial<Filter> = {}) =>
  products(lots, { ...EVERYTHING, ...filter }, '2026-11-22').map((product) => product.lots.map(({ id }) => id));

test('lots are filtered by place and by the days that are left', () => {
  const lots = [
    lot({ id: '1', storage: 'fridge', expires_on: '2026-11-20' }),
    lot({ id: '2', name: '우유', storage: 'fridge', expires_on: '2026-11-25' }),
    lot({ id: '3', name: '만두', storage: 'freezer', expires_on: '2026-11-26' }),
    lot({ id: '4', name: '소금', storage: null, expires_on: null }),
  ];
  expect(ids(lots, { storage: 'fridge' })).toEqual([['1'], ['2']]);
  expect(ids(lots, { storage: 'pantry' })).toEqual([]);
  expect(ids(lots, { soon: true })).toEqual([['1'], ['2']]);
  expect(ids(lots, { soon: true, storage: 'freezer' })).toEqual([]);
});

test('what to eat first are at most three lots within a week of their date', () => {
  const lots = ['2026-11-20', '2026-11-22', '2026-11-29', '2026-11-29', '2026-11-30', null].map((expires_on, i) => lot({ id: `${i}`, expires_on }));
  expect(toEatFirst(lots, '2026-11-22').map(({ id }) => id)).toEqual(['0', '1', '2']);
  expect(toEatFirst(lots.slice(3), '2026-11-22').map(({ id }) => id)).toEqual(['3']);
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
