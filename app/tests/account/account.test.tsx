// Passwords and addresses.
import { fireEvent, screen, waitFor } from '@testing-library/react-native';

// The native module, which its package does not export.
import ExpoLinking from '../../node_modules/expo-linking/build/ExpoLinking';
import { doublePress, press, show, USER } from '../support/screens';
import { bodyOf, TestServer } from '../support/server';
import Settings from '@/app/(tabs)/settings';
import ResetPassword from '@/app/reset-password';

const UPDATE = 'PUT /auth/v1/user';
const USER_ROW = { id: USER, email: 'shopper@example.com', aud: 'authenticated', app_metadata: {}, user_metadata: {}, created_at: '' };
const SESSION = { access_token: 'header.payload.signature', refresh_token: 'refresh', token_type: 'bearer', expires_in: 3600, user: USER_ROW };
const failure = (status: number, code: string) => ({ status, body: { code: status, error_code: code, msg: code } });

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
  server.on(UPDATE, { body: USER_ROW });
});
afterEach(() => server.stop());

const openSettings = () => show(server, { settings: Settings }, '/settings');
const openReset = (signedIn = false) => show(server, { 'reset-password': ResetPassword, index: () => null }, '/reset-password', { signedIn });

test('a forgotten password is replaced with the code of a mail', async () => {
  server.on('POST /auth/v1/recover', { body: {} });
  server.on('POST /auth/v1/verify', { body: SESSION });
  await openReset();
  fireEvent.changeText(screen.getByTestId('email'), ' shopper@example.com ');
  await press('submit');
  expect(await screen.findByTestId('reset-sent')).toHaveTextContent(/가입된 주소라면/);
  fireEvent.changeText(screen.getByTestId('code'), '12');
  await press('submit');
  expect(screen.getByText('메일에 적힌 숫자를 적어 주세요.')).toBeVisible();
  fireEvent.changeText(screen.getByTestId('code'), '123 456');
  await press('submit');
  fireEvent.changeText(await screen.findByTestId('password'), 'short');
  await press('submit');
  expect(screen.getByText('비밀번호는 8자 이상이어야 해요.')).toBeVisible();
  fireEvent.changeText(screen.getByTestId('password'), 'a new password');
  await press('submit');
  expect(await screen.findByTestId('notice')).toHaveTextContent('비밀번호를 바꿨어요');
  expect(bodyOf(server.callsOf('POST /auth/v1/recover')[0]).email).toBe('shopper@example.com');
  expect(bodyOf(server.callsOf('POST /auth/v1/verify')[0])).toMatchObject({ email: 'shopper@example.com', token: '123456', type: 'recovery' });
  expect(bodyOf(server.callsOf(UPDATE)[0])).toMatchObject({ password: 'a new password' });
});

test('a wrong code can be corrected', async () => {
  server.on('POST /auth/v1/recover', { body: {} });
  server.on('POST /auth/v1/verify', failure(403, 'otp_expired'));
  await openReset();
  fireEvent.changeText(screen.getByTestId('email'), 'shopper@example.com');
  await press('submit');
  fireEvent.changeText(await screen.findByTestId('code'), '000000');
  await press('submit');
  expect(await screen.findByTestId('reset-problem')).toHaveTextContent(/틀렸거나 시간이 지났어요/);
  await press('send-again');
  expect(screen.getByTestId('email')).toHaveDisplayValue('shopper@example.com');
});

test('the link of the mail leads to the new password', async () => {
  await openReset(true);
  expect(await screen.findByTestId('password')).toBeVisible();
  expect(screen.queryByTestId('email')).not.toBeOnTheScreen();
});

