// What was read wrongly or missed, and deleting a receipt.
import DateTimePicker from '@react-native-community/datetimepicker';
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react-native';

import { item, RECEIPT_ID, review, ROW } from '../support/review';
import { doublePress, press, show } from '../support/screens';
import { bodyOf, refused, TestServer } from '../support/server';
import Receipts from '@/app/(tabs)/receipts';
import ReceiptResult from '@/app/receipt-result';
import { wonIn } from '@/lib/corrections';

const CORRECT = 'POST /rest/v1/rpc/correct_receipt';
const TOFU = item({ id: 'a' });

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
  server.on('GET /rest/v1/my_receipts', { body: [{ ...ROW, food_items: 1, waiting_items: 1 }] });
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([TOFU]) });
  server.on(CORRECT, { body: review([TOFU]) });
});
afterEach(() => server.stop());

const open = () =>
  show(server, { 'receipt-result': ReceiptResult, receipts: Receipts }, `/receipt-result?id=${RECEIPT_ID}`);

async function setDate(day: string) {
  await press('edit-date');
  const picker = screen.UNSAFE_getByType(DateTimePicker);
  await act(async () => picker.props.onChange({ type: 'set' }, new Date(`${day}T12:00:00`)));
}

test.each([
  ['0', 0],
  ['12,400', 12400],
  ['１２４００원', 12400],
  ['100000000', 100_000_000],
  ['100000001', undefined],
  ['-5', undefined],
  ['12.5', undefined],
  ['', undefined],
  ['1e3', undefined],
])('%s is %s won', (text, won) => {
  expect(wonIn(text)).toBe(won);
});

test('store, date and total are corrected; what is unchanged is not sent', async () => {
  await open();
  await press('edit-receipt');
  fireEvent.changeText(screen.getByTestId('edit-store'), ' 행복마트 ');
  fireEvent.changeText(screen.getByTestId('edit-total'), '12,400');
  await setDate('2030-01-18');
  server.on(CORRECT, { body: { ...review([TOFU]), receipt: { ...review([TOFU]).receipt, store_name: '행복마트', total: 12400 } } });
  await doublePress('save-receipt');
  await waitFor(() => expect(screen.queryByTestId('receipt-editor')).not.toBeOnTheScreen());
  expect(server.callsOf(CORRECT).map(bodyOf)).toEqual([
    { receipt_id: RECEIPT_ID, store_name: '행복마트', purchased_at: '2030-01-18T18:31:00', total: 12400 },
  ]);
  await press('edit-receipt');
  await press('save-receipt');
  expect(server.callsOf(CORRECT)).toHaveLength(1);
});

test('a date after a step of one of its items is refused with the day of the step, and can be chosen again', async () => {
  await open();
  await press('edit-receipt');
  await setDate('2030-01-19');
  server.on(CORRECT, refused(422, 'purchase_after_step', '2030-01-15'));
  await press('save-receipt');
  expect(await screen.findByTestId('receipt-problem')).toHaveTextContent(/^1월 15일.*에 옮기거나 개봉한 품목이 있어서/);
  server.on(CORRECT, { body: review([TOFU]) });
  await setDate('2030-01-14');
  await press('save-receipt');
  await waitFor(() => expect(screen.queryByTestId('receipt-editor')).not.toBeOnTheScreen());
  expect(server.callsOf(CORRECT).map((call) => bodyOf(call).purchased_at.slice(0, 10))).toEqual(['2030-01-19', '2030-01-14']);
});

