import DateTimePicker from '@react-native-community/datetimepicker';
import { dehydrate, QueryClient } from '@tanstack/react-query';
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react-native';
import { router } from 'expo-router';

import { lot, TODAY } from '../support/lots';
import { CATEGORIES } from '../support/review';
import { NOW, press, show, USER } from '../support/screens';
import { bodyOf, never, refused, TestServer } from '../support/server';
import { MemoryCache } from '../support/stores';
import Inventory from '@/app/(tabs)/inventory';
import Settings from '@/app/(tabs)/settings';
import InventoryItem from '@/app/inventory-item';
import { addDays } from '@/lib/dates';
import type { Lot } from '@/lib/inventory';

const DAIRY = { code: 'dairy', name_ko: '우유·유제품', name_en: 'Dairy' };

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
  server.on('POST /rest/v1/rpc/price_history', { body: [] });
});
afterEach(() => server.stop());

const openList = () => show(server, { inventory: Inventory }, '/inventory');
const openLot = () => show(server, { 'inventory-item': InventoryItem }, '/inventory-item?id=1');

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

test('place and days filter the list', async () => {
  lots[1] = lot({ id: '2', name: '만두', storage: 'freezer', expires_on: addDays(TODAY, 90) });
  await openList();
  await press('filter-freezer');
  await waitFor(() => expect(names()).toEqual(['만두']));
  expect(screen.getByTestId('filter-freezer')).toBeChecked();
  await press('filter-everywhere');
  await press('filter-soon');
  await waitFor(() => expect(names()).toEqual(['초당두부']));
  expect(screen.getAllByTestId('lot')).toHaveLength(1);
});

const names = () => screen.getAllByTestId('product-name').map(({ props }) => props.children);

/** Moves a finger over a row, as the responder system reports it. */
async function swipe(row: ReturnType<typeof screen.getByTestId>, dx: number, dy = 0) {
  const at = (x: number, y: number, time: number) => {
    const point = { pageX: x, pageY: y, identifier: 1, target: 1, timestamp: time };
    const touch = { touchActive: true, startPageX: 200, startPageY: 20, startTimeStamp: 1, previousPageX: 200, previousPageY: 20, previousTimeStamp: 1, currentPageX: x, currentPageY: y, currentTimeStamp: time };
    return { nativeEvent: { ...point, touches: [point], changedTouches: [point] }, touchHistory: { numberActiveTouches: 1, mostRecentTimeStamp: time, indexOfSingleActiveTouch: 0, touchBank: [touch] } };
  };
  const { onMoveShouldSetResponder, onMoveShouldSetResponderCapture, onStartShouldSetResponderCapture, onResponderGrant, onResponderMove, onResponderRelease } = row.props;
  await act(async () => {
    onStartShouldSetResponderCapture(at(200, 20, 1));
    onMoveShouldSetResponderCapture(at(200 + dx / 2, 20 + dy / 2, 2));
    const taken = onMoveShouldSetResponder(at(200 + dx / 2, 20 + dy / 2, 2));
    if (!taken) return;
    onResponderGrant(at(200 + dx / 2, 20 + dy / 2, 2));
    onResponderMove(at(200 + dx, 20 + dy, 3));
    onResponderRelease(at(200 + dx, 20 + dy, 4));
  });
}

test.each([
  ['to the right', 300, 0, 'consume_inventory_item'],
  ['to the left', -300, 0, 'open_inventory_item'],
  ['too short', 40, 0, null],
  ['downwards', 100, 300, null],
])('a swipe %s', async (_, dx, dy, rpc) => {
  for (const name of ['consume', 'open']) server.on(`POST /rest/v1/rpc/${name}_inventory_item`, { body: {} });
  await openList();
  await swipe((await screen.findAllByTestId('lot'))[0]!, dx, dy);
  if (rpc) await screen.findByTestId('notice');
  const posts = server.calls.filter(({ method }) => method === 'POST').map(({ path }) => path);
  expect(posts).toEqual(rpc ? [`/rest/v1/rpc/${rpc}`] : []);
});

