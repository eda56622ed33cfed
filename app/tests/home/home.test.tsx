import { focusManager } from '@tanstack/react-query';
import { act, screen, waitFor, within } from '@testing-library/react-native';
import { router, Stack, Tabs } from 'expo-router';

import { item, RECEIPT_ID, review, ROW } from '../support/review';
import { lot, TODAY } from '../support/lots';
import { press, show } from '../support/screens';
import { never, TestServer } from '../support/server';
import Home from '@/app/(tabs)/index';
import Inventory from '@/app/(tabs)/inventory';
import InventoryItem from '@/app/inventory-item';
import ReceiptResult from '@/app/receipt-result';
import { addDays } from '@/lib/dates';
import type { Lot } from '@/lib/inventory';

let server: TestServer;
let lots: Lot[];
beforeEach(async () => {
  server = await TestServer.start();
  lots = [-2, 1, 5, 6, 30].map((days, i) => lot({ id: `${i}`, name: `품목 ${i}`, expires_on: addDays(TODAY, days) }));
  server.on('GET /rest/v1/inventory', () => ({ body: lots }));
  server.on('GET /rest/v1/my_receipts', { body: [] });
});
afterEach(() => server.stop());

const open = () => show(server, { index: Home }, '/');
const receipt = (id: string, status: string, ...items: string[]) => ({
  ...ROW,
  id,
  status,
  store_name: `가게 ${id}`,
  food_items: items.length,
  waiting_items: items.filter((each) => each === 'pending').length,
});

test('three lots to eat first are shown, and one that is eaten makes room', async () => {
  server.on('POST /rest/v1/rpc/consume_inventory_item', () => {
    lots = lots.slice(1);
    return { body: {} };
  });
  await open();
  const names = async () => (await screen.findAllByTestId('urgent-name')).map(({ props }) => props.children);
  expect(await names()).toEqual(['품목 0', '품목 1', '품목 2']);
  expect(within(screen.getAllByTestId('urgent')[0]!).getByTestId('freshness-expired')).toHaveTextContent('2일 지났어요');
  await press('urgent-use-up');
  await waitFor(async () => expect(await names()).toEqual(['품목 1', '품목 2', '품목 3']));
  expect(screen.getByTestId('undo')).toBeVisible();
});

test('all receipts with food to decide on are counted, however many are newer, and three of them are shown', async () => {
  const reviewed = Array.from({ length: 100 }, (_, i) => receipt(`b${i}`, 'done', 'added'));
  const waiting = ['1', '2', '3', '4'].map((id) => receipt(id, 'done', 'pending', 'added'));
  server.on('GET /rest/v1/my_receipts', ({ query }) => ({
    body: query.get('waiting_items') === 'gt.0' && query.get('status') === 'eq.done' ? waiting : reviewed,
  }));
  await open();
  expect(await screen.findByTestId('waiting-count')).toHaveTextContent('확인을 기다리는 영수증 4장');
  expect(screen.getAllByTestId('receipt').map((card) => within(card).getByText(/가게/).props.children)).toEqual(['가게 1', '가게 2', '가게 3']);
  expect(screen.getByTestId('all-receipts')).toBeVisible();
});

test('if nothing expires soon, the screen says so', async () => {
  lots = lots.slice(4);
  await open();
  expect(await screen.findByTestId('nothing-urgent')).toHaveTextContent(/챙길 것이 없어요/);
  expect(screen.queryByTestId('waiting-count')).not.toBeOnTheScreen();
});

