import AsyncStorage from '@react-native-async-storage/async-storage';
import DateTimePicker from '@react-native-community/datetimepicker';
import { act, cleanup, screen, waitFor } from '@testing-library/react-native';
import * as Notifications from 'expo-notifications';
import { AppState } from 'react-native';

import { lot } from '../support/lots';
import { press, show, USER } from '../support/screens';
import { bodyOf, TestServer } from '../support/server';
import Inventory from '@/app/(tabs)/inventory';
import Settings from '@/app/(tabs)/settings';

const SET = 'POST /rest/v1/rpc/set_reminders';
const REGISTER = 'POST /rest/v1/rpc/register_push_token';
const HERE = { time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, language: 'ko' };
const ON = { is_enabled: true, time_of_day: '18:00:00', days_before: 1, by_mail: false, quiet_from: null, quiet_until: null, ...HERE };
const TOKEN = { token: 'ExponentPushToken[test]' };

let server: TestServer;
let stored: object[];
beforeEach(async () => {
  server = await TestServer.start();
  stored = [];
  server.on('GET /rest/v1/reminder_settings', () => ({ body: stored }));
  server.on(SET, (call) => ({ body: { ...ON, ...bodyOf(call) } }));
  for (const name of ['register_push_token', 'remove_push_token']) server.on(`POST /rest/v1/rpc/${name}`, { status: 204 });
  server.on('POST /auth/v1/logout', { status: 204 });
  server.on('GET /rest/v1/inventory', { body: [] });
});
afterEach(() => server.stop());

const open = () => show(server, { settings: Settings, inventory: Inventory }, '/settings');

/** Turns the wheels of the time. */
async function choose(hour: number, minute: number): Promise<void> {
  await press('remind-time');
  // A wheel reports where it passes, too.
  for (const at of [new Date(2030, 0, 1, hour, 0), new Date(2030, 0, 1, hour, minute)]) {
    await act(async () => screen.UNSAFE_getByType(DateTimePicker).props.onChange({ type: 'set' }, at));
  }
  await press('remind-time-done');
  expect(screen.UNSAFE_queryByType(DateTimePicker)).toBeNull();
}

test('reminders are turned on for this device, at a chosen time', async () => {
  await open();
  expect(await screen.findByTestId('reminders-off')).toBeChecked();
  await press('reminders-on');
  await waitFor(() => expect(server.callsOf(REGISTER).map(bodyOf)).toEqual([TOKEN]));
  expect(screen.getByTestId('remind-time')).toHaveTextContent('18:00');
  await choose(8, 35);
  await waitFor(() => expect(screen.getByTestId('remind-time')).toHaveTextContent('08:35'));
  await press('remind-days-3');
  await waitFor(() => expect(screen.getByTestId('remind-days-3')).toBeChecked());
  expect(server.callsOf(SET).map(bodyOf)).toEqual([
    { is_enabled: true, ...HERE },
    { time_of_day: '08:35', ...HERE },
    { days_before: 3, ...HERE },
  ]);
  await press('reminders-off');
  await waitFor(() => expect(screen.queryByTestId('remind-time')).not.toBeOnTheScreen());
});

const travels: [string, object, object[]][] = [
  ['in another time zone', { time_zone: 'Pacific/Kiritimati' }, [HERE]],
  ['in another language', { language: 'en' }, [HERE]],
  ['here', {}, []],
  ['in another time zone, turned off', { is_enabled: false, time_zone: 'Pacific/Kiritimati' }, []],
];

test.each(travels)('reminders that were set %s come as this device shows the time and speaks', async (_, changes, sent) => {
  stored = [{ ...ON, ...changes }];
  server.on(SET, (call) => {
    stored = [{ ...ON, ...bodyOf(call) }];
    return { body: stored[0] };
  });
  await open();
  await screen.findByTestId(sent.length ? 'remind-time' : 'reminders-on');
  await waitFor(() => expect(server.callsOf(SET).map(bodyOf)).toEqual(sent));
  await act(async () => jest.mocked(AppState.addEventListener).mock.calls.forEach(([, wake]) => wake('active')));
  await waitFor(() => expect(server.callsOf('GET /rest/v1/reminder_settings').length).toBeGreaterThan(2));
  expect(server.callsOf(SET).map(bodyOf)).toEqual(sent);
});