test('an opened lot is not opened again by a swipe', async () => {
  lots = [lot({ opened_on: TODAY })];
  await openList();
  await swipe(await screen.findByTestId('lot'), -300);
  expect(server.calls.filter(({ method }) => method === 'POST')).toEqual([]);
});

test.each([
  ['list', '2', () => openList()],
  ['screen of the lot', '1', () => openLot()],
])('the %s shows the image that is kept with a lot, and the icon if it does not load', async (_, id, open) => {
  const image_url = 'https://images.test/tofu.jpg';
  lots = lots.map((each) => (each.id === id ? { ...each, name: '초당두부', category_id: 7, image_url } : each));
  await open();
  const image = await screen.findByTestId('product-image', { includeHiddenElements: true });
  expect(image.props.source).toEqual({ uri: image_url });
  await act(async () => fireEvent(image, 'error'));
  expect(screen.queryByTestId('product-image', { includeHiddenElements: true })).not.toBeOnTheScreen();
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
  expect(bodyOf(server.callsOf('POST /rest/v1/rpc/consume_inventory_item')[0])).toEqual({ inventory_id: '1', remaining: 0, reason: 'eaten' });
  expect(bodyOf(server.callsOf('POST /rest/v1/rpc/undo_consumption')[0])).toEqual({ inventory_id: '1', quantity: 2 });
});

test('while the token is not refreshed on a network that swallows packets, what was received last is shown', async () => {
  let answer = () => {};
  const ended = { status: 400, body: { code: 400, error_code: 'refresh_token_not_found', msg: 'x' } };
  server.on('POST /auth/v1/token', () => new Promise((resolve) => (answer = () => resolve(ended))));
  const received = new QueryClient();
  received.setQueryData(['inventory', 'list'], lots);
  const cache = new MemoryCache();
  await cache.set(JSON.stringify({ version: 5, userId: USER, time: NOW.getTime(), state: dehydrate(received) }));
  await show(server, { inventory: Inventory }, '/inventory', { expired: true, cache });
  expect(await screen.findAllByTestId('lot')).toHaveLength(3);
  expect(Date.now() - NOW.getTime()).toBeLessThan(10_000);
  // Otherwise the request would outlive the server.
  answer();
  await waitFor(async () => expect(await cache.get()).toBeNull());
});

test('an offer to undo ends when the user signs out', async () => {
  server.on('POST /rest/v1/rpc/consume_inventory_item', { body: {} });
  server.on('POST /auth/v1/logout', { status: 204 });
  await show(server, { inventory: Inventory, settings: Settings }, '/inventory');
  await press('use-up');
  expect(await screen.findByTestId('undo')).toBeVisible();
  await act(async () => router.push('/settings'));
  await press('sign-out');
  await waitFor(() => expect(screen.queryByTestId('undo')).not.toBeOnTheScreen());
  expect(Date.now() - NOW.getTime()).toBeLessThan(8000);
});

test.each([
  ['lot-freeze', 'move_inventory_item', { inventory_id: '1', storage: 'freezer' }],
  ['storage-pantry', 'move_inventory_item', { inventory_id: '1', storage: 'pantry' }],
  ['lot-open-package', 'open_inventory_item', { inventory_id: '1' }],
  ['lot-use-up', 'consume_inventory_item', { inventory_id: '1', remaining: 0, reason: 'eaten' }],
  ['lot-throw-away', 'consume_inventory_item', { inventory_id: '1', remaining: 0, reason: 'thrown_away' }],
  ['lot-give-away', 'consume_inventory_item', { inventory_id: '1', remaining: 0, reason: 'given_away' }],
])('%s calls %s', async (testID, rpc, body) => {
  server.on(`POST /rest/v1/rpc/${rpc}`, { body: {} });
  await openLot();
  await press(testID);
  await waitFor(() => expect(server.callsOf(`POST /rest/v1/rpc/${rpc}`).map(bodyOf)).toEqual([body]));
});

