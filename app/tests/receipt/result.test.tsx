import DateTimePicker from '@react-native-community/datetimepicker';
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react-native';
import { router } from 'expo-router';
import { Image } from 'react-native';

import { CATEGORIES, item, RECEIPT_ID, review, ROW, suggestion } from '../support/review';
import { doublePress, press, show } from '../support/screens';
import { bodyOf, never, refused, TestServer } from '../support/server';
import ReceiptResult from '@/app/receipt-result';
import { palettes } from '@/components/ui/theme';
import * as receipts from '@/lib/receipts';

const ADD = 'POST /rest/v1/rpc/add_receipt_to_inventory';
const SUGGEST = 'POST /rest/v1/rpc/suggest_use_by';
const CORRECT = 'POST /rest/v1/rpc/correct_receipt_item';
const FEEDBACK = 'POST /category_feedback';
const TOFU = item({ id: 'a', uncertain_fields: ['category'] });
const BAG = item({ id: 'b', name: '종량제봉투', category: 'non_food', is_food: false });

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
  server.on('GET /rest/v1/my_receipts', { body: [ROW] });
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([TOFU, BAG]) });
  server.on(ADD, { body: [{ id: 'lot' }] });
});
afterEach(() => server.stop());

const open = (language?: 'en') =>
  show(server, { 'receipt-result': ReceiptResult }, `/receipt-result?id=${RECEIPT_ID}`, { language });

test('the review shows what was read and marks uncertain values', async () => {
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([TOFU, BAG], ['totals_mismatch']) });
  await open();
  const [tofu, bag] = await screen.findAllByTestId('item');
  expect(within(tofu!).getByText('초당두부 300g')).toBeVisible();
  expect(within(tofu!).getByText('3,780원')).toBeVisible();
  expect(within(tofu!).getByTestId('item-category-tofu')).toBeVisible();
  expect(within(tofu!).getByTestId('item-uncertain')).toHaveTextContent(/분류$/);
  expect(within(tofu!).getByText(/1월 31일.*쯤/)).toBeVisible();
  expect(within(bag!).queryByTestId('item-uncertain')).not.toBeOnTheScreen();
  expect(screen.getByTestId('totals-mismatch')).toBeVisible();
  fireEvent.press(within(tofu!).getByTestId('item-show-raw'));
  expect(within(tofu!).getByText(TOFU.raw_text)).toBeVisible();
});

test.each([
  ['no_purchase_date', /올린 날부터/],
  ['unsure_purchase_date', /맞는지/],
])('an uncertain purchase date is pointed out once: %s', async (warning, words) => {
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([TOFU, BAG], [warning]) });
  await open();
  expect(await screen.findByTestId('unsure-day')).toHaveTextContent(words);
});

test('items of several orders stand below the day of their order', async () => {
  const items = ['2030-01-20', '2030-01-20', '2030-01-12'].map((purchased_on, i) => item({ id: `${i}`, purchased_on }));
  server.on('POST /rest/v1/rpc/review_receipt', { body: review(items) });
  await open();
  const days = await screen.findAllByTestId('order-day');
  expect(days).toHaveLength(2);
  expect(days[0]).toHaveTextContent(/1월 20일/);
  expect(days[1]).toHaveTextContent(/1월 12일/);
});

test('a refund receipt says why there is nothing to add', async () => {
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([], ['no_items', 'refund']) });
  await open();
  expect(await screen.findByTestId('refund')).toHaveTextContent(/환불/);
  expect(screen.queryByTestId('item')).not.toBeOnTheScreen();
});

test('a correction is sent at once and the server’s response is shown', async () => {
  const corrected: receipts.Item = { ...TOFU, category: 'ice_cream', uncertain: false, why: { decided_by: 'user', model_version: '1' }, suggestion: suggestion({ storage: 'freezer' }) };
  let stored = TOFU;
  server.on('POST /rest/v1/rpc/review_receipt', () => ({ body: review([stored, BAG]) }));
  server.on(FEEDBACK, () => {
    stored = corrected;
    return { body: corrected };
  });
  await open();
  await press('item-edit');
  const offered = screen.getAllByTestId(/^(likely|category)-/).map(({ props }) => props.testID);
  expect(offered).toEqual(['likely-tofu', 'likely-dairy', ...CATEGORIES.map(({ code }) => `category-${code}`)]);
  await press('category-ice_cream');
  await screen.findByTestId('learned');
  expect(bodyOf(server.callsOf(FEEDBACK)[0])).toEqual({ receipt_item_id: 'a', category: 'ice_cream' });
  expect(screen.getByTestId('storage-freezer')).toBeChecked();
});