test('reminders are quiet at night', async () => {
  stored = [ON];
  server.on(SET, (call) => ({ body: { ...ON, quiet_from: bodyOf(call).quiet_from ? '22:00:00' : null } }));
  await open();
  expect(await screen.findByTestId('quiet-off')).toBeChecked();
  await press('quiet-on');
  await waitFor(() => expect(screen.getByTestId('quiet-on')).toBeChecked());
  await press('quiet-off');
  await waitFor(() => expect(screen.getByTestId('quiet-off')).toBeChecked());
  expect(server.callsOf(SET).map(bodyOf)).toEqual([
    expect.objectContaining({ quiet_from: '22:00', quiet_until: '07:00' }),
    expect.objectContaining({ quiet_from: '', quiet_until: '' }),
  ]);
});

test('reminders also come by mail if the environment sends them', async () => {
  stored = [ON];
  await show(server, { settings: Settings }, '/settings', { config: { reminderMails: true } });
  expect(await screen.findByTestId('remind-mail-off')).toBeChecked();
  expect(screen.getByText(/메일로도 받기 \(.+@.+\)/)).toBeVisible();
  await press('remind-mail-on');
  await waitFor(() => expect(screen.getByTestId('remind-mail-on')).toBeChecked());
  expect(server.callsOf(SET).map(bodyOf)).toEqual([expect.objectContaining({ by_mail: true })]);
});

test('without a mail server of the environment mails are not offered', async () => {
  stored = [ON];
  await open();
  await screen.findByTestId('remind-time');
  expect(screen.queryByTestId('remind-mail-off')).not.toBeOnTheScreen();
});

test('without permission the settings say what to do', async () => {
  jest.mocked(Notifications.requestPermissionsAsync).mockResolvedValueOnce({ granted: false } as Notifications.NotificationPermissionsStatus);
  await open();
  await press('reminders-on');
  expect(await screen.findByTestId('reminders-refused')).toHaveTextContent(/허용해 주세요/);
  expect(server.callsOf(REGISTER)).toEqual([]);
});

test('each start registers the device, without asking, and signing out removes it', async () => {
  stored = [ON];
  jest.mocked(Notifications.requestPermissionsAsync).mockClear();
  jest.mocked(Notifications.getPermissionsAsync).mockResolvedValueOnce({ granted: true } as Notifications.NotificationPermissionsStatus);
  await open();
  await waitFor(() => expect(server.callsOf(REGISTER).map(bodyOf)).toEqual([TOKEN]));
  expect(Notifications.requestPermissionsAsync).not.toHaveBeenCalled();
  await press('sign-out');
  await waitFor(() => expect(server.callsOf('POST /auth/v1/logout')).toHaveLength(1));
  expect(server.callsOf('POST /rest/v1/rpc/remove_push_token').map(bodyOf)).toEqual([TOKEN]);
});

test('a reminder opens the inventory', async () => {
  await open();
  const [listener] = jest.mocked(Notifications.addNotificationResponseReceivedListener).mock.calls.at(-1)!;
  const response = { notification: { request: { content: { data: { screen: 'inventory' } } } } };
  await act(async () => listener(response as unknown as Notifications.NotificationResponse));
  expect(await screen.findByTestId('inventory')).toBeVisible();
});