test('a choice that is never answered does not keep the next one', async () => {
  const moves = () => server.callsOf('POST /rest/v1/rpc/move_inventory_item').map((call) => bodyOf(call).storage);
  server.on('POST /rest/v1/rpc/move_inventory_item', (call) => (bodyOf(call).storage === 'freezer' ? never() : { body: {} }));
  await openLot();
  await press('storage-freezer');
  await press('storage-pantry');
  expect(await screen.findByTestId('notice')).toHaveTextContent(/인터넷에 연결할 수 없어요/);
  await waitFor(() => expect(moves()).toEqual(['freezer', 'pantry']));
  await waitFor(() => expect(screen.getByTestId('lot-use-up')).toBeEnabled());
});

test('a lot is where the last of several choices put it, however long the first takes', async () => {
  const moves = () => server.callsOf('POST /rest/v1/rpc/move_inventory_item').map((call) => bodyOf(call).storage);
  let answer = () => {};
  server.on('POST /rest/v1/rpc/move_inventory_item', async (call) => {
    if (bodyOf(call).storage === 'freezer') await new Promise<void>((resolve) => (answer = resolve));
    return { body: {} };
  });
  await openLot();
  await press('storage-freezer');
  await press('storage-pantry');
  await waitFor(() => expect(moves()).toEqual(['freezer']));
  answer();
  await waitFor(() => expect(moves()).toEqual(['freezer', 'pantry']));
});

test('the remaining quantity is sent', async () => {
  server.on('POST /rest/v1/rpc/consume_inventory_item', { body: {} });
  await openLot();
  fireEvent.changeText(await screen.findByTestId('lot-remaining'), '0.5');
  await press('lot-use-some');
  await waitFor(() =>
    expect(server.callsOf('POST /rest/v1/rpc/consume_inventory_item').map(bodyOf)).toEqual([{ inventory_id: '1', remaining: 0.5, reason: 'eaten' }]),
  );
});