test.each([
  ['refused', { hangUp: true }],
  ['never answered', never],
])('a correction made offline is sent with the added items: %s', async (_, reply) => {
  server.on(FEEDBACK, reply);
  await open();
  await press('item-edit');
  await press('likely-dairy');
  await screen.findByText(/연결되면 보낼게요/);
  await press('editor-done');
  await press('add-all');
  await screen.findByText(/보관함에 담았어요/);
  expect(bodyOf(server.callsOf(ADD)[0])).toEqual({ receipt_id: RECEIPT_ID, items: [{ receipt_item_id: 'a', category: 'dairy' }] });
});

test('all food is added in one call with the edits, despite a double tap', async () => {
  await open();
  await press('item-edit');
  fireEvent.changeText(screen.getByTestId('edit-name'), '손두부');
  fireEvent.changeText(screen.getByTestId('edit-quantity'), '1,5');
  await press('storage-freezer');
  await press('clear-date');
  await press('editor-done');
  const button = screen.getByTestId('add-all');
  fireEvent.press(button);
  fireEvent.press(button);
  await screen.findByTestId('notice');
  expect(server.callsOf(ADD).map(bodyOf)).toEqual([
    {
      receipt_id: RECEIPT_ID,
      items: [{ receipt_item_id: 'a', name: '손두부', quantity: 1.5, storage: 'freezer', expires_on: null }],
    },
  ]);
});

test('adding all can be undone, and the edits are there again', async () => {
  const stored: receipts.Item[] = [TOFU, item({ id: 'c', name: '우유' })];
  server.on('POST /rest/v1/rpc/review_receipt', () => ({ body: review(stored) }));
  server.on(ADD, (call) => {
    const { items } = bodyOf(call) as { items: { receipt_item_id: string; restore?: boolean }[] };
    for (const { receipt_item_id: id, restore } of items) {
      const index = stored.findIndex((each) => each.id === id);
      stored[index] = { ...stored[index]!, status: restore ? 'pending' : 'added', inventory_id: restore ? null : `lot-${id}` };
    }
    return { body: items[0]?.restore ? [] : items.map(({ receipt_item_id }) => ({ id: `lot-${receipt_item_id}`, receipt_item_id })) };
  });
  server.on('POST /rest/v1/rpc/delete_inventory_item', { body: '2030-01-21T00:00:00Z' });
  await open();
  await press('item-edit');
  fireEvent.changeText(screen.getByTestId('edit-quantity'), '5');
  await press('editor-done');
  await press('add-all');
  expect(await screen.findAllByTestId('item-added')).toHaveLength(2);
  await press('undo');
  expect(await screen.findByText('2개를 되돌렸어요')).toBeVisible();
  expect(server.callsOf('POST /rest/v1/rpc/delete_inventory_item').map(bodyOf)).toEqual([{ inventory_id: 'lot-a' }, { inventory_id: 'lot-c' }]);
  expect(screen.queryByTestId('item-added')).not.toBeOnTheScreen();
  await press('add-all');
  await waitFor(() => expect(server.callsOf(ADD)).toHaveLength(3));
  expect(bodyOf(server.callsOf(ADD)[2]).items).toEqual([{ receipt_item_id: 'a', quantity: 5 }, { receipt_item_id: 'c' }]);
});