describe('photos of one long receipt', () => {
  const JOIN = 'POST /rest/v1/rpc/join_receipts';
  const listed = (id: string, created_at: string, more = {}) => ({ ...ROW, id, created_at, store_name: id, food_items: 1, waiting_items: 1, ...more });

  test('are joined with the one that the user chooses, and an item is shown on its own photo', async () => {
    const joined = review([TOFU, item({ id: 'b', line_no: 2, name: '콩나물', object_path: 'user/lower.jpg' })]);
    server.on(JOIN, () => {
      server.on('POST /rest/v1/rpc/review_receipt', { body: joined });
      return { body: joined };
    });
    server.on('GET /rest/v1/my_receipts', {
      body: [
        { ...ROW, food_items: 1, waiting_items: 1 },
        listed('아래 사진', '2030-01-20T09:33:00Z'),
        listed('읽는 중', '2030-01-20T09:33:00Z', { status: 'processing' }),
        listed('지난주', '2030-01-12T09:33:00Z'),
      ],
    });
    await open();
    await press('open-join');
    const sheet = await screen.findByTestId('join-sheet');
    const lower = await within(sheet).findByText('아래 사진');
    expect(within(sheet).getAllByTestId('receipt')).toHaveLength(1);
    await doublePress(lower);
    expect(await screen.findByText('영수증을 합쳤어요')).toBeVisible();
    expect(server.callsOf(JOIN).map(bodyOf)).toEqual([{ receipt_ids: [RECEIPT_ID, '아래 사진'] }]);
    await press('item-select', 1);
    await waitFor(() => expect(server.callsOf('GET /storage/v1/object/ocr/user/lower.jpg')).not.toHaveLength(0));
  });

  test('that cannot be joined say why', async () => {
    server.on(JOIN, refused(409, 'receipt_reviewed'));
    server.on('GET /rest/v1/my_receipts', { body: [{ ...ROW, food_items: 1, waiting_items: 1 }, listed('담은 것', '2030-01-20T09:33:00Z')] });
    await open();
    await press('open-join');
    const sheet = await screen.findByTestId('join-sheet');
    const other = await within(sheet).findByTestId('receipt');
    await act(async () => fireEvent.press(other));
    expect(await screen.findByTestId('join-problem')).toHaveTextContent(/이미 보관함에/);
  });

  test('need another photo of the day', async () => {
    await open();
    await press('open-join');
    expect(await screen.findByText(/이어지는 부분을 먼저/)).toBeVisible();
  });
});

test.each([['unsure_purchase_date'], ['no_purchase_date']])('a date with the warning %s is confirmed', async (warning) => {
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([TOFU], [warning]) });
  await open();
  await press('edit-receipt');
  await press('confirm-purchased_at');
  await press('save-receipt');
  await waitFor(() => expect(server.callsOf(CORRECT).map(bodyOf)).toEqual([{ receipt_id: RECEIPT_ID, purchased_at: ROW.purchased_at }]));
});

describe('of what may be misread about the receipt', () => {
  const { store_name, purchased_at, total } = ROW;
  const confirm = (...fields: string[]) => async () => {
    for (const field of fields) await press(`confirm-${field}`);
  };

  test.each([
    ['nothing is sent if nothing is chosen', async () => {}, []],
    ['what the user confirms is sent', confirm('store_name', 'purchased_at', 'total'), [{ store_name, purchased_at, total }]],
    ['what the user did not confirm is not sent', confirm('store_name'), [{ store_name }]],
    ['a confirmation can be taken back', confirm('total', 'total'), []],
    ['a corrected total says nothing about the rest', async () => fireEvent.changeText(screen.getByTestId('edit-total'), '12400'), [{ total: 12400 }]],
  ])('%s', async (_, choose, sent) => {
    const body = review([TOFU], ['unsure_purchase_date', 'no_store']);
    body.receipt.uncertain_fields = ['store_name', 'purchased_at', 'total'];
    server.on('POST /rest/v1/rpc/review_receipt', { body });
    await open();
    expect(await screen.findByTestId('uncertain-head')).toHaveTextContent('확인해 주세요: 가게, 합계');
    expect(screen.getByTestId('unsure-day')).toBeVisible();
    await press('edit-receipt');
    await choose();
    await press('save-receipt');
    await waitFor(() => expect(screen.queryByTestId('receipt-editor')).not.toBeOnTheScreen());
    expect(server.callsOf(CORRECT).map(bodyOf)).toEqual(sent.map((changes) => ({ receipt_id: RECEIPT_ID, ...changes })));
  });
});