test('a rejection is explained', async () => {
  server.on('POST /rest/v1/rpc/move_inventory_item', refused(409, 'already_consumed'));
  await openLot();
  await press('lot-freeze');
  expect(await screen.findByTestId('notice')).toHaveTextContent('이미 다 먹었거나 버렸거나 나눠 준 품목이에요.');
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

test('name, unit and category are corrected', async () => {
  server.on('GET /rest/v1/categories', { body: CATEGORIES });
  server.on('POST /rest/v1/rpc/correct_inventory_item', { body: {} });
  await openLot();
  for (const [testID, text] of [['lot-name', ' 손두부 '], ['lot-unit', '팩']] as const) {
    fireEvent.changeText(await screen.findByTestId(testID), text);
    fireEvent(screen.getByTestId(testID), 'blur');
  }
  await press('lot-category');
  await press('category-dairy');
  const changes = () => server.callsOf('POST /rest/v1/rpc/correct_inventory_item').map((call) => bodyOf(call).changes);
  await waitFor(() => expect(changes()).toEqual([{ name: '손두부' }, { unit: '팩' }, { category: 'dairy' }]));
});

describe('of what is typed into a lot', () => {
  const CHANGE = 'POST /rest/v1/rpc/correct_inventory_item';
  const changes = () => server.callsOf(CHANGE).map((call) => bodyOf(call).changes);
  const blur = (testID: string) => fireEvent(screen.getByTestId(testID), 'blur');

  test.each([
    ['a name is sent', 'lot-name', ' 손두부 ', () => {}, [{ name: '손두부' }]],
    ['a unit is sent', 'lot-unit', '팩', () => {}, [{ unit: '팩' }]],
    ['the lack of a unit is sent', 'lot-unit', ' ', () => {}, [{ unit: null }]],
    ['what was sent is not sent again', 'lot-name', '손두부', () => blur('lot-name'), [{ name: '손두부' }]],
    ['no empty name is sent', 'lot-name', ' ', () => {}, []],
    ['nothing unchanged is sent', 'lot-name', '초당두부 ', () => {}, []],
  ])('%s as the screen is left', async (_, testID, text, before, sent) => {
    server.on(CHANGE, { body: {} });
    await show(server, { index: Inventory, 'inventory-item': InventoryItem }, '/inventory-item?id=1');
    fireEvent.changeText(await screen.findByTestId(testID), text);
    before();
    await press('back');
    await screen.findByTestId('search');
    await waitFor(() => expect(changes()).toEqual(sent));
  });

  test('nothing is sent for a lot that is removed', async () => {
    server.on('POST /rest/v1/rpc/delete_inventory_item', { body: {} });
    await show(server, { inventory: Inventory, 'inventory-item': InventoryItem }, '/inventory-item?id=1');
    fireEvent.changeText(await screen.findByTestId('lot-name'), '손두부');
    await press('lot-remove');
    expect(await screen.findByTestId('notice')).toHaveTextContent(/지웠어요/);
    expect(changes()).toEqual([]);
  });

  test('a name is sent for a lot that could not be removed', async () => {
    server.on('POST /rest/v1/rpc/delete_inventory_item', { hangUp: true });
    server.on(CHANGE, { body: {} });
    await show(server, { index: Inventory, 'inventory-item': InventoryItem }, '/inventory-item?id=1');
    await press('lot-remove');
    expect(await screen.findByTestId('notice')).toHaveTextContent(/연결할 수 없어요/);
    fireEvent.changeText(await screen.findByTestId('lot-name'), '손두부');
    await press('back');
    await waitFor(() => expect(changes()).toEqual([{ name: '손두부' }]));
  });

  test('a refused name is sent again when its field is left again', async () => {
    server.on(CHANGE, refused(422, 'invalid_item'));
    await openLot();
    fireEvent.changeText(await screen.findByTestId('lot-name'), '손두부');
    blur('lot-name');
    expect(await screen.findByTestId('notice')).toHaveTextContent(/이름은 200자/);
    server.on(CHANGE, { body: {} });
    await waitFor(() => {
      blur('lot-name');
      expect(changes()).toEqual([{ name: '손두부' }, { name: '손두부' }]);
    });
  });
});

test.each([
  ['lot-throw-away', '초당두부 버렸어요', 'undo_consumption', { inventory_id: '1', quantity: 2 }],
  ['lot-remove', '초당두부 지웠어요', 'restore_inventory_item', { inventory_id: '1' }],
])('%s can be undone', async (testID, words, rpc, body) => {
  for (const name of ['consume_inventory_item', 'delete_inventory_item', rpc]) server.on(`POST /rest/v1/rpc/${name}`, { body: {} });
  await show(server, { inventory: Inventory, 'inventory-item': InventoryItem }, '/inventory-item?id=1');
  await press(testID);
  expect(await screen.findByTestId('notice')).toHaveTextContent(new RegExp(words));
  await press('undo');
  await waitFor(() => expect(server.callsOf(`POST /rest/v1/rpc/${rpc}`).map(bodyOf)).toEqual([body]));
  if (testID === 'lot-remove') expect(server.callsOf('POST /rest/v1/rpc/delete_inventory_item').map(bodyOf)).toEqual([{ inventory_id: '1' }]);
});

test.each([
  ['offered again while there is no connection', { hangUp: true }, 2],
  ['not offered again once it is refused', refused(404, 'inventory_item_not_found'), 1],
])('undoing is %s', async (_, reply, attempts) => {
  server.on('POST /rest/v1/rpc/delete_inventory_item', { body: {} });
  server.on('POST /rest/v1/rpc/restore_inventory_item', reply);
  await show(server, { inventory: Inventory, 'inventory-item': InventoryItem }, '/inventory-item?id=1');
  await press('lot-remove');
  await press('undo');
  await waitFor(() => expect(screen.getByTestId('notice')).not.toHaveTextContent(/지웠어요/));
  server.on('POST /rest/v1/rpc/restore_inventory_item', { body: {} });
  if (attempts > 1) await press('undo');
  await waitFor(() => expect(screen.queryByTestId('undo')).not.toBeOnTheScreen());
  await waitFor(() => expect(server.callsOf('POST /rest/v1/rpc/restore_inventory_item')).toHaveLength(attempts));
});

test('the last purchases show their prices, per 100 g if the size is known', async () => {
  const purchase = { store_name: '행복마트', bought_on: TODAY, won_per_unit: 1890, won_per_100: 630, size_unit: 'g', change_percent: 12.4 };
  const first = { ...purchase, store_name: null, won_per_unit: 1680, won_per_100: null, size_unit: null, change_percent: null };
  server.on('POST /rest/v1/rpc/price_history', { body: [{ receipt_item_id: 'a', ...purchase }, { receipt_item_id: 'b', ...first }] });
  await openLot();
  const [latest, earlier] = await screen.findAllByTestId('purchase');
  expect(latest).toHaveTextContent(/1,890원 · 100g에 630원.*행복마트 · 지난번보다 12% 비싸요/);
  expect(earlier).toHaveTextContent(/^1,680원/);
  expect(server.callsOf('POST /rest/v1/rpc/price_history').map(bodyOf)).toEqual([{ item_name: '초당두부', purchases: 5 }]);
});

test('the history shows changes', async () => {
  server.on('GET /rest/v1/inventory_history', {
    body: [{ id: 1, action: 'moved', changes: { storage: ['fridge', 'freezer'] }, reason: null, changed_at: NOW.toISOString() }],
  });
  await openLot();
  expect(await screen.findByTestId('step-moved')).toHaveTextContent(/장소: 냉장 → 냉동/);
});

test.each([
  ['eaten', '다 먹은 품목이에요', '먹음'],
  ['thrown_away', '버린 품목이에요', '버림'],
  ['given_away', '나눠 준 품목이에요', '나눠 줌'],
] as const)('a lot that was %s says so, and so does its history', async (reason, words, action) => {
  lots = [lot({ id: '1', quantity: 0, consumed_at: NOW.toISOString(), consumed_reason: reason })];
  const step = { id: 1, action: 'consumed', changes: { quantity: [2, 0] }, reason, changed_at: NOW.toISOString() };
  // The server returns the columns that are asked for.
  server.on('GET /rest/v1/inventory_history', ({ query }) => {
    const columns = (query.get('select') ?? '').split(',');
    return { body: [Object.fromEntries(Object.entries(step).filter(([column]) => columns.includes(column)))] };
  });
  await openLot();
  expect(await screen.findByText(words)).toBeVisible();
  expect(screen.getByTestId('step-consumed')).toHaveTextContent(new RegExp(`^${action} · .*수량: 2 → 0`));
});

test('consumption that was undone gives no reason', async () => {
  const step = { id: 1, action: 'consumed', changes: { quantity: [2, 0] }, reason: null, changed_at: NOW.toISOString() };
  server.on('GET /rest/v1/inventory_history', { body: [step] });
  await openLot();
  expect(await screen.findByTestId('step-consumed')).toHaveTextContent(/^줄임 · /);
});

test.each([['1999-12-31'], ['2099-01-01']])('a date out of range is not sent: %s', async (day) => {
  server.on('POST /rest/v1/rpc/correct_inventory_item', { body: {} });
  await openLot();
  await press('edit-date');
  const picker = screen.UNSAFE_getByType(DateTimePicker);
  await act(async () => picker.props.onChange({ type: 'set' }, new Date(`${day}T12:00:00`)));
  expect(screen.getByTestId('date-hint')).toHaveTextContent(/2000년부터/);
  await press('clear-date');
  await waitFor(() => expect(server.callsOf('POST /rest/v1/rpc/correct_inventory_item').map(bodyOf)).toEqual([{ inventory_id: '1', changes: { expires_on: null } }]));
});

test('an empty inventory explains how to fill it', async () => {
  lots = [];
  await openList();
  expect(await screen.findByTestId('state-empty')).toHaveTextContent(/영수증을 찍거나/);
});
