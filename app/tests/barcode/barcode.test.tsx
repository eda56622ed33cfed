import { fireEvent, screen, waitFor } from '@testing-library/react-native';
import { type PermissionResponse, useCameraPermissions } from 'expo-camera';

import { CATEGORIES, suggestion } from '../support/review';
import { doublePress, NOW, press, show } from '../support/screens';
import { bodyOf, refused, type Reply, TestServer } from '../support/server';
import Barcode from '@/app/(tabs)/barcode';
import { addDays, dayInKorea } from '@/lib/dates';
import { formatDay } from '@/lib/i18n';

const NUMBER = '8801234567893';
const ADD = 'POST /rest/v1/rpc/add_to_inventory';
const SUGGEST = 'POST /rest/v1/rpc/suggest_use_by';
const TODAY = dayInKorea(NOW);
const frame = (outcome: string, more: object = {}): Reply => ({
  body: { outcome, barcode: NUMBER, gtin14: `0${NUMBER}`, package_date: null, carton: null, product: null, retry_after_s: null, ...more },
});
const PRODUCT = {
  name: '가상 우유 1L',
  printed_name: null,
  brand: '가상식품',
  quantity: '1 L',
  image_url: null,
  category: { code: 'dairy', name_ko: '우유·유제품', name_en: 'Dairy', confidence: 0.95 },
  storage: 'fridge',
  use_by: { basis: 'purchase', min_days: 5, max_days: 7, source: 'estimate' },
  source: { id: 'openfoodfacts', name: 'Open Food Facts', link: null, attribution: '© Open Food Facts contributors', licence: 'ODbL-1.0', outdated: false },
};

jest.mock('expo-camera', () => ({ CameraView: () => null, useCameraPermissions: jest.fn(() => [{ granted: false }, jest.fn()]) }));

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
  server.on('GET /rest/v1/categories', { body: CATEGORIES });
  server.on(SUGGEST, { body: suggestion({ expires_on: addDays(TODAY, 4) }) });
  server.on(ADD, ({ body }) => ({ body: { id: JSON.parse(body.toString()).inventory_id } }));
});
afterEach(() => server.stop());


async function look(reply: Reply) {
  server.on('GET /barcode_lookup', reply);
  await show(server, { barcode: Barcode }, '/barcode');
  fireEvent.changeText(screen.getByTestId('barcode-number'), NUMBER);
  await press('barcode-look');
}

const added = () => server.callsOf(ADD).map(bodyOf);
const estimated = (days: number) => new RegExp(formatDay(addDays(TODAY, days), 'ko', TODAY).replace(/[()]/g, '.'));
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('a product is shown with its source and estimate, and added without an explicit date', async () => {
  await look(frame('found', { product: PRODUCT }));
  expect(await screen.findByTestId('barcode-source')).toHaveTextContent(/© Open Food Facts contributors/);
  expect(server.callsOf('GET /barcode_lookup')[0]?.query.get('barcode')).toBe(NUMBER);
  expect(screen.getByTestId('date-hint')).toHaveTextContent(estimated(5));
  await press('barcode-add');
  expect(await screen.findByTestId('notice')).toHaveTextContent('가상 우유 1L 담았어요');
  expect(added()).toEqual([
    { inventory_id: expect.stringMatching(UUID), name: '가상 우유 1L', category: 'dairy', gtin: `0${NUMBER}`, quantity: 1 },
  ]);
  expect(server.callsOf(SUGGEST)).toEqual([]);
});

test.each(['0-8044-2957-X', '2434-561x', 'id.gs1.org/01/08801234567893?17=261231', '８８０１２３４５６７８９３'])(
  '%s can be typed and is sent as it is',
  async (typed) => {
    server.on('GET /barcode_lookup', frame('not_found'));
    await show(server, { barcode: Barcode }, '/barcode');
    const field = screen.getByTestId('barcode-number');
    expect(field.props.inputMode).not.toBe('numeric');
    expect(['number-pad', 'numeric', 'decimal-pad', 'phone-pad']).not.toContain(field.props.keyboardType);
    fireEvent.changeText(field, typed);
    await press('barcode-look');
    await screen.findByTestId('barcode-again');
    expect(server.callsOf('GET /barcode_lookup')[0]?.query.get('barcode')).toBe(typed);
  },
);

test('a carton adds as many as the code says', async () => {
  await look(frame('found', { product: PRODUCT, carton: { gtin14: `1${NUMBER}`, count: 24 } }));
  expect(await screen.findByTestId('barcode-carton')).toHaveTextContent('낱개 24개가 든 상자예요.');
  await press('barcode-add');
  await screen.findByTestId('notice');
  expect(added()[0]).toMatchObject({ quantity: 24, gtin: `0${NUMBER}` });
});

