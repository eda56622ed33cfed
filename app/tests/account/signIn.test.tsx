import { fireEvent, screen } from '@testing-library/react-native';
import { openAuthSessionAsync } from 'expo-web-browser';

import { doublePress, press, show } from '../support/screens';
import { bodyOf, TestServer } from '../support/server';
import SignIn from '@/app/sign-in';

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(() => server.stop());

async function fill(email: string, password: string, newAccount = false) {
  await show(server, { 'sign-in': SignIn }, '/sign-in', { signedIn: false });
  if (newAccount) await press('switch-sign-in');
  fireEvent.changeText(screen.getByLabelText('이메일'), email);
  fireEvent.changeText(screen.getByLabelText('비밀번호'), password);
  await doublePress('submit');
}

test('invalid input is not sent', async () => {
  await fill('not-an-email', 'short', true);
  expect(screen.getByText('이메일 주소를 적어 주세요.')).toBeVisible();
  expect(screen.getByText('비밀번호는 8자 이상이어야 해요.')).toBeVisible();
  expect(server.calls.filter(({ method }) => method === 'POST')).toEqual([]);
});

test.each([
  ['invalid_credentials', 400, /맞지 않아요/],
  ['unexpected_failure', 500, /저희 쪽에 문제/],
])('%s is explained', async (code, status, words) => {
  server.on('POST /auth/v1/token', { status, body: { code: status, error_code: code, msg: code } });
  await fill('shopper@example.com', 'correct horse');
  expect(await screen.findByTestId('sign-in-problem')).toHaveTextContent(words);
  expect(server.callsOf('POST /auth/v1/token')).toHaveLength(1);
});

test('a session that has ended says so', async () => {
  server.on('POST /auth/v1/token', { status: 400, body: { code: 400, error_code: 'refresh_token_not_found', msg: 'x' } });
  await show(server, { 'sign-in': SignIn }, '/sign-in', { expired: true });
  expect(await screen.findByTestId('session-ended')).toHaveTextContent('로그인이 끝났어요. 다시 로그인해 주세요.');
});

test('without an earlier session the screen says nothing about it', async () => {
  await show(server, { 'sign-in': SignIn }, '/sign-in', { signedIn: false });
  expect(await screen.findByTestId('submit')).toBeEnabled();
  expect(screen.queryByTestId('session-ended')).not.toBeOnTheScreen();
});

test('a registered email is directed to sign-in', async () => {
  server.on('POST /auth/v1/signup', { status: 422, body: { code: 422, error_code: 'user_already_exists', msg: 'x' } });
  await fill('shopper@example.com', 'correct horse', true);
  expect(await screen.findByTestId('sign-in-problem')).toHaveTextContent(/로그인해 주세요/);
});

test('only providers that the project offers have a button', async () => {
  server.on('GET /auth/v1/settings', { body: { external: { kakao: true, apple: false, google: true, github: true } } });
  await show(server, { 'sign-in': SignIn }, '/sign-in', { signedIn: false });
  expect(await screen.findByTestId('sign-in-kakao')).toHaveTextContent('카카오로 로그인');
  expect(screen.getAllByTestId(/^sign-in-/).map(({ props }) => props.testID)).toEqual(['sign-in-kakao', 'sign-in-google']);
});

test('signing in with a provider returns with a code', async () => {
  server.on('GET /auth/v1/settings', { body: { external: { kakao: true } } });
  server.on('POST /auth/v1/token', { status: 400, body: { code: 400, error_code: 'bad_code_verifier', msg: 'x' } });
  jest.mocked(openAuthSessionAsync).mockResolvedValueOnce({ type: 'success', url: 'jangbogi:///?code=the-code' });
  await show(server, { 'sign-in': SignIn }, '/sign-in', { signedIn: false });
  await press('sign-in-kakao');
  expect(await screen.findByTestId('sign-in-problem')).toHaveTextContent(/브라우저가 달라요/);
  expect(jest.mocked(openAuthSessionAsync).mock.calls[0]?.[0]).toContain(`${server.url}/auth/v1/authorize?provider=kakao`);
  expect(bodyOf(server.callsOf('POST /auth/v1/token')[0]).auth_code).toBe('the-code');
});

test('if email confirmation is required, the user is asked to check the inbox', async () => {
  server.on('POST /auth/v1/signup', { body: { id: 'x', email: 'shopper@example.com', aud: 'authenticated', created_at: '' } });
  await fill('shopper@example.com', 'correct horse', true);
  expect(await screen.findByText(/메일을 보냈어요/)).toBeVisible();
  server.on('POST /auth/v1/verify', { status: 403, body: { code: 403, error_code: 'otp_expired', msg: 'x' } });
  fireEvent.changeText(screen.getByTestId('code'), '123456');
  await doublePress('confirm-code');
  expect(await screen.findByTestId('sign-in-problem')).toHaveTextContent(/틀렸거나 시간이 지났어요/);
  expect(server.callsOf('POST /auth/v1/verify')).toHaveLength(1);
  expect(bodyOf(server.callsOf('POST /auth/v1/verify')[0])).toMatchObject({ token: '123456', type: 'signup' });
});