test.each([
  ['edit-quantity', '0'],
  ['edit-quantity', '-3'],
  ['edit-quantity', '99999999'],
  ['edit-quantity', ''],
  ['edit-quantity', '두 개'],
  ['edit-name', '  '],
])('a value that cannot be used is not dropped without a word: %s "%s"', async (testID, text) => {
  await open();
  await press('item-edit');
  fireEvent.changeText(screen.getByTestId(testID), text);
  fireEvent(screen.getByTestId(testID), 'blur');
  expect(screen.getByTestId(testID)).toHaveDisplayValue(text);
  expect(screen.getByText(testID === 'edit-name' ? '이름을 적어 주세요.' : '0.01에서 999,999 사이의 숫자를 적어 주세요.')).toBeVisible();
  expect(screen.getByTestId('editor-done')).toBeDisabled();
  fireEvent.changeText(screen.getByTestId(testID), testID === 'edit-name' ? '손두부' : '３');
  await press('editor-done');
  await press('add-all');
  await screen.findByTestId('notice');
  const edit = testID === 'edit-name' ? { name: '손두부' } : { quantity: 3 };
  expect(bodyOf(server.callsOf(ADD)[0])).toEqual({ receipt_id: RECEIPT_ID, items: [{ receipt_item_id: 'a', ...edit }] });
});

test('an invalid value of an editor that is closed leaves what was read', async () => {
  await open();
  await press('item-edit');
  for (const text of ['9', '99', '9999999']) fireEvent.changeText(screen.getByTestId('edit-quantity'), text);
  await press('close');
  await press('add-all');
  await screen.findByTestId('notice');
  expect(bodyOf(server.callsOf(ADD)[0])).toEqual({ receipt_id: RECEIPT_ID, items: [{ receipt_item_id: 'a' }] });
});

test.each([['1999-12-31'], ['2099-01-01']])('a date out of range is not kept: %s', async (day) => {
  await open();
  await press('item-edit');
  await setDate('2030-02-10');
  await setDate(day);
  expect(screen.getByTestId('date-hint')).toHaveTextContent(/2000년부터/);
  expect(screen.getByTestId('editor-done')).toBeDisabled();
  await press('close');
  await press('add-all');
  await screen.findByTestId('notice');
  expect(bodyOf(server.callsOf(ADD)[0]).items).toEqual([expect.objectContaining({ expires_on: '2030-02-10' })]);
});

/** Chooses a day in the device's date picker. */
async function setDate(day: string) {
  await press('edit-date');
  const picker = screen.UNSAFE_getByType(DateTimePicker);
  await act(async () => picker.props.onChange({ type: 'set' }, new Date(`${day}T12:00:00`)));
}

test.each([
  ['name', ['name'], ['edit-name', 'edit-quantity']],
  ['name', ['barcode'], ['edit-name', 'edit-quantity']],
  ['quantity', ['quantity'], ['edit-quantity', 'edit-name']],
  ['quantity-category', ['category', 'quantity'], ['edit-quantity', 'likely-tofu', 'edit-name']],
  ['amount', ['unit_price', 'amount'], ['edit-amount', 'edit-name']],
])('the editor begins with what is in doubt: %s', async (doubt, uncertain_fields, order) => {
  const doubtful = item({ id: 'a', uncertain_fields: uncertain_fields as receipts.Item['uncertain_fields'] });
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([doubtful]) });
  await open();
  await press('item-edit');
  expect(screen.getByTestId(`doubt-${doubt}`)).toBeVisible();
  const fields = within(screen.getByTestId('item-editor')).getAllByTestId(/^(edit-name|edit-quantity|edit-amount|likely-tofu)$/);
  expect(fields.map(({ props }) => props.testID).slice(0, order.length)).toEqual(order);
});

test('what was in doubt and is right is confirmed by closing the editor with Done', async () => {
  let stored = item({ id: 'a', uncertain_fields: ['quantity'] });
  server.on('POST /rest/v1/rpc/review_receipt', () => ({ body: review([stored]) }));
  server.on(CORRECT, () => {
    stored = { ...stored, uncertain: false, uncertain_fields: [] };
    return { body: stored };
  });
  await open();
  await press('item-edit');
  await press('close');
  expect(screen.getByTestId('item-uncertain')).toBeVisible();
  await press('item-edit');
  await press('editor-done');
  await waitFor(() => expect(screen.queryByTestId('item-uncertain')).not.toBeOnTheScreen());
  expect(server.callsOf(CORRECT).map(bodyOf)).toEqual([{ receipt_item_id: 'a', confirmed: true }]);
});

test('the editor of a certain item names no doubt', async () => {
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([{ ...TOFU, uncertain: false, uncertain_fields: [] }]) });
  await open();
  await press('item-edit');
  expect(screen.queryByTestId(/^doubt-/)).not.toBeOnTheScreen();
});