test('a total that is no number and a day in the future cannot be saved; a refusal is explained', async () => {
  await open();
  await press('edit-receipt');
  fireEvent.changeText(screen.getByTestId('edit-total'), '만 원');
  expect(screen.getByText(/0원에서 1억 원/)).toBeVisible();
  expect(screen.getByTestId('save-receipt')).toBeDisabled();
  fireEvent.changeText(screen.getByTestId('edit-total'), '5000');
  await setDate('2030-02-01');
  expect(screen.getByTestId('save-receipt')).toBeDisabled();
  await setDate('2030-01-19');
  server.on(CORRECT, refused(422, 'invalid_receipt'));
  await press('save-receipt');
  expect(await screen.findByTestId('receipt-problem')).toHaveTextContent(/다시 확인해/);
  expect(screen.getByTestId('edit-total')).toHaveDisplayValue('5000');
});

test('a line that was not read is added once, though the first response is lost', async () => {
  const ADD_LINE = 'POST /rest/v1/rpc/add_receipt_item';
  const replies = [{ hangUp: true }, { hangUp: true }, { body: item({ id: 'new' }) }];
  server.on(ADD_LINE, () => replies.shift()!);
  await open();
  await press('open-missed-line');
  await press('add-line');
  expect(screen.getByText('이름을 적어 주세요.')).toBeVisible();
  fireEvent.changeText(screen.getByTestId('line-name'), ' 콩나물 ');
  fireEvent.changeText(screen.getByTestId('line-amount'), '1500');
  await press('category-tofu');
  await press('add-line');
  expect(await screen.findByTestId('line-problem')).toHaveTextContent(/연결/);
  await doublePress('add-line');
  await waitFor(() => expect(screen.queryByTestId('missed-line')).not.toBeOnTheScreen());
  const bodies = server.callsOf(ADD_LINE).map(bodyOf);
  expect(bodies).toHaveLength(3);
  expect(new Set(bodies.map(({ receipt_item_id }) => receipt_item_id)).size).toBe(1);
  expect(bodies[0]).toMatchObject({ receipt_id: RECEIPT_ID, name: '콩나물', category: 'tofu', quantity: 1, amount: 1500 });
});

test('an amount is corrected when its field is left', async () => {
  const FIX = 'POST /rest/v1/rpc/correct_receipt_item';
  let stored = TOFU;
  server.on('POST /rest/v1/rpc/review_receipt', () => ({ body: review([stored]) }));
  server.on(FIX, (call) => {
    stored = { ...TOFU, amount: bodyOf(call).amount };
    return { body: stored };
  });
  await open();
  await press('item-edit');
  fireEvent.changeText(screen.getByTestId('edit-amount'), 'x');
  fireEvent(screen.getByTestId('edit-amount'), 'blur');
  expect(server.callsOf(FIX)).toHaveLength(0);
  fireEvent.changeText(screen.getByTestId('edit-amount'), '4,000');
  fireEvent(screen.getByTestId('edit-amount'), 'blur');
  expect(await screen.findByText('4,000원')).toBeVisible();
  expect(server.callsOf(FIX).map(bodyOf)).toEqual([{ receipt_item_id: 'a', amount: 4000 }]);
});

