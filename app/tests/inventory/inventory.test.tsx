import { fireEvent, screen, waitFor, within } from '@testing-library/react-native';

import { NOW, press, show } from '../support/screens';
import { type Call, refused, TestServer } from '../support/server';
import Inventory from '@/app/(tabs)/inventory';
import InventoryItem from '@/app/inventory-item';
import { addDays, dayOf } from '@/lib/dates';
import type { Lot } from '@/lib/inventory';

const TODAY = dayOf(NOW);
const TOFU = { code: 'tofu', name_ko: '두부·묵', name_en: 'Tofu' };
const DAIRY = { code: 'dairy', name_ko: '우유·유제품', name_en: 'Dairy' };

function lot(changes: Partial<Lot>): Lot {
  return {
    id: '1',
    name: '초당두부',
    category_id: 7,
    gtin14: null,
    quantity: 2,
    unit: '모',
    storage: 'fridge',
    purchased_on: TODAY,
    expires_on: addDays(TODAY, 2),
    package_expires_on: null,
    expiry_basis: 'purchase',
    expiry_source: 'foodkeeper: Tofu',
    opened_on: null,
    consumed_at: null,
    price: null,
    created_at: `${TODAY}T00:00:00Z`,
    categories: TOFU,
    ...changes,
  };
}

let server: TestServer;
let lots: Lot[];
beforeEach(async () => {
  server = await TestServer.start();
  lots = [
    lot({ id: '1' }),
    lot({ id: '2', name: '우유', category_id: 8, categories: DAIRY, expires_on: addDays(TODAY, 6), expiry_basis: 'package' }),
    lot({ id: '3', name: '초당 두부', expires_on: addDays(TODAY, 30) }),
  ];
  server.on('GET /rest/v1/inventory', ({ query }) => {
    const id = query.get('id')?.replace('eq.', '');
    return { body: id ? lots.filter((each) => each.id === id) : lots };
  });
  server.on('GET /rest/v1/inventory_history', { body: [] });
});
afterEach(() => server.stop());

const openList = () => show(server, { inventory: Inventory }, '/inventory');
const openLot = () => show(server, { 'inventory-item': InventoryItem }, '/inventory-item?id=1');
const bodyOf = (call: Call | undefined) => JSON.parse(call?.body.toString() ?? 'null');

test('lots are grouped by product and show their freshness', async () => {
  await openList();
  const [tofu, milk] = await screen.findAllByTestId('product');
  expect(within(tofu!).getByTestId('lot-count')).toHaveTextContent('2묶음');
  expect(within(tofu!).getByTestId('freshness-soon')).toHaveTextContent(/2일 남음.*쯤/);
  expect(within(tofu!).getByTestId('freshness-good')).toBeVisible();
  expect(within(milk!).getByTestId('freshness-week')).toHaveTextContent(/6일 남음(?!.*쯤)/);
});

test('the link of a lot has the name of the product for screen readers', async () => {
  lots = [lot({ id: '1', opened_on: TODAY }), lot({ id: '2', name: '소금', quantity: 1, unit: null, storage: null, expires_on: null })];
  await openList();
  const links = await screen.findAllByTestId('lot-open');
  expect(links[0]).toHaveTextContent(/^초당두부.*2일 남음.*쯤.*2.*냉장.*개봉$/);
  expect(links[1]).toHaveTextContent(/^소금.*기한 없음.*1/);
});

test('a long inventory is shown in parts', async () => {
  lots = Array.from({ length: 51 }, (_, i) => lot({ id: `${i}`, name: `품목 ${i}` }));
  await openList();
  expect(await screen.findByTestId('count')).toHaveTextContent('51가지');
  expect(screen.getAllByTestId('product')).toHaveLength(50);
  expect(screen.getByTestId('show-more')).toHaveTextContent('1개 더 보기');
  await press('show-more');
  expect(screen.getAllByTestId('product')).toHaveLength(51);
  expect(screen.queryByTestId('show-more')).not.toBeOnTheScreen();
});