test('a photo without store, date and total may be no receipt, and is not suggested to be added', async () => {
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([TOFU], ['no_store', 'no_total', 'no_purchase_date']) });
  await open();
  expect(await screen.findByTestId('may-be-no-receipt')).toBeVisible();
  expect(screen.getByTestId('add-all')).toHaveStyle({ backgroundColor: palettes.light.card });
});

describe('items long past their date', () => {
  const old = (id: string, expires_on: string) => item({ id, name: `옛 ${id}`, suggestion: suggestion({ expires_on }) });
  const items = () => server.callsOf(ADD).map((call) => bodyOf(call).items);
  beforeEach(() => {
    server.on('POST /rest/v1/rpc/review_receipt', { body: review([old('a', '2029-01-01'), old('b', '2030-01-13'), old('c', '2030-01-12')]) });
  });

  test('are pointed out before they are added, and can be left out', async () => {
    await open();
    await press('add-all');
    expect(screen.getByTestId('expired-sheet')).toHaveTextContent(/2개.*옛 a · 384일 지났어요옛 c · 8일 지났어요/);
    expect(items()).toEqual([]);
    await press('skip-expired');
    await screen.findByTestId('notice');
    expect(items()).toEqual([[{ receipt_item_id: 'a', dismiss: true }, { receipt_item_id: 'b' }, { receipt_item_id: 'c', dismiss: true }]]);
  });

  test.each([
    ['is still past its date', '2029-03-01', 'a'],
    ['lasts longer', '2030-03-01', null],
  ])('count with the date of the changed storage: food that %s', async (_, expires_on, asked) => {
    server.on('POST /rest/v1/rpc/review_receipt', { body: review([old('a', '2029-01-01')]) });
    server.on(SUGGEST, { body: suggestion({ storage: 'freezer', expires_on }) });
    await open();
    await press('item-edit');
    await press('storage-freezer');
    await waitFor(() => expect(screen.getByTestId('item-use-by')).not.toHaveTextContent(/어림하는 중/));
    await press('editor-done');
    await press('add-all');
    if (asked) expect(screen.getByTestId('expired-sheet')).toHaveTextContent(/325일/);
    else await screen.findByTestId('notice');
    expect(items()).toEqual(asked ? [] : [[{ receipt_item_id: 'a', storage: 'freezer' }]]);
  });

  test('are pointed out also while the date for a changed name is unknown', async () => {
    server.on('POST /rest/v1/rpc/review_receipt', { body: review([old('a', '2029-01-01')]) });
    server.on(SUGGEST, { hangUp: true });
    await open();
    await press('item-edit');
    fireEvent.changeText(screen.getByTestId('edit-name'), '옛 두부');
    await press('editor-done');
    await press('add-all');
    expect(screen.getByTestId('expired-sheet')).toHaveTextContent(/옛 두부 · 384일/);
    expect(items()).toEqual([]);
  });

  test('can be added all the same', async () => {
    await open();
    await press('add-all');
    await press('add-expired');
    await screen.findByTestId('notice');
    expect(items()).toEqual([[{ receipt_item_id: 'a' }, { receipt_item_id: 'b' }, { receipt_item_id: 'c' }]]);
  });
});

test('a press outside closes the editor, which has no hidden element that takes the focus', async () => {
  await open();
  await press('item-edit');
  const outside = screen.getByTestId('sheet-outside', { includeHiddenElements: true });
  expect(outside.props).not.toHaveProperty('tabIndex');
  expect(outside.props.focusable).toBeFalsy();
  const pressOutside = () => act(async () => fireEvent(outside, 'responderRelease'));
  // The second press of a double tap on the item's button.
  await pressOutside();
  expect(screen.getByTestId('item-editor')).toBeOnTheScreen();
  await act(async () => jest.advanceTimersByTime(1000));
  await pressOutside();
  await waitFor(() => expect(screen.queryByTestId('item-editor')).not.toBeOnTheScreen());
});

test('a call whose response was lost is repeated', async () => {
  let lost = true;
  server.on(ADD, () => {
    const reply = lost ? { hangUp: true } : { body: [{ id: 'lot' }] };
    lost = false;
    return reply;
  });
  await open();
  await press('add-all');
  expect(await screen.findByTestId('notice')).toHaveTextContent(/1개를 보관함에 담았어요/);
  expect(server.callsOf(ADD)).toHaveLength(2);
});