test('a foreign name is shown beside the one on receipts', async () => {
  await look(frame('found', { product: { ...PRODUCT, name: 'Spam Classic', printed_name: '스팸 클래식 200g' } }));
  expect(await screen.findByText(/Spam Classic/)).toBeOnTheScreen();
  await press('barcode-add');
  await screen.findByTestId('notice');
  expect(added()[0].name).toBe('스팸 클래식 200g');
});

test('a name that other households gave can be reported, again if that failed', async () => {
  const report = 'POST /rest/v1/rpc/report_product_name';
  server.on(report, { hangUp: true });
  await look(frame('found', { product: { ...PRODUCT, source: { ...PRODUCT.source, id: 'users' } } }));
  await press('report-name');
  await screen.findByTestId('notice');
  expect(screen.queryByText('알려 주셔서 고마워요.')).not.toBeOnTheScreen();
  server.on(report, { status: 204 });
  await press('report-name');
  expect(await screen.findByText('알려 주셔서 고마워요.')).toBeOnTheScreen();
  expect(server.callsOf(report).map(bodyOf)).toContainEqual({ gtin14: `0${NUMBER}` });
});

test('a double tap adds one lot', async () => {
  await look(frame('found', { product: PRODUCT }));
  const button = await screen.findByTestId('barcode-add');
  fireEvent.press(button);
  fireEvent.press(button);
  await screen.findByTestId('notice');
  expect(added()).toHaveLength(1);
});

test('the date in the barcode is used unless the user prefers the estimate', async () => {
  const date = '2030-12-31';
  await look(frame('found', { product: PRODUCT, package_date: { date, kind: 'use_by' } }));
  expect(await screen.findByTestId('date-hint')).toHaveTextContent('포장에 적힌 날짜');
  await press('use-estimate');
  expect(screen.getByTestId('date-hint')).toHaveTextContent(estimated(5));
  await press('barcode-again');
  fireEvent.changeText(screen.getByTestId('barcode-number'), NUMBER);
  await press('barcode-look');
  await press('barcode-add');
  await screen.findByTestId('notice');
  expect(added()[0].expires_on).toBe(date);
});

test('changing storage, category or name updates the date', async () => {
  await look(frame('found', { product: PRODUCT }));
  await press('storage-freezer');
  expect(screen.getByTestId('date-hint')).toHaveTextContent('날짜를 어림하고 있어요.');
  await waitFor(() => expect(screen.getByTestId('date-hint')).toHaveTextContent(estimated(4)));
  server.on(SUGGEST, { body: suggestion({ storage: 'freezer' }) });
  await press('change-category');
  await press('category-ice_cream');
  await screen.findByText(/어림할 수 있는 기한이 없어요/);
  expect(screen.getByTestId('storage-freezer')).toBeChecked();
  server.on(SUGGEST, { body: suggestion({ expires_on: addDays(TODAY, 90) }) });
  fireEvent.changeText(screen.getByTestId('barcode-name'), '멜론바');
  await waitFor(() => expect(screen.getByTestId('date-hint')).toHaveTextContent(estimated(90)));
  expect(server.callsOf(SUGGEST).map(bodyOf)).toEqual([
    { name: '가상 우유 1L', category: 'dairy', storage: 'freezer' },
    { name: '가상 우유 1L', category: 'ice_cream' },
    { name: '멜론바', category: 'ice_cream' },
  ]);
});

test('without a connection the input stays, and the next attempt has the same id', async () => {
  await look(frame('found', { product: PRODUCT }));
  server.on(ADD, { hangUp: true });
  fireEvent.changeText(await screen.findByTestId('barcode-name'), '내 우유');
  fireEvent.changeText(screen.getByTestId('add-quantity'), '3');
  await press('barcode-add');
  expect(await screen.findByTestId('add-problem')).toHaveTextContent(/연결할 수 없어요.*적은 내용은 그대로/);
  expect(screen.getByTestId('barcode-name').props.value).toBe('내 우유');
  const attempts = added().length;
  server.on(ADD, { body: { id: 'lot' } });
  fireEvent.press(screen.getByText('다시 시도'));
  expect(await screen.findByTestId('notice')).toHaveTextContent('내 우유 담았어요');
  expect(added()).toHaveLength(attempts + 1);
  expect(new Set(added().map((lot) => JSON.stringify(lot))).size).toBe(1);
});