test('search and category filter the list', async () => {
  await openList();
  fireEvent.changeText(await screen.findByTestId('search'), '우유');
  await waitFor(() => expect(screen.getAllByTestId('product').length).toBe(1));
  await press('filter-tofu');
  expect(await screen.findByTestId('state-nothing')).toBeVisible();
});

test('a change from another device appears without a reload', async () => {
  await openList();
  expect(await screen.findAllByTestId('lot')).toHaveLength(3);
  lots = lots.slice(1);
  await waitFor(() => expect(screen.getAllByTestId('lot').length).toBe(2));
});

test('using up a lot can be undone', async () => {
  server.on('POST /rest/v1/rpc/consume_inventory_item', { body: {} });
  server.on('POST /rest/v1/rpc/undo_consumption', { body: {} });
  await openList();
  await press('use-up');
  await press('undo');
  await waitFor(() => expect(server.callsOf('POST /rest/v1/rpc/undo_consumption')).toHaveLength(1));
  expect(bodyOf(server.callsOf('POST /rest/v1/rpc/consume_inventory_item')[0])).toEqual({ inventory_id: '1', remaining: 0 });
  expect(bodyOf(server.callsOf('POST /rest/v1/rpc/undo_consumption')[0])).toEqual({ inventory_id: '1', quantity: 2 });
});

test.each([
  ['lot-freeze', 'move_inventory_item', { inventory_id: '1', storage: 'freezer' }],
  ['storage-pantry', 'move_inventory_item', { inventory_id: '1', storage: 'pantry' }],
  ['lot-open-package', 'open_inventory_item', { inventory_id: '1' }],
  ['lot-use-up', 'consume_inventory_item', { inventory_id: '1', remaining: 0 }],
])('%s calls %s', async (testID, rpc, body) => {
  server.on(`POST /rest/v1/rpc/${rpc}`, { body: {} });
  await openLot();
  await press(testID);
  await waitFor(() => expect(server.callsOf(`POST /rest/v1/rpc/${rpc}`).map(bodyOf)).toEqual([body]));
});

test('the remaining quantity is sent', async () => {
  server.on('POST /rest/v1/rpc/consume_inventory_item', { body: {} });
  await openLot();
  fireEvent.changeText(await screen.findByTestId('lot-remaining'), '0.5');
  await press('lot-use-some');
  await waitFor(() =>
    expect(server.callsOf('POST /rest/v1/rpc/consume_inventory_item').map(bodyOf)).toEqual([{ inventory_id: '1', remaining: 0.5 }]),
  );
});

test('a rejection is explained', async () => {
  server.on('POST /rest/v1/rpc/move_inventory_item', refused(409, 'already_consumed'));
  await openLot();
  await press('lot-freeze');
  expect(await screen.findByTestId('notice')).toHaveTextContent(/이미 다 먹은/);
});

test.each([
  ['limit_reached', 409, /지운 뒤 다시/],
  ['date_out_of_range', 422, /2000년부터/],
  ['date_in_future', 422, /오지 않은 날/],
  ['invalid_item', 422, /이름은 200자/],
])('a change that is refused with %s is explained', async (hint, status, words) => {
  server.on('POST /rest/v1/rpc/move_inventory_item', refused(status, hint));
  await openLot();
  await press('lot-freeze');
  expect(await screen.findByTestId('notice')).toHaveTextContent(words);
});

test('the history shows changes', async () => {
  server.on('GET /rest/v1/inventory_history', {
    body: [{ id: 1, action: 'moved', changes: { storage: ['fridge', 'freezer'] }, changed_at: NOW.toISOString() }],
  });
  await openLot();
  expect(await screen.findByTestId('step-moved')).toHaveTextContent(/장소: 냉장 → 냉동/);
});

test('an empty inventory explains how to fill it', async () => {
  lots = [];
  await openList();
  expect(await screen.findByTestId('state-empty')).toHaveTextContent(/영수증을 찍거나/);
});
