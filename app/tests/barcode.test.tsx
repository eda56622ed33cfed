import { fireEvent, screen, waitFor } from '@testing-library/react-native';

import { CATEGORIES } from './review';
import { show } from './screens';
import { type Call, type Reply, TestServer } from './server';
import Barcode from '@/app/(tabs)/barcode';
import { addDays, dayOf } from '@/lib/dates';

const NUMBER = '8801234567893';
const TODAY = dayOf(new Date());
const frame = (outcome: string, more: object = {}): Reply => ({
  body: { outcome, barcode: NUMBER, gtin14: `0${NUMBER}`, package_date: null, product: null, retry_after_s: null, ...more },
});
const PRODUCT = {
  name: '가상 우유 1L',
  brand: '가상식품',
  quantity: '1 L',
  image_url: null,
  category: { code: 'dairy', name_ko: '우유·유제품', name_en: 'Dairy', confidence: 0.95 },
  storage: 'fridge',
  use_by: { basis: 'purchase', min_days: 5, max_days: 7, source: 'estimate' },
  source: { id: 'openfoodfacts', name: 'Open Food Facts', link: null, attribution: '© Open Food Facts contributors', licence: 'ODbL-1.0', outdated: false },
};

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
  // `single` asks for one row, and for it alone.
  server.on('GET /rest/v1/categories', ({ headers }) => ({
    body: headers.accept?.includes('pgrst.object') ? { id: 8 } : CATEGORIES,
  }));
  server.on('GET /rest/v1/shelf_life_rules', { body: [{ min_days: 4, source: 'estimate' }] });
  server.on('POST /rest/v1/inventory', { status: 201, body: [{ id: 'lot' }] });
});
afterEach(() => server.stop());

const sent = (call: Call | undefined) => JSON.parse(call?.body.toString() ?? 'null');

async function look(reply: Reply) {
  server.on('GET /barcode_lookup', reply);
  await show(server, { barcode: Barcode }, '/barcode');
  fireEvent.changeText(screen.getByTestId('barcode-number'), NUMBER);
  fireEvent.press(screen.getByTestId('barcode-look'));
}

test('a product is shown with its source and added with its estimate', async () => {
  await look(frame('found', { product: PRODUCT }));
  expect(await screen.findByTestId('barcode-source')).toHaveTextContent(/© Open Food Facts contributors/);
  expect(server.callsOf('GET /barcode_lookup')[0]?.query.get('barcode')).toBe(NUMBER);
  fireEvent.press(screen.getByTestId('barcode-add'));
  expect(await screen.findByTestId('notice')).toHaveTextContent('가상 우유 1L 담았어요');
  expect(sent(server.callsOf('POST /rest/v1/inventory')[0])).toMatchObject({
    name: '가상 우유 1L',
    category_id: 8,
    gtin14: `0${NUMBER}`,
    storage: 'fridge',
    purchased_on: TODAY,
    expires_on: addDays(TODAY, 5),
    expiry_basis: 'purchase',
  });
});

test('the date in the code is the one on the package', async () => {
  await look(frame('found', { product: PRODUCT, package_date: { date: '2030-12-31', kind: 'use_by' } }));
  fireEvent.press(await screen.findByTestId('barcode-add'));
  await screen.findByTestId('notice');
  const added = sent(server.callsOf('POST /rest/v1/inventory')[0]);
  expect(added.expires_on).toBe('2030-12-31');
  expect(added.expiry_basis).toBeUndefined();
});

test('what nobody knows is named, and then known', async () => {
  server.on('POST /barcode_lookup', frame('found', { product: { ...PRODUCT, name: '할머니 고추장' } }));
  await look(frame('not_found'));
  await screen.findByTestId('barcode-not-found');
  fireEvent.changeText(screen.getByTestId('barcode-name'), '할머니 고추장');
  fireEvent.press(screen.getByTestId('barcode-keep-name'));
  await screen.findByTestId('barcode-found');
  expect(sent(server.callsOf('POST /barcode_lookup')[0])).toEqual({ barcode: NUMBER, name: '할머니 고추장' });
  expect(screen.getByTestId('barcode-name').props.value).toBe('할머니 고추장');
});

test('an outage is not "not found": it may be tried again', async () => {
  await look(frame('incomplete', { retry_after_s: 1 }));
  await screen.findByTestId('barcode-incomplete');
  server.on('GET /barcode_lookup', frame('found', { product: PRODUCT }));
  await waitFor(() => expect(screen.getByTestId('retry')).toBeEnabled(), { timeout: 10_000 });
  fireEvent.press(screen.getByTestId('retry'));
  expect(await screen.findByTestId('barcode-found')).toBeVisible();
});

test('a shop’s own code is named by hand, and the number is not kept', async () => {
  await look(frame('in_store_code'));
  await screen.findByTestId('barcode-in-store');
  fireEvent.changeText(screen.getByTestId('barcode-name'), '삼겹살');
  fireEvent.press(screen.getByTestId('category-tofu'));
  fireEvent.press(screen.getByTestId('barcode-add'));
  await screen.findByTestId('notice');
  expect(sent(server.callsOf('POST /rest/v1/inventory')[0])).toMatchObject({
    name: '삼겹살',
    gtin14: null,
    storage: 'fridge',
    expires_on: addDays(TODAY, 4),
    expiry_basis: 'purchase',
    expiry_source: 'estimate',
  });
});

test('what is no barcode says so', async () => {
  await look({ status: 400, body: { code: 'invalid_barcode', outcome: 'invalid', retryable: false } });
  expect(await screen.findByTestId('barcode-invalid')).toHaveTextContent(/바코드가 아니에요/);
  fireEvent.press(screen.getByTestId('barcode-again'));
  expect(screen.getByTestId('barcode-number').props.value).toBe('');
});

test('no connection is told', async () => {
  await look({ hangUp: true });
  expect(await screen.findByTestId('state-offline')).toBeVisible();
});