test('a call that is never answered ends as without a connection, and can be made again', async () => {
  await open();
  await screen.findAllByTestId('item');
  server.on(ADD, never);
  await press('add-all');
  expect(await screen.findByTestId('notice')).toHaveTextContent(/인터넷에 연결할 수 없어요/);
  expect(server.callsOf(ADD)).toHaveLength(1);
  server.on(ADD, { body: [{ id: 'lot', receipt_item_id: 'a' }] });
  await press('add-all');
  expect(await screen.findByText(/1개를 보관함에 담았어요/)).toBeVisible();
});

test('what was added is confirmed also after the user has left the review', async () => {
  let answer = () => {};
  server.on(ADD, () => new Promise((resolve) => (answer = () => resolve({ body: [{ id: 'lot', receipt_item_id: 'a' }] }))));
  await show(server, { 'receipt-result': ReceiptResult, receipts: () => null }, `/receipt-result?id=${RECEIPT_ID}`);
  await press('add-all');
  await waitFor(() => expect(server.callsOf(ADD)).toHaveLength(1));
  await act(async () => router.replace('/receipts'));
  expect(screen.queryByTestId('item')).not.toBeOnTheScreen();
  answer();
  expect(await screen.findByTestId('notice')).toHaveTextContent(/1개를 보관함에 담았어요/);
});

test('unchanged values are not sent', async () => {
  await open();
  await press('item-edit');
  fireEvent.changeText(screen.getByTestId('edit-unit'), '모');
  fireEvent.changeText(screen.getByTestId('edit-unit'), '');
  fireEvent.press(screen.getByLabelText('수량 늘리기'));
  fireEvent.press(screen.getByLabelText('수량 줄이기'));
  await press('storage-freezer');
  await press('storage-fridge');
  await press('clear-date');
  await press('use-estimate');
  await press('editor-done');
  await press('add-all');
  await screen.findByTestId('notice');
  expect(bodyOf(server.callsOf(ADD)[0])).toEqual({ receipt_id: RECEIPT_ID, items: [{ receipt_item_id: 'a' }] });
});

test('another storage has another date, counted from the purchase', async () => {
  server.on(SUGGEST, { body: suggestion({ storage: 'freezer', expires_on: '2030-06-19' }) });
  await open();
  await press('item-edit');
  await press('storage-freezer');
  const [row] = screen.getAllByTestId('item');
  expect(within(row!).getByTestId('item-use-by')).toHaveTextContent('날짜를 어림하는 중');
  await within(row!).findByText(/6월 19일.*쯤/);
  expect(screen.getByTestId('date-hint')).toHaveTextContent(/6월 19일.*까지로 어림했어요/);
  expect(server.callsOf(SUGGEST).map(bodyOf)).toEqual([
    { name: '초당두부 300g', category: 'tofu', storage: 'freezer', purchased_on: '2030-01-20' },
  ]);
  await press('clear-date');
  expect(within(row!).getByTestId('item-use-by')).toHaveTextContent('기한 없음');
  await press('storage-fridge');
  await press('use-estimate');
  expect(within(row!).getByTestId('item-use-by')).toHaveTextContent(/1월 31일.*쯤/);
});

test('a typed name is looked up once typing pauses', async () => {
  server.on(SUGGEST, { body: suggestion({ expires_on: '2030-02-02' }) });
  await open();
  await press('item-edit');
  for (const name of ['손', '손두', '손두부']) fireEvent.changeText(screen.getByTestId('edit-name'), name);
  const [row] = screen.getAllByTestId('item');
  await within(row!).findByText(/2월 2일.*쯤/);
  expect(server.callsOf(SUGGEST).map((call) => bodyOf(call).name)).toEqual(['손두부']);
});

test('without a connection the server estimates the date later', async () => {
  server.on(SUGGEST, { hangUp: true });
  await open();
  await press('item-edit');
  await press('storage-freezer');
  expect(await screen.findByText(/날짜는 담을 때 정해요/)).toBeVisible();
  expect(screen.getByTestId('date-hint')).toHaveTextContent(/담을 때 어림해서/);
});

