import { act, screen, waitFor } from '@testing-library/react-native';
import * as Notifications from 'expo-notifications';

import { press, show } from '../support/screens';
import { type Call, TestServer } from '../support/server';
import Inventory from '@/app/(tabs)/inventory';
import Settings from '@/app/(tabs)/settings';

const SET = 'POST /rest/v1/rpc/set_reminders';
const REGISTER = 'POST /rest/v1/rpc/register_push_token';
const ON = { is_enabled: true, time_of_day: '18:00:00', days_before: 1, by_mail: false, quiet_from: null };
const TOKEN = { token: 'ExponentPushToken[test]' };
const bodyOf = (call: Call | undefined) => JSON.parse(call?.body.toString() ?? 'null');

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

test('reminders are turned on for this device, at a chosen time', async () => {
  await open();
  expect(await screen.findByTestId('reminders-off')).toBeChecked();
  await press('reminders-on');
  await waitFor(() => expect(server.callsOf(REGISTER).map(bodyOf)).toEqual([TOKEN]));
  expect(screen.getByTestId('remind-18:00')).toBeChecked();
  await press('remind-08:00');
  await waitFor(() => expect(screen.getByTestId('remind-08:00')).toBeChecked());
  await press('remind-days-3');
  await waitFor(() => expect(screen.getByTestId('remind-days-3')).toBeChecked());
  const { timeZone: time_zone } = Intl.DateTimeFormat().resolvedOptions();
  const always = { time_zone, language: 'ko' };
  expect(server.callsOf(SET).map(bodyOf)).toEqual([
    { is_enabled: true, ...always },
    { time_of_day: '08:00', ...always },
    { days_before: 3, ...always },
  ]);
  await press('reminders-off');
  await waitFor(() => expect(screen.queryByTestId('remind-08:00')).not.toBeOnTheScreen());
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
  await screen.findByTestId('remind-18:00');
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
