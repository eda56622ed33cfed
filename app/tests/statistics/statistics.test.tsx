import { fireEvent, screen, within } from '@testing-library/react-native';

import { CATEGORIES } from '../support/review';
import { press, show } from '../support/screens';
import { TestServer } from '../support/server';
import Home from '@/app/(tabs)/index';
import StatisticsScreen from '@/app/statistics';
import { lastMonths } from '@/lib/statistics';

const JANUARY = '2030-01-01';
const DECEMBER = '2029-12-01';

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
  server.on('GET /rest/v1/categories', { body: CATEGORIES });
  server.on('POST /rest/v1/rpc/spending_by_month', { body: [{ month: DECEMBER, won: 80000, receipts: 4 }, { month: JANUARY, won: 52300, receipts: 3 }] });
  server.on('POST /rest/v1/rpc/spending_by_store', {
    body: [
      { month: JANUARY, store_name: '행복마트', won: 40000, receipts: 2 },
      { month: JANUARY, store_name: null, won: 12300, receipts: 1 },
      { month: DECEMBER, store_name: '시장', won: 80000, receipts: 4 },
    ],
  });
  server.on('POST /rest/v1/rpc/spending_by_category', {
    body: [
      { month: JANUARY, category: 'tofu', won: 2300, items: 1 },
      { month: JANUARY, category: 'dairy', won: 50000, items: 9 },
    ],
  });
  server.on('POST /rest/v1/rpc/waste_by_month', { body: [{ month: DECEMBER, category: 'tofu', won: 1890, items: 1, items_without_price: 0 }] });
});
afterEach(() => server.stop());

const open = () => show(server, { statistics: StatisticsScreen }, '/statistics');
const shares = (testID: string) => within(screen.getByTestId(testID)).getAllByTestId('share').map((share) => within(share).getAllByText(/./).map(({ props }) => props.children));

test('months are counted back over the turn of the year', () => {
  expect(lastMonths('2030-02-01', 4)).toEqual(['2029-11-01', '2029-12-01', '2030-01-01', '2030-02-01']);
});

test('the present month is shown by category and store, the largest first', async () => {
  await open();
  expect(await screen.findByTestId('month-won')).toHaveTextContent('52,300원');
  expect(shares('shares-categories')).toEqual([['우유·유제품', '50,000원'], ['두부·묵', '2,300원']]);
  expect(shares('shares-stores')).toEqual([['행복마트', '40,000원'], ['가게 이름 없음', '12,300원']]);
  expect(screen.getByTestId('nothing-wasted')).toBeVisible();
});

test('another month is selected in the chart', async () => {
  await open();
  fireEvent(await screen.findByTestId('month-chart'), 'layout', { nativeEvent: { layout: { width: 360, height: 160 } } });
  expect(screen.getAllByTestId(/^month-20/)).toHaveLength(12);
  expect(screen.getByTestId('month-2029-12')).toHaveAccessibleName('2029년 12월 80,000원');
  await press('month-2029-12');
  expect(screen.getByTestId('month-2029-12')).toBeChecked();
  expect(screen.getByTestId('month-won')).toHaveTextContent('80,000원');
  expect(screen.getByTestId('wasted')).toHaveTextContent('1,890원어치를 버렸어요');
  expect(screen.queryByTestId('shares-categories')).not.toBeOnTheScreen();
  await press('month-2029-06');
  expect(screen.getByTestId('month-won')).toHaveTextContent('0원');
});

test.each([
  ['food without a price alone', [['dairy', 0, 2, 2]], '2개를 버렸어요', [['우유·유제품', '가격 모름 2개']]],
  [
    'food with and without prices',
    [['dairy', 0, 1, 1], ['tofu', 1890, 3, 1]],
    '1,890원어치를 버렸어요',
    [['두부·묵', '가격 모름 1개', '1,890원'], ['우유·유제품', '가격 모름 1개']],
  ],
  ['food that cost nothing', [['tofu', 0, 1, 0]], '1개를 버렸어요', [['두부·묵', '0원']]],
] as const)('%s that was thrown away is told', async (_, rows, words, shown) => {
  server.on('POST /rest/v1/rpc/waste_by_month', {
    body: rows.map(([category, won, items, items_without_price]) => ({ month: JANUARY, category, won, items, items_without_price })),
  });
  await open();
  expect(await screen.findByTestId('wasted')).toHaveTextContent(words);
  expect(shares('shares-waste')).toEqual(shown);
  expect(screen.queryByTestId('nothing-wasted')).not.toBeOnTheScreen();
});

test('without receipts the screen says what it will show', async () => {
  for (const name of ['spending_by_month', 'spending_by_store', 'spending_by_category', 'waste_by_month']) {
    server.on(`POST /rest/v1/rpc/${name}`, { body: [] });
  }
  await open();
  expect(await screen.findByTestId('state-empty')).toHaveTextContent(/달마다/);
});

test.each([
  ['both', [{ month: DECEMBER, won: 80000 }, { month: JANUARY, won: 52300 }], /52,300원.*지난달 80,000원/],
  ['none', [], /이번 달 영수증이 아직 없어요/],
])('the start screen shows what this month and the last have cost: %s', async (_, body, words) => {
  server.on('POST /rest/v1/rpc/spending_by_month', { body });
  server.on('GET /rest/v1/my_receipts', { body: [] });
  server.on('GET /rest/v1/inventory', { body: [{ id: '1', name: '소금', expires_on: null, categories: { code: 'seasoning' } }] });
  await show(server, { index: Home }, '/');
  expect(await screen.findByTestId('month')).toHaveTextContent(words);
});