test('a non-food item is dismissed in one tap, and restored in one more', async () => {
  let bag = BAG;
  server.on('POST /rest/v1/rpc/review_receipt', () => ({ body: review([TOFU, bag]) }));
  server.on(ADD, (call) => {
    bag = { ...BAG, status: bodyOf(call).items[0].dismiss ? 'dismissed' : 'pending' };
    return { body: [] };
  });
  const items = () => server.callsOf(ADD).map((call) => bodyOf(call).items[0]);
  await open();
  await press('item-dismiss', 1);
  await screen.findByTestId('item-dismissed');
  await press('undo');
  await waitFor(() => expect(screen.queryByTestId('item-dismissed')).not.toBeOnTheScreen());
  expect(items()).toEqual([{ receipt_item_id: 'b', dismiss: true }, { receipt_item_id: 'b', restore: true }]);

  await press('item-dismiss', 1);
  const restoreButton = await screen.findByTestId('item-restore');
  expect(restoreButton).toHaveAccessibleName('종량제봉투 되돌리기');
  fireEvent.press(restoreButton);
  await screen.findByText('1개를 되돌렸어요');
  expect(items().slice(2)).toEqual([{ receipt_item_id: 'b', dismiss: true }, { receipt_item_id: 'b', restore: true }]);
});

test('a decision waits for its own answer alone, whatever else is slow', async () => {
  await open();
  await screen.findAllByTestId('item');
  for (const route of ['POST /rest/v1/rpc/review_receipt', 'GET /rest/v1/my_receipts', 'POST /rest/v1/rpc/price_changes']) server.on(route, never);
  await press('item-dismiss', 1);
  await press('item-restore');
  await waitFor(() => expect(screen.queryByTestId('item-restore')).not.toBeOnTheScreen());
  server.on(ADD, { body: [{ id: 'lot', receipt_item_id: 'a' }] });
  await press('add-all');
  expect(await screen.findByTestId('item-added')).toBeVisible();
  expect(screen.getByTestId('item-open-lot')).toBeVisible();
  expect(await screen.findByTestId('to-inventory')).toBeVisible();
});

test('while several decisions run, none of their items takes another', async () => {
  const answers: (() => void)[] = [];
  server.on(ADD, () => new Promise((resolve) => answers.push(() => resolve({ body: [] }))));
  await open();
  await screen.findAllByTestId('item');
  server.on('POST /rest/v1/rpc/review_receipt', never);
  await press('item-dismiss', 0);
  await press('item-dismiss', 1);
  await waitFor(() => {
    for (const button of [...screen.getAllByTestId('item-dismiss'), screen.getByTestId('add-all')]) expect(button).toBeDisabled();
  });
  await waitFor(() => expect(answers).toHaveLength(2));
  answers[1]!();
  expect(await screen.findByTestId('item-restore')).toBeEnabled();
  expect(screen.getByTestId('item-dismiss')).toBeDisabled();
  expect(screen.getByTestId('add-all')).toBeDisabled();
  answers[0]!();
  await waitFor(() => expect(screen.getAllByTestId('item-restore')).toHaveLength(2));
});

test.each([
  ['dismissing', 'item-dismiss', ADD],
  ['adding', 'add-all', 'POST /rest/v1/rpc/delete_inventory_item'],
])('an undo of %s that fails without a connection is offered again', async (_, button, undoing) => {
  const sent: object[] = [];
  let offline = false;
  server.on('POST /rest/v1/rpc/delete_inventory_item', { body: '2030-01-21T00:00:00Z' });
  server.on(ADD, { body: [{ id: 'lot', receipt_item_id: 'a' }] });
  await open();
  await press(button);
  await screen.findByTestId('undo');
  server.on(undoing, (call) => {
    if (!offline) sent.push(bodyOf(call));
    return offline ? { hangUp: true } : { body: [] };
  });
  offline = true;
  await doublePress('undo');
  expect(await screen.findByText(/인터넷에 연결할 수 없어요/)).toBeVisible();
  offline = false;
  await press('undo');
  expect(await screen.findByText('1개를 되돌렸어요')).toBeVisible();
  expect(sent).toHaveLength(1);
});

