import { fireEvent, screen, within } from '@testing-library/react-native';

import { ROW } from '../support/review';
import { NOW, press, show, USER } from '../support/screens';
import { TestServer } from '../support/server';
import { MemoryStore } from '../support/stores';
import Receipts from '@/app/(tabs)/receipts';
import { formatMoment } from '@/lib/i18n';

const RETRY_AT = new Date(NOW.getTime() + 5 * 3_600_000).toISOString();
const UPLOAD = { id: 'photo', userId: USER, path: `${USER}/photo.jpg`, contentType: 'image/jpeg', createdAt: NOW.toISOString() };

let server: TestServer;
let store: MemoryStore;
beforeEach(async () => {
  server = await TestServer.start();
  server.on('GET /rest/v1/my_receipts', { body: [] });
  store = new MemoryStore();
});
afterEach(() => server.stop());

test('a photo over the daily limit is kept, and its card says when it will be sent', async () => {
  await store.put({ ...UPLOAD, retryAt: RETRY_AT }, new Blob(['photo']));
  await show(server, { receipts: Receipts }, '/receipts', { store });
  const card = await screen.findByTestId('upload');
  expect(card).toHaveTextContent(new RegExp(`^${formatMoment(RETRY_AT, 'ko')}에 올릴게요`));
  expect(screen.getByTestId('upload-problem')).toHaveTextContent('하루에 올릴 수 있는 사진을 모두 올렸어요.');
  expect(card).toHaveTextContent(/안전하게 보관/);
  expect(screen.getByTestId('upload-retry')).toBeEnabled();
  await press('upload-discard');
  expect(await store.list()).toEqual([]);
});

test('receipts older than the latest hundred are shown on request', async () => {
  const receipts = Array.from({ length: 103 }, (_, i) => ({ ...ROW, id: `${i}`, store_name: i === 102 ? '마지막 가게' : '가게', food_items: 0, waiting_items: 0 }));
  server.on('GET /rest/v1/my_receipts', ({ query }) => {
    const start = Number(query.get('offset') ?? 0);
    return { body: receipts.slice(start, start + Number(query.get('limit'))) };
  });
  await show(server, { receipts: Receipts }, '/receipts', { store });
  await press('show-older');
  expect(await screen.findByText('마지막 가게')).toBeVisible();
  expect(screen.getAllByTestId('receipt')).toHaveLength(103);
  expect(screen.queryByTestId('show-older')).not.toBeOnTheScreen();
});

test('receipts are searched by store and by item', async () => {
  const named = (id: string, store_name: string, created_at: string) => ({ ...ROW, id, store_name, created_at, food_items: 0, waiting_items: 0 });
  server.on('GET /rest/v1/receipt_items', ({ query }) => ({
    body: query.get('name') === 'ilike.%두부%' ? [{ id: '1', receipt_id: 'old' }, { id: '2', receipt_id: 'old' }] : [],
  }));
  server.on('GET /rest/v1/my_receipts', ({ query }) => {
    if (query.get('store_name')) return { body: query.get('store_name') === 'ilike.%두부%' ? [named('new', '두부마을', '2030-01-20T00:00:00Z')] : [] };
    if (query.get('id')) return { body: query.get('id') === 'in.(old)' ? [named('old', '시장', '2030-01-02T00:00:00Z')] : [] };
    return { body: [named('other', '빵집', '2030-01-19T00:00:00Z')] };
  });
  await show(server, { receipts: Receipts }, '/receipts', { store });
  expect(await screen.findByText('빵집')).toBeVisible();
  fireEvent.changeText(screen.getByTestId('search'), ' 두부 ');
  expect(await screen.findByText('두부마을')).toBeVisible();
  expect(screen.getAllByTestId('receipt').map((card) => within(card).getByText(/두부마을|시장/).props.children)).toEqual(['두부마을', '시장']);
  fireEvent.changeText(screen.getByTestId('search'), '100%_');
  expect(await screen.findByTestId('state-nothing')).toBeVisible();
  expect(server.callsOf('GET /rest/v1/receipt_items').at(-1)?.query.get('name')).toBe('ilike.%100\\%\\_%');
  fireEvent.changeText(screen.getByTestId('search'), '');
  expect(await screen.findByText('빵집')).toBeVisible();
});

test('a search considers every line item, and shows older matches on request', async () => {
  const receipts = Array.from({ length: 250 }, (_, i) => ({
    ...ROW,
    id: `r${i}`,
    store_name: `가게 ${i}`,
    created_at: new Date(NOW.getTime() - i * 60_000).toISOString(),
    food_items: 0,
    waiting_items: 0,
  }));
  // By id, as the server pages them: those of the latest receipt come last.
  const items = Array.from({ length: 1250 }, (_, i) => ({ id: `i${i}`, receipt_id: `r${249 - (i % 250)}` }));
  const page = <T,>(rows: T[], query: URLSearchParams) => rows.slice(Number(query.get('offset') ?? 0)).slice(0, Number(query.get('limit') ?? 1000));
  server.on('GET /rest/v1/receipt_items', ({ query }) => ({ body: page(items, query) }));
  server.on('GET /rest/v1/my_receipts', ({ query }) => {
    if (query.get('store_name')) return { body: [] };
    const ids = query.get('id')?.match(/r\d+/g);
    return { body: page(ids ? receipts.filter(({ id }) => ids.includes(id)) : receipts.slice(0, 1), query) };
  });
  await show(server, { receipts: Receipts }, '/receipts', { store });
  fireEvent.changeText(await screen.findByTestId('search'), '두부');
  expect(await screen.findByText('가게 99')).toBeVisible();
  expect(screen.getAllByTestId('receipt')).toHaveLength(100);
  await press('show-older');
  await press('show-older');
  expect(screen.getByText('가게 249')).toBeVisible();
  expect(screen.getAllByTestId('receipt')).toHaveLength(250);
  expect(screen.queryByTestId('show-older')).not.toBeOnTheScreen();
});

test('a photo that can never be uploaded has no retry', async () => {
  await store.put({ ...UPLOAD, refused: 'too_large' }, new Blob(['photo']));
  await show(server, { receipts: Receipts }, '/receipts', { store });
  expect(await screen.findByTestId('upload-problem')).toHaveTextContent('사진이 너무 커요. 더 작은 사진을 골라 주세요.');
  expect(screen.queryByTestId('upload-retry')).not.toBeOnTheScreen();
});
