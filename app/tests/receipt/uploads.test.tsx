import { screen } from '@testing-library/react-native';

import { ROW } from '../support/review';
import { NOW, press, show, USER } from '../support/screens';
import { TestServer } from '../support/server';
import { MemoryStore } from '../support/stores';
import Receipts from '@/app/(tabs)/index';
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
  await show(server, { index: Receipts }, '/', { store });
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
  await show(server, { index: Receipts }, '/', { store });
  await press('show-older');
  expect(await screen.findByText('마지막 가게')).toBeVisible();
  expect(screen.getAllByTestId('receipt')).toHaveLength(103);
  expect(screen.queryByTestId('show-older')).not.toBeOnTheScreen();
});

test('a photo that can never be uploaded has no retry', async () => {
  await store.put({ ...UPLOAD, refused: 'too_large' }, new Blob(['photo']));
  await show(server, { index: Receipts }, '/', { store });
  expect(await screen.findByTestId('upload-problem')).toHaveTextContent('사진이 너무 커요. 더 작은 사진을 골라 주세요.');
  expect(screen.queryByTestId('upload-retry')).not.toBeOnTheScreen();
});