test('what is bought regularly is offered to be bought again, with what is left of it', async () => {
  const due = (name: string, changes: object = {}) => ({
    name,
    category: 'dairy',
    purchases: 4,
    every_days: 7,
    last_bought_on: addDays(TODAY, -7),
    expected_on: TODAY,
    ...changes,
  });
  server.on('POST /rest/v1/rpc/running_low', {
    body: [due('우유'), due('두유', { every_days: 1 }), due('계란'), due('치즈'), due('버터')],
  });
  const held = (id: string, name: string, quantity: number, unit: string | null, changes: object = {}) =>
    lot({ id, name, quantity, unit, bought_quantity: 1, expires_on: null, ...changes });
  lots = [
    ...lots,
    held('a', '두 유', 0.1, null),
    held('b', '두유', 0.2, null),
    held('c', '두유', 300, 'g', { bought_quantity: 500 }),
    // More than one purchase.
    held('d', '계란', 1, '판'),
    held('e', '계란', 0.5, '판'),
    // Past its date, it does not count.
    held('f', '버터', 1, '개', { expires_on: addDays(TODAY, -1) }),
    held('g', '버터', 1, '개'),
  ];
  await open();
  const names = () => screen.getAllByTestId('low-name').map(({ props }) => props.children);
  expect(await screen.findByTestId('running-low')).toHaveTextContent(/살 때가 됐어요/);
  expect(names()).toEqual(['우유', '두유', '치즈']);
  const [milk, soy] = screen.getAllByTestId('low');
  expect(milk).toHaveTextContent('우유보관함에 없어요 · 7일마다 사요 · 지난번 1월 13일 (일)');
  expect(soy).toHaveTextContent(/보관함에 0.3, 300 g · 날마다 사요/);
  await press('low-more');
  expect(names()).toEqual(['우유', '두유', '치즈', '버터']);
  expect(screen.queryByTestId('low-more')).not.toBeOnTheScreen();
});

test('while nothing runs low, the screen says nothing about it', async () => {
  server.on('POST /rest/v1/rpc/running_low', { body: [] });
  await open();
  await waitFor(() => expect(server.callsOf('POST /rest/v1/rpc/running_low')).toHaveLength(1));
  expect(await screen.findByTestId('eat-first')).toBeVisible();
  expect(screen.queryByTestId('running-low')).not.toBeOnTheScreen();
});

test('decisions about a receipt cost none of the limited calls of the start screen, which then shows what has changed', async () => {
  const limited = ['running_low', 'spending_by_month', 'price_changes'].map((name) => `POST /rest/v1/rpc/${name}`);
  const calls = () => limited.map((route) => server.callsOf(route).length);
  for (const route of limited) server.on(route, { body: [] });
  server.on('GET /rest/v1/my_receipts', { body: [receipt(RECEIPT_ID, 'done', 'pending')] });
  const items = Array.from({ length: 3 }, (_, i) => item({ id: `${i}` }));
  server.on('POST /rest/v1/rpc/review_receipt', () => ({ body: review(items) }));
  server.on('POST /rest/v1/rpc/add_receipt_to_inventory', ({ body }) => {
    for (const decided of JSON.parse(body.toString()).items) items[Number(decided.receipt_item_id)]!.status = 'dismissed';
    return { body: [] };
  });
  await show(server, { _layout: () => <Stack />, index: Home, 'receipt-result': ReceiptResult }, '/');
  await press('receipt');
  await screen.findAllByTestId('item');
  await waitFor(() => expect(calls()).toEqual([1, 1, 1]));
  for (let count = 1; count <= items.length; count += 1) {
    await press('item-dismiss');
    await waitFor(() => expect(screen.getAllByTestId('item-restore')).toHaveLength(count));
  }
  expect(calls()).toEqual([1, 1, 1]);
  await press('back');
  await waitFor(() => expect(calls()).toEqual([2, 2, 1]));
});

test('what the app knows is shown before it is fetched again', async () => {
  server.on('GET /rest/v1/my_receipts', { body: [receipt(RECEIPT_ID, 'done', 'pending')] });
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([item({ id: 'a' })]) });
  const added = { ...lot({ id: 'new', name: '초당두부 300g', expires_on: addDays(TODAY, 2) }), receipt_item_id: 'a' };
  server.on('POST /rest/v1/rpc/add_receipt_to_inventory', { body: [{ ...added, categories: undefined }] });
  await show(server, { _layout: () => <Stack />, index: Home, 'receipt-result': ReceiptResult, 'inventory-item': InventoryItem }, '/');
  await screen.findByTestId('receipt');
  for (const table of ['inventory', 'my_receipts', 'inventory_history']) server.on(`GET /rest/v1/${table}`, never);
  await press('receipt');
  expect(await screen.findByTestId('item')).toBeVisible();
  await press('add-all');
  await screen.findByTestId('to-inventory');
  await press('back');
  const names = () => screen.getAllByTestId('urgent-name').map(({ props }) => props.children);
  await waitFor(() => expect(names()).toEqual(['품목 0', '품목 1', '초당두부 300g']));
  await press('urgent-open', 2);
  expect(await screen.findByTestId('lot-name')).toHaveDisplayValue('초당두부 300g');
  expect(screen.queryByTestId('history')).not.toBeOnTheScreen();
});