describe('without a push token, the device reminds', () => {
  let shelf: { name: string; expires_on: string | null }[];
  let waiting: { at: string; title: string; body: string }[];
  const granted = { granted: true, canAskAgain: true } as Notifications.NotificationPermissionsStatus;
  const noProject = async () => {
    throw new Error('No "projectId" found.');
  };
  /** The app comes to the foreground. */
  const wake = () => act(async () => jest.mocked(AppState.addEventListener).mock.calls.forEach(([, listen]) => listen('active')));
  const at = (day: number, hour: number, minute = 0) => new Date(2030, 0, day, hour, minute).toISOString();
  const plans = () => waitFor(() => expect(waiting).not.toEqual([]));

  beforeEach(() => {
    jest.setSystemTime(new Date(2030, 0, 20, 9, 40));
    jest.mocked(AppState.addEventListener).mockClear();
    jest.mocked(Notifications.getPermissionsAsync).mockResolvedValue(granted);
    jest.mocked(Notifications.getExpoPushTokenAsync).mockImplementation(noProject);
    waiting = [];
    jest.mocked(Notifications.scheduleNotificationAsync).mockImplementation(async ({ content: { title, body }, trigger }) => {
      const { date } = trigger as Notifications.DateTriggerInput;
      waiting.push({ at: new Date(date).toISOString(), title: title!, body: body! });
      return 'planned';
    });
    jest.mocked(Notifications.cancelAllScheduledNotificationsAsync).mockImplementation(async () => void (waiting = []));
    stored = [ON];
    // Days pass.
    const user = { id: USER, email: 'shopper@example.com', aud: 'authenticated', app_metadata: {}, user_metadata: {}, created_at: '' };
    const session = { access_token: 'header.payload.signature', refresh_token: 'refresh', token_type: 'bearer', expires_in: 200_000, user };
    server.on('POST /auth/v1/token', { body: session });
    shelf = [
      { name: '우유', expires_on: '2030-01-21' },
      { name: '두부', expires_on: '2030-01-25' },
      { name: '소금', expires_on: null },
    ];
    server.on('GET /rest/v1/inventory', () => ({ body: shelf.map((lot, id) => ({ id: String(id), receipt_items: null, ...lot })) }));
  });
  afterEach(() => {
    jest.mocked(Notifications.getPermissionsAsync).mockResolvedValue({ ...granted, granted: false });
    jest.mocked(Notifications.getExpoPushTokenAsync).mockImplementation(async () => ({ data: TOKEN.token, type: 'expo' }));
  });

  test('once on each day with something due, at the time of the device', async () => {
    await open();
    await plans();
    const days = [20, 21, 22, 24, 25, 26];
    await waitFor(() => expect(waiting.map((one) => one.at)).toEqual(days.map((day) => at(day, 18))));
    expect(waiting.map(({ body }) => body)).toEqual(
      ['우유 (내일까지)', '우유 (오늘까지)', '우유 (기한 지남)', '두부 (내일까지)', '두부 (오늘까지)', '두부 (기한 지남)'],
    );
    expect(waiting[0]!.title).toBe('곧 먹어야 할 음식 1가지');
    expect(server.callsOf(REGISTER)).toEqual([]);
  });

  test('at the end of the quiet hours, and of five names at most', async () => {
    stored = [{ ...ON, time_of_day: '23:30:00', quiet_from: '22:00:00', quiet_until: '11:15:00', days_before: 0 }];
    shelf = ['가', '나', '다', '라', '마', '바', '사'.repeat(40)].map((name) => ({ name, expires_on: '2030-01-20' }));
    await open();
    await plans();
    await waitFor(() => expect(waiting).toHaveLength(2));
    expect(waiting[0]).toEqual({
      at: at(20, 11, 15),
      title: '곧 먹어야 할 음식 7가지',
      body: '가 (오늘까지), 나 (오늘까지), 다 (오늘까지), 라 (오늘까지), 마 (오늘까지) 외 2가지',
    });
  });

  test('of the inventory as it is when the app comes to the foreground, and not twice a day', async () => {
    await open();
    await plans();
    shelf = [{ name: '두부', expires_on: '2030-01-20' }];
    await wake();
    await waitFor(() => expect(waiting.map(({ body }) => body)).toEqual(['두부 (오늘까지)', '두부 (기한 지남)']));
    // After today's notification the user chooses a later time.
    jest.setSystemTime(new Date(2030, 0, 20, 18, 5));
    stored = [{ ...ON, time_of_day: '20:00:00' }];
    await wake();
    await waitFor(() => expect(waiting.map((one) => one.at)).toEqual([at(21, 20)]));
    // A token that the device gets on the same day is registered on the next.
    jest.mocked(Notifications.getExpoPushTokenAsync).mockImplementation(async () => ({ data: TOKEN.token, type: 'expo' }));
    await wake();
    expect(server.callsOf(REGISTER)).toEqual([]);
    jest.setSystemTime(new Date(2030, 0, 21, 9));
    await wake();
    await waitFor(() => expect(server.callsOf(REGISTER).map(bodyOf)).toEqual([TOKEN]));
    await waitFor(() => expect(waiting).toEqual([]));
  });

  test('as it planned before, if a start has no connection to ask what the user wants', async () => {
    waiting = [{ at: at(21, 18), title: '곧 먹어야 할 음식 1가지', body: '우유 (오늘까지)' }];
    server.on('GET /rest/v1/reminder_settings', { status: 503, body: {} });
    server.on('GET /rest/v1/inventory', { body: [lot({ name: '두부' })] });
    await show(server, { inventory: Inventory }, '/inventory');
    expect(await screen.findByText('두부')).toBeVisible();
    await wake();
    expect(waiting).toHaveLength(1);
    // As soon as they are known to be none, nothing reminds.
    stored = [];
    server.on('GET /rest/v1/reminder_settings', () => ({ body: stored }));
    await wake();
    await waitFor(() => expect(waiting).toEqual([]));
  });

  test('no longer after reminders are turned off', async () => {
    server.on(SET, (call) => ({ body: { ...ON, ...bodyOf(call) } }));
    await open();
    await plans();
    await press('reminders-off');
    await waitFor(() => expect(waiting).toEqual([]));
    await press('reminders-on');
    await plans();
    expect(screen.queryByTestId('reminders-refused')).not.toBeOnTheScreen();
  });

  test('no longer after the user signs out', async () => {
    await open();
    await plans();
    await press('sign-out');
    await waitFor(() => expect(server.callsOf('POST /auth/v1/logout')).toHaveLength(1));
    expect(waiting).toEqual([]);
  });

  test('from the day after it was registered until a user signed out', async () => {
    const arrived = async () => ({ data: TOKEN.token, type: 'expo' as const });
    jest.mocked(Notifications.getExpoPushTokenAsync).mockImplementationOnce(arrived);
    await open();
    await waitFor(() => expect(server.callsOf(REGISTER)).toHaveLength(1));
    await press('sign-out');
    await waitFor(() => expect(server.callsOf('POST /auth/v1/logout')).toHaveLength(1));
    const left = (await AsyncStorage.getItem('push-token-left'))!;
    cleanup();
    await show(server, { settings: Settings }, '/settings', { stored: { 'push-token-left': left } });
    await waitFor(() => expect(waiting[0]?.at).toBe(at(21, 18)));
    cleanup();
    // With a token it is registered at once.
    jest.mocked(Notifications.getExpoPushTokenAsync).mockImplementationOnce(arrived);
    await show(server, { settings: Settings }, '/settings', { stored: { 'push-token-left': left } });
    await waitFor(() => expect(server.callsOf(REGISTER)).toHaveLength(2));
  });

  test('not if it is registered', async () => {
    jest.mocked(Notifications.getExpoPushTokenAsync).mockImplementationOnce(async () => ({ data: TOKEN.token, type: 'expo' }));
    await open();
    await waitFor(() => expect(server.callsOf(REGISTER)).toHaveLength(1));
    await wake();
    await choose(8, 0);
    await waitFor(() => expect(screen.getByTestId('remind-time')).toHaveTextContent('08:00'));
    expect(waiting).toEqual([]);
    expect(Notifications.getExpoPushTokenAsync).toHaveBeenCalled();
  });
});