test('an undo is busy until it is answered', async () => {
  await open();
  await press('item-dismiss', 1);
  await screen.findByTestId('undo');
  let answer = () => {};
  server.on(ADD, () => new Promise((resolve) => (answer = () => resolve({ body: [] }))));
  await doublePress('undo');
  expect(screen.getByTestId('undo')).toBeBusy();
  await waitFor(() => expect(server.callsOf(ADD)).toHaveLength(2));
  answer();
  expect(await screen.findByText('1개를 되돌렸어요')).toBeVisible();
});

test('an item that "add all" skips can be added on its own', async () => {
  await open();
  expect((await screen.findAllByTestId('item-add')).map((button) => button.props.accessibilityLabel)).toEqual([
    '종량제봉투 담기',
  ]);
  await press('item-add');
  expect(await screen.findByTestId('notice')).toHaveTextContent(/1개를 보관함에 담았어요/);
  expect(bodyOf(server.callsOf(ADD)[0])).toEqual({ receipt_id: RECEIPT_ID, items: [{ receipt_item_id: 'b' }] });
});

test('an added item links to its lot', async () => {
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([item({ id: 'a', status: 'added', inventory_id: 'lot' })]) });
  await open();
  expect(await screen.findByTestId('item-open-lot')).toBeVisible();
  expect(screen.queryByTestId('item-use-by')).not.toBeOnTheScreen();
});

test('a remembered correction is marked as such, in English too', async () => {
  const remembered = { ...TOFU, uncertain: false, why: { decided_by: 'alias' as const, model_version: '1' } };
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([remembered]) });
  await open('en');
  expect(await screen.findByTestId('item-why-alias')).toHaveTextContent('As you corrected it last time');
});

test('a failed receipt shows why and can be retried', async () => {
  let status = 'failed';
  server.on('GET /rest/v1/my_receipts', () => ({ body: [{ ...ROW, status, error_code: status === 'failed' ? 'no_text' : null }] }));
  server.on('POST /rest/v1/rpc/retry_receipt', () => {
    status = 'queued';
    return {};
  });
  await open();
  expect(await screen.findByTestId('result-failed')).toHaveTextContent(/글자를 찾지 못했어요/);
  expect(await screen.findByTestId('photo-missing')).toBeVisible();
  expect(screen.getByTestId('take-photo')).toBeEnabled();
  await doublePress('result-retry');
  expect(await screen.findByTestId('result-queued')).toBeVisible();
  expect(server.callsOf('POST /rest/v1/rpc/retry_receipt')).toHaveLength(1);
});

test.each([
  ['a photo of another user', 'path=6d1f9c1e-0000-4000-8000-000000000002%2Fphoto.jpg'],
  ['neither photo nor receipt', ''],
  ['a receipt of another user', `id=${RECEIPT_ID}`],
])('an address with %s says that there is no receipt', async (_, query) => {
  server.on('GET /rest/v1/my_receipts', { body: [] });
  await show(server, { 'receipt-result': ReceiptResult }, `/receipt-result?${query}`);
  expect(await screen.findByTestId('state-missing')).toBeVisible();
});

test('an address that was cut off says that there is no receipt', async () => {
  const body = { code: '22P02', message: 'invalid input syntax for type uuid: "6d1f"', hint: null, details: null };
  server.on('GET /rest/v1/my_receipts', { status: 400, body });
  await show(server, { 'receipt-result': ReceiptResult }, '/receipt-result?id=6d1f');
  expect(await screen.findByTestId('state-missing')).toBeVisible();
});

test('a failed receipt shows its photo', async () => {
  server.on('GET /rest/v1/my_receipts', { body: [{ ...ROW, status: 'failed', error_code: 'no_text' }] });
  // The environment has no FileReader, and no images.
  const load = jest.spyOn(receipts, 'photoUrl').mockImplementation(async (_, path) => `data:${path}`);
  const size = jest.spyOn(Image, 'getSize').mockImplementation((_, success) => success?.(1000, 2000) as never);
  await open();
  fireEvent(await screen.findByTestId('photo'), 'layout', { nativeEvent: { layout: { width: 300, height: 260 } } });
  const [image] = within(await screen.findByTestId('photo-enlarge')).UNSAFE_getAllByType(Image);
  expect(image?.props.source).toEqual({ uri: `data:${ROW.object_path}` });
  for (const mock of [load, size]) mock.mockRestore();
});