test('an unknown product can be named and is then found', async () => {
  server.on('POST /barcode_lookup', frame('found', { product: { ...PRODUCT, name: '할머니 고추장' } }));
  await look(frame('not_found'));
  await screen.findByTestId('barcode-not-found');
  fireEvent.changeText(screen.getByTestId('barcode-name'), '할머니 고추장');
  await doublePress('barcode-keep-name');
  await screen.findByTestId('barcode-found');
  expect(server.callsOf('POST /barcode_lookup')).toHaveLength(1);
  expect(bodyOf(server.callsOf('POST /barcode_lookup')[0])).toEqual({ barcode: NUMBER, name: '할머니 고추장' });
  expect(screen.getByTestId('barcode-name').props.value).toBe('할머니 고추장');
});

test('an outage is not reported as "not found" and can be retried', async () => {
  await look(frame('incomplete', { retry_after_s: 1 }));
  await screen.findByTestId('barcode-incomplete');
  server.on('GET /barcode_lookup', frame('found', { product: PRODUCT }));
  await press('retry');
  expect(await screen.findByTestId('barcode-found')).toBeVisible();
});

test.each([
  ['a minute', '2', { code: 'rate_limited', retryable: true }, /너무 빨라요/, '2초 뒤에 다시 할 수 있어요'],
  ['a day', '7200', { code: 'rate_limited', retryable: true }, /오늘 쓸 수 있는 횟수/, '2시간 뒤에 다시 할 수 있어요'],
  ['the platform', '90', undefined, /오늘 쓸 수 있는 횟수/, '2분 뒤에 다시 할 수 있어요'],
])('the limit of %s is shown with the time to wait', async (_, seconds, body, words, title) => {
  await look({ status: 429, headers: { 'Retry-After': seconds }, body });
  expect(await screen.findByTestId('state-error')).toHaveTextContent(words);
  expect(screen.getByTestId('retry')).toBeDisabled();
  expect(screen.getByTestId('retry')).toHaveTextContent(title);
});

test('after the wait the look-up can be retried', async () => {
  await look({ status: 429, headers: { 'Retry-After': '2' }, body: { code: 'rate_limited', retryable: true } });
  await screen.findByTestId('state-error');
  server.on('GET /barcode_lookup', frame('found', { product: PRODUCT }));
  await press('retry');
  expect(await screen.findByTestId('barcode-found')).toBeVisible();
});

test.each([
  ['limit_reached', refused(409, 'limit_reached'), /지운 뒤 다시/],
  ['invalid_item', refused(422, 'invalid_item'), /이름은 200자/],
  ['date_out_of_range', refused(422, 'date_out_of_range'), /2000년부터/],
  ['rate_limited', refused(429, 'rate_limited', '600'), /10분 뒤에/],
])('a product refused with %s stays in the form, with the reason', async (_, reply, words) => {
  await look(frame('found', { product: PRODUCT }));
  server.on(ADD, reply);
  await press('barcode-add');
  expect(await screen.findByTestId('add-problem')).toHaveTextContent(words);
  expect(screen.getByTestId('barcode-name').props.value).toBe('가상 우유 1L');
});

test('an in-store code is named by hand and its number is not stored', async () => {
  await look(frame('in_store_code'));
  await screen.findByTestId('barcode-in-store');
  fireEvent.changeText(screen.getByTestId('barcode-name'), '삼겹살');
  await press('category-tofu');
  await press('barcode-add');
  await screen.findByTestId('notice');
  expect(added()).toEqual([{ inventory_id: expect.stringMatching(UUID), name: '삼겹살', category: 'tofu', quantity: 1 }]);
});

test('an invalid barcode is reported', async () => {
  await look({ status: 400, body: { code: 'invalid_barcode', outcome: 'invalid', retryable: false } });
  expect(await screen.findByTestId('barcode-invalid')).toHaveTextContent(/바코드가 아니에요/);
  await press('barcode-again');
  expect(screen.getByTestId('barcode-number').props.value).toBe('');
});

test('a missing connection is reported', async () => {
  await look({ hangUp: true });
  expect(await screen.findByTestId('state-offline')).toBeVisible();
});

test.each(['light', 'dark'])('the frame on the camera is white (%s)', async (scheme) => {
  jest.mocked(useCameraPermissions).mockReturnValue([{ granted: true } as PermissionResponse, jest.fn(), jest.fn()]);
  await show(server, { barcode: Barcode }, '/barcode', { stored: { scheme } });
  expect(await screen.findByTestId('camera-frame', { includeHiddenElements: true })).toHaveStyle({ borderColor: '#ffffff' });
});
