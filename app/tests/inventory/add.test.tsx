import { fireEvent, screen } from '@testing-library/react-native';

import { CATEGORIES, suggestion } from '../support/review';
import { press, show } from '../support/screens';
import { bodyOf, TestServer } from '../support/server';
import Add from '@/app/add';
import Inventory from '@/app/(tabs)/inventory';

const ADD = 'POST /rest/v1/rpc/add_to_inventory';
const NAMES = 'POST /rest/v1/rpc/suggest_names';

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
  server.on('GET /rest/v1/categories', { body: CATEGORIES });
  server.on('GET /rest/v1/inventory', { body: [] });
  server.on('POST /rest/v1/rpc/suggest_use_by', { body: suggestion({ expires_on: '2030-02-01' }) });
  server.on(NAMES, { body: [{ name: '초당두부', category: 'tofu', unit: '모', gtin14: '08801234567893', storage: 'fridge', source: 'own', uses: 3 }] });
  server.on(ADD, { body: { id: 'lot' } });
});
afterEach(() => server.stop());

const open = () => show(server, { add: Add, inventory: Inventory }, '/add');

test('a name that was used before brings its category and unit, and is added once despite a double tap', async () => {
  await open();
  for (const text of ['두', '두부']) fireEvent.changeText(await screen.findByTestId('barcode-name'), text);
  await press('name-suggestion');
  expect(screen.getByTestId('barcode-name')).toHaveDisplayValue('초당두부');
  const button = screen.getByTestId('barcode-add');
  fireEvent.press(button);
  fireEvent.press(button);
  expect(await screen.findByTestId('notice')).toHaveTextContent('초당두부 담았어요');
  expect(bodyOf(server.callsOf(NAMES)[0]).typed).toBe('두부');
  expect(server.callsOf(ADD).map(bodyOf)).toEqual([
    { inventory_id: expect.any(String), name: '초당두부', category: 'tofu', quantity: 1, unit: '모', gtin: '08801234567893' },
  ]);
  expect(await screen.findByTestId('inventory')).toBeVisible();
});

test('another name after a suggestion does not keep its barcode', async () => {
  await open();
  fireEvent.changeText(await screen.findByTestId('barcode-name'), '두부');
  await press('name-suggestion');
  fireEvent.changeText(screen.getByTestId('barcode-name'), '시장 두부');
  await press('barcode-add');
  await screen.findByTestId('notice');
  expect(bodyOf(server.callsOf(ADD)[0])).toEqual({ inventory_id: expect.any(String), name: '시장 두부', category: 'tofu', quantity: 1 });
});

test('without suggestions a name and a category are enough', async () => {
  server.on(NAMES, { status: 500, body: {} });
  await open();
  await press('barcode-add');
  expect(screen.getByText('상품 이름을 적어 주세요.')).toBeVisible();
  fireEvent.changeText(screen.getByTestId('barcode-name'), '텃밭 상추');
  await press('category-dairy');
  await press('barcode-add');
  await screen.findByTestId('notice');
  expect(bodyOf(server.callsOf(ADD)[0])).toMatchObject({ name: '텃밭 상추', category: 'dairy', quantity: 1 });
});