test.each([
  ['rate_limited', /하루에 올릴 수 있는 사진.*보관.*내일/],
  ['poison', /읽을 수 없는 사진.*다시 찍어/],
  ['several_receipts', /한 장씩/],
  ['bad_request', /읽을 수 없는 사진/],
  ['attempts_exhausted', /저희 쪽에 문제/],
])('a receipt that failed with %s says so', async (error_code, words) => {
  server.on('GET /rest/v1/my_receipts', { body: [{ ...ROW, status: 'failed', error_code }] });
  await open();
  expect(await screen.findByTestId('result-failed')).toHaveTextContent(words);
  expect(screen.getByTestId('result-retry')).toBeEnabled();
});

test('a retry over the daily limit says when to try again', async () => {
  server.on('GET /rest/v1/my_receipts', { body: [{ ...ROW, status: 'failed', error_code: 'no_text' }] });
  server.on('POST /rest/v1/rpc/retry_receipt', refused(429, 'rate_limited', '19200'));
  await open();
  await press('result-retry');
  expect(await screen.findByTestId('notice')).toHaveTextContent('오늘 쓸 수 있는 횟수를 다 썼어요. 6시간 뒤에 다시 시도해 주세요.');
});

test.each([
  ['limit_reached', 409, /지운 뒤 다시/],
  ['date_out_of_range', 422, /2000년부터/],
  ['invalid_alias', 422, /1자에서 200자/],
  ['unknown_item', 422, /이 영수증에 없는 품목/],
])('items that are refused with %s stay, and the reason is shown', async (hint, status, words) => {
  server.on(ADD, refused(status, hint));
  await open();
  await press('add-all');
  expect(await screen.findByTestId('notice')).toHaveTextContent(words);
  await waitFor(() => expect(screen.getByTestId('add-all')).toBeEnabled());
});

test('a correction over the daily limit is kept, and sent with the added items', async () => {
  const headers = { 'Retry-After': '7200' };
  server.on(FEEDBACK, { status: 429, headers, body: { code: 'rate_limited', retryable: true, detail: 'limit' } });
  await open();
  await press('item-edit');
  await press('likely-dairy');
  expect(await screen.findByTestId('notice')).toHaveTextContent(/오늘 쓸 수 있는 횟수.*2시간 뒤/);
  await press('editor-done');
  await press('add-all');
  await screen.findByText(/보관함에 담았어요/);
  expect(bodyOf(server.callsOf(ADD)[0])).toEqual({ receipt_id: RECEIPT_ID, items: [{ receipt_item_id: 'a', category: 'dairy' }] });
});

test('without Realtime the screen polls until the receipt is read', async () => {
  const states = ['queued', 'processing', 'done'];
  server.on('GET /rest/v1/my_receipts', () => ({ body: [{ ...ROW, status: states.length > 1 ? states.shift() : 'done' }] }));
  await open();
  expect(await screen.findByTestId('result-done')).toBeVisible();
});

test('without Realtime the review shows what another device decides', async () => {
  await open();
  expect(await screen.findAllByTestId('item-dismiss')).toHaveLength(2);
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([{ ...TOFU, status: 'dismissed' }, BAG]) });
  expect(await screen.findByTestId('item-dismissed')).toBeVisible();
});

test.each([
  ['a refusal', refused(404, 'receipt_not_found'), 'state-error', /없는 영수증/],
  ['no connection', { hangUp: true }, 'state-offline', /연결할 수 없어요/],
])('%s is shown and can be retried', async (_, reply, testID, words) => {
  server.on('POST /rest/v1/rpc/review_receipt', reply);
  await open();
  expect(await screen.findByTestId(testID)).toHaveTextContent(words);
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([TOFU]) });
  await press('retry');
  expect(await screen.findByTestId('result-done')).toBeVisible();
});

test('a receipt without items suggests a new photo, which can be taken there', async () => {
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([]) });
  await open();
  const empty = await screen.findByTestId('state-empty');
  expect(empty).toHaveTextContent(/다시 찍어/);
  expect(within(empty).getByTestId('take-photo')).toBeEnabled();
});