test('the first receipt of a month is not denied while its amount is fetched', async () => {
  let won: number | undefined;
  let answer = Promise.resolve();
  server.on('POST /rest/v1/rpc/spending_by_month', async () => {
    await answer;
    return { body: won === undefined ? [] : [{ month: `${TODAY.slice(0, 7)}-01`, won, receipts: 1 }] };
  });
  await open();
  expect(await screen.findByTestId('month-won')).toHaveTextContent('이번 달 영수증이 아직 없어요.');
  let give = () => {};
  answer = new Promise((resolve) => (give = resolve));
  won = 4270;
  server.on('GET /rest/v1/my_receipts', { body: [receipt('1', 'done', 'added')] });
  await waitFor(() => expect(screen.queryByTestId('month-won')).not.toBeOnTheScreen());
  give();
  expect(await screen.findByTestId('month-won')).toHaveTextContent('4,270원');
  expect(server.callsOf('POST /rest/v1/rpc/spending_by_month')).toHaveLength(2);
});

const elsewhere: [string, object][] = [
  ['of another month', { purchased_at: '2029-12-31T18:31:00' }],
  ['of the last day of the month before in Korea', { purchased_at: null, created_at: '2029-12-31T14:59:59Z' }],
  ['with a misread date', { purchased_at: '2030-01-29T18:31:00' }],
  ['that is not read yet', { status: 'processing' }],
];

test.each(elsewhere)('a receipt %s does not count for this month', async (_, changes) => {
  server.on('GET /rest/v1/my_receipts', { body: [{ ...receipt('1', 'done'), ...changes }] });
  server.on('POST /rest/v1/rpc/spending_by_month', { body: [] });
  await open();
  expect(await screen.findByTestId('month-won')).toHaveTextContent('이번 달 영수증이 아직 없어요.');
});

test('a screen polls while it is shown, and is fetched when it is shown again', async () => {
  const counts = () => ['GET /rest/v1/inventory', 'GET /rest/v1/my_receipts'].map((path) => server.callsOf(path).length);
  const rest = () => act(() => jest.advanceTimersByTimeAsync(60_000));
  await show(server, { _layout: () => <Tabs />, index: Home, inventory: Inventory, other: () => null }, '/');
  await screen.findByTestId('eat-first');
  await act(() => router.navigate('/inventory'));
  await screen.findAllByTestId('lot');
  await act(() => router.navigate('/other'));
  await rest();
  const hidden = counts();
  await rest();
  expect(counts()).toEqual(hidden);

  lots = lots.slice(4);
  await act(() => router.navigate('/'));
  expect(await screen.findByTestId('nothing-urgent')).toBeOnTheScreen();
  const [shown = 0] = counts();
  await waitFor(() => expect(counts()[0]).toBeGreaterThan(shown));

  await act(() => focusManager.setFocused(false));
  await rest();
  const behind = counts();
  await rest();
  expect(counts()).toEqual(behind);
  await act(() => focusManager.setFocused(true));
  await waitFor(() => expect(counts()[0]).toBeGreaterThan(behind[0]!));
  focusManager.setFocused(undefined);
});

test('a new user is told what to do', async () => {
  lots = [];
  await open();
  expect(await screen.findByTestId('state-empty')).toHaveTextContent(/영수증을 찍으면/);
  expect(screen.getByTestId('take-photo')).toBeEnabled();
});

test('a failed expectation about elements names them', async () => {
  server.on('GET /rest/v1/inventory', { body: [] });
  await open();
  const elements = screen.getAllByTestId('home');
  expect(() => expect(elements).toHaveLength(9)).toThrow(/Received array: +\["<\w+ testID=\\"home\\">"\]$/m);
});