describe('an amount in doubt', () => {
  const FIX = 'POST /rest/v1/rpc/correct_receipt_item';
  const DOUBTFUL = item({ id: 'a', uncertain_fields: ['amount'] });
  beforeEach(() => server.on('POST /rest/v1/rpc/review_receipt', { body: review([DOUBTFUL]) }));

  test.each([['x'], [''], ['-1']])('is not confirmed by "%s"', async (text) => {
    await open();
    await press('item-edit');
    fireEvent.changeText(screen.getByTestId('edit-amount'), text);
    expect(screen.getByText(/0원에서 1억 원/)).toBeVisible();
    expect(screen.getByTestId('editor-done')).toBeDisabled();
  });

  test.each([[true], [false]])('is corrected once, then confirmed, by Done (field left before: %s)', async (isLeft) => {
    server.on(FIX, { body: { ...DOUBTFUL, amount: 4000 } });
    await open();
    await press('item-edit');
    fireEvent.changeText(screen.getByTestId('edit-amount'), '4,000');
    if (isLeft) fireEvent(screen.getByTestId('edit-amount'), 'blur');
    await press('editor-done');
    await waitFor(() =>
      expect(server.callsOf(FIX).map(bodyOf)).toEqual([
        { receipt_item_id: 'a', amount: 4000 },
        { receipt_item_id: 'a', confirmed: true },
      ]),
    );
  });

  test('stays in doubt if the correction is refused', async () => {
    server.on(FIX, refused(422, 'invalid_receipt'));
    await open();
    await press('item-edit');
    fireEvent.changeText(screen.getByTestId('edit-amount'), '4,000');
    await press('editor-done');
    expect(await screen.findByTestId('notice')).toHaveTextContent(/다시 확인해/);
    expect(screen.getByTestId('item-uncertain')).toBeVisible();
    expect(server.callsOf(FIX).map(bodyOf)).toEqual([{ receipt_item_id: 'a', amount: 4000 }]);
  });

  test('may be left out if none was read', async () => {
    server.on('POST /rest/v1/rpc/review_receipt', { body: review([{ ...DOUBTFUL, amount: null }]) });
    await open();
    await press('item-edit');
    expect(screen.getByTestId('editor-done')).toBeEnabled();
  });
});

test.each([
  [4270, '', false],
  [null, '', true],
  [null, '0', true],
])('of the total %s, "%s" can be saved: %s', async (total, text, can) => {
  const body = review([TOFU]);
  server.on('POST /rest/v1/rpc/review_receipt', { body: { ...body, receipt: { ...body.receipt, total } } });
  await open();
  await press('edit-receipt');
  fireEvent.changeText(screen.getByTestId('edit-total'), text);
  if (can) expect(screen.getByTestId('save-receipt')).toBeEnabled();
  else expect(screen.getByTestId('save-receipt')).toBeDisabled();
});

test('a price that differs from the last purchase says so', async () => {
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([TOFU, item({ id: 'b' }), item({ id: 'c' })]) });
  server.on('POST /rest/v1/rpc/price_changes', {
    body: [
      { receipt_item_id: 'a', change_percent: 12.4 },
      { receipt_item_id: 'b', change_percent: -8 },
      { receipt_item_id: 'c', change_percent: 1.2 },
    ],
  });
  await open();
  const badges = await screen.findAllByTestId('item-price-change');
  expect(badges.map((badge) => badge)).toHaveLength(2);
  expect(badges[0]).toHaveTextContent('지난번보다 12% 비싸요');
  expect(badges[1]).toHaveTextContent('지난번보다 8% 싸요');
});

test.each([['done'], ['failed']])('a receipt that is %s is deleted, and restored by the notice', async (status) => {
  let stored = [{ ...ROW, status, food_items: 1, waiting_items: 1 }];
  const before = stored;
  server.on('GET /rest/v1/my_receipts', () => ({ body: stored }));
  server.on('POST /rest/v1/rpc/delete_receipt', () => {
    stored = [];
    return { body: '2030-01-27T00:00:00Z' };
  });
  server.on('POST /rest/v1/rpc/restore_receipt', () => {
    stored = before;
    return { status: 204 };
  });
  await open();
  await press('delete-receipt');
  expect(await screen.findByTestId('state-empty')).toBeVisible();
  await press('undo');
  expect(await screen.findByTestId('receipt')).toBeVisible();
  for (const call of ['delete_receipt', 'restore_receipt']) {
    expect(server.callsOf(`POST /rest/v1/rpc/${call}`).map(bodyOf)).toEqual([{ receipt_id: RECEIPT_ID }]);
  }
});
