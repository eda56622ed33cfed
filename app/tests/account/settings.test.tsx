import AsyncStorage from '@react-native-async-storage/async-storage';
import { screen, waitFor } from '@testing-library/react-native';

import { doublePress, press, show, USER } from '../support/screens';
import { TestServer } from '../support/server';
import { MemoryStore } from '../support/stores';
import Settings from '@/app/(tabs)/settings';

const ASK = 'POST /rest/v1/rpc/request_account_deletion';
const SIGN_OUT = 'POST /auth/v1/logout';
const OTHER_USER = '6d1f9c1e-0000-4000-8000-000000000002';

let server: TestServer;
let store: MemoryStore;
beforeEach(async () => {
  server = await TestServer.start();
  server.on(ASK, { body: '2026-11-23T00:00:00+00:00' });
  server.on(SIGN_OUT, { status: 204 });
  store = new MemoryStore();
});
afterEach(() => server.stop());

/** Opens the settings on a device that stores a draft and a photo of each of two users. */
async function open(language: 'ko' | 'en' = 'ko') {
  for (const userId of [USER, OTHER_USER]) {
    const upload = { id: userId, userId, path: `${userId}/a.jpg`, contentType: 'image/jpeg', createdAt: '', refused: 'too_large' };
    await store.put(upload, { uri: 'file:///a.jpg' });
  }
  await show(server, { settings: Settings }, '/settings', { store, language });
  for (const userId of [USER, OTHER_USER]) await AsyncStorage.setItem(`edits/${userId}/receipt`, '{}');
}

const drafts = async () => (await AsyncStorage.getAllKeys()).filter((key) => key.startsWith('edits/'));
const signedIn = async () => (await AsyncStorage.getAllKeys()).includes('jangbogi-auth-token');

test('an account is deleted after two confirmations, and its data leaves the device', async () => {
  await open();
  await press('delete-account');
  expect(screen.getByText(/되돌릴 수 없어요/)).toBeVisible();
  await press('delete-continue');
  expect(screen.getByText('shopper@example.com 계정을 정말 삭제할까요?')).toBeVisible();
  expect(server.callsOf(ASK)).toHaveLength(0);
  await doublePress('delete-confirm');
  expect(await screen.findByTestId('notice')).toHaveTextContent(/계정을 삭제하고 있어요/);
  expect(server.callsOf(ASK)).toHaveLength(1);
  expect(server.callsOf(ASK)[0]?.headers.authorization).toBe('Bearer header.payload.signature');
  expect(await signedIn()).toBe(false);
  expect(await drafts()).toEqual([`edits/${OTHER_USER}/receipt`]);
  expect((await store.list()).map(({ userId }) => userId)).toEqual([OTHER_USER]);
});

test('cancelling halfway keeps everything', async () => {
  await open('en');
  await press('delete-account');
  await press('delete-continue');
  expect(screen.getByText('Really delete the account shopper@example.com?')).toBeVisible();
  await press('delete-cancel');
  expect(screen.queryByTestId('delete-sheet')).not.toBeOnTheScreen();
  await press('delete-account');
  expect(screen.getByTestId('delete-continue')).toBeVisible();
  expect(server.callsOf(ASK)).toHaveLength(0);
  expect(await store.list()).toHaveLength(2);
});

test('a failed deletion keeps everything and can be retried', async () => {
  server.on(ASK, { status: 503, body: { message: 'down' } });
  await open();
  for (const step of ['delete-account', 'delete-continue', 'delete-confirm']) await press(step);
  expect(await screen.findByTestId('delete-problem')).toHaveTextContent(/다시 시도해 주세요/);
  expect([await signedIn(), (await drafts()).length, (await store.list()).length]).toEqual([true, 2, 2]);
  server.on(ASK, { body: '2026-11-23T00:00:00+00:00' });
  await press('delete-confirm');
  await waitFor(async () => expect(await signedIn()).toBe(false));
});