describe('the link of a mail opens the app on a phone', () => {
  const TOKEN = 'POST /auth/v1/token';
  const opened = jest.spyOn(ExpoLinking, 'getLinkingURL');
  afterEach(() => opened.mockReset());
  const open = (url: string, stored: Record<string, string> = {}) => {
    opened.mockReturnValue(url);
    // The other half of the code, which only the device that asked for the mail has.
    const verifier = { 'jangbogi-auth-token-code-verifier': JSON.stringify('verifier/recovery') };
    return show(server, { 'reset-password': ResetPassword }, '/reset-password', { signedIn: false, stored: { ...verifier, ...stored } });
  };

  test('and signs the user in with its code', async () => {
    server.on(TOKEN, { body: SESSION });
    await open('jangbogi:///reset-password?code=first');
    expect(await screen.findByTestId('password')).toBeVisible();
    expect(server.callsOf(TOKEN).map((call) => bodyOf(call))).toEqual([{ auth_code: 'first', code_verifier: 'verifier' }]);
  });

  test('and says why it cannot', async () => {
    server.on(TOKEN, failure(400, 'bad_code_verifier'));
    await open('jangbogi:///reset-password?code=second');
    expect(await screen.findByTestId('notice')).toHaveTextContent(/브라우저가 달라요/);
    expect(screen.getByTestId('email')).toBeVisible();
  });

  test('and says so if Auth refused the link', async () => {
    await open('jangbogi:///reset-password?error=access_denied&error_code=otp_expired&error_description=expired');
    expect(await screen.findByTestId('notice')).toHaveTextContent(/시간이 지났어요/);
  });

  test('and uses it once, also when the device opens the app with it again', async () => {
    const url = 'jangbogi:///reset-password?code=third';
    await open(url, { 'last-link': url });
    expect(await screen.findByTestId('email')).toBeVisible();
    expect(screen.queryByTestId('notice')).not.toBeOnTheScreen();
    expect(server.callsOf(TOKEN)).toEqual([]);
  });
});

test('a password can be shown while it is typed', async () => {
  await openReset(true);
  expect((await screen.findByTestId('password')).props.secureTextEntry).toBe(true);
  await press('show-password');
  expect(screen.getByTestId('password').props.secureTextEntry).toBe(false);
  expect(screen.getByLabelText('비밀번호 숨기기')).toBeVisible();
});

test('the password is changed, with a code if the session is old', async () => {
  const answers = [failure(400, 'reauthentication_needed'), failure(400, 'reauthentication_not_valid'), { body: USER_ROW }];
  server.on(UPDATE, () => answers.shift()!);
  server.on('GET /auth/v1/reauthenticate', { body: {} });
  await openSettings();
  await press('change-password');
  fireEvent.changeText(screen.getByTestId('password'), 'a new password');
  await press('submit-password');
  fireEvent.changeText(await screen.findByTestId('code'), '111111');
  await doublePress('submit-password');
  expect(await screen.findByTestId('account-problem')).toHaveTextContent(/인증 번호가 틀렸어요/);
  fireEvent.changeText(screen.getByTestId('code'), '222222');
  await press('submit-password');
  await waitFor(() => expect(screen.queryByTestId('password-sheet')).not.toBeOnTheScreen());
  expect(server.callsOf(UPDATE).map((call) => bodyOf(call).nonce)).toEqual([undefined, '111111', '222222']);
});

test('an address is changed once its mail is confirmed', async () => {
  server.on('POST /auth/v1/verify', { body: { ...SESSION, user: { ...USER_ROW, email: 'new@example.com' } } });
  await openSettings();
  await press('change-email');
  fireEvent.changeText(screen.getByTestId('new-email'), 'nonsense');
  await press('submit-email');
  expect(server.callsOf(UPDATE)).toHaveLength(0);
  fireEvent.changeText(screen.getByTestId('new-email'), 'New@example.com');
  await press('submit-email');
  expect(await screen.findByTestId('email-sent')).toHaveTextContent(/New@example.com로 메일을/);
  fireEvent.changeText(screen.getByTestId('code'), '123456');
  await doublePress('submit-email');
  await waitFor(() => expect(screen.getByTestId('account')).toHaveTextContent('new@example.com'));
  expect(server.callsOf('POST /auth/v1/verify')).toHaveLength(1);
  expect(bodyOf(server.callsOf('POST /auth/v1/verify')[0])).toMatchObject({ email: 'New@example.com', token: '123456', type: 'email_change' });
});

test('without confirmation the address changes at once; one in use is refused', async () => {
  server.on(UPDATE, failure(422, 'email_exists'));
  await openSettings();
  await press('change-email');
  fireEvent.changeText(screen.getByTestId('new-email'), 'new@example.com');
  await press('submit-email');
  expect(await screen.findByTestId('account-problem')).toHaveTextContent(/이미 가입된/);
  server.on(UPDATE, { body: { ...USER_ROW, email: 'new@example.com' } });
  await press('submit-email');
  expect(await screen.findByTestId('notice')).toHaveTextContent('이메일을 바꿨어요');
});
