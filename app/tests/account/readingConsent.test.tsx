import { screen, waitFor } from '@testing-library/react-native';

import { press, show } from '../support/screens';
import { bodyOf, TestServer } from '../support/server';
import Settings from '@/app/(tabs)/settings';

const SET = 'POST /rest/v1/rpc/set_reading_consent';

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
  server.on('GET /rest/v1/reminder_settings', { body: [] });
  server.on('GET /rest/v1/reading_consents', { body: [] });
  server.on(SET, (call) => ({ body: bodyOf(call).allowed }));
});
afterEach(() => server.stop());

const open = () => show(server, { settings: Settings }, '/settings');

test('lines are kept only after the user has agreed, who can withdraw', async () => {
  await open();
  expect(await screen.findByTestId('reading-consent-off')).toBeChecked();
  expect(screen.getByText(/반년 동안 보관/)).toBeVisible();
  expect(server.callsOf(SET)).toEqual([]);
  await press('reading-consent-on');
  await waitFor(() => expect(screen.getByTestId('reading-consent-on')).toBeChecked());
  await press('reading-consent-off');
  await waitFor(() => expect(screen.getByTestId('reading-consent-off')).toBeChecked());
  expect(server.callsOf(SET).map(bodyOf)).toEqual([{ allowed: true }, { allowed: false }]);
});

test('an earlier consent is shown, and stays if it cannot be withdrawn now', async () => {
  server.on('GET /rest/v1/reading_consents', { body: [{ given_at: '2026-11-01T00:00:00Z' }] });
  server.on(SET, { status: 503, body: {} });
  await open();
  expect(await screen.findByTestId('reading-consent-on')).toBeChecked();
  await press('reading-consent-off');
  await waitFor(() => expect(server.callsOf(SET).length).toBeGreaterThan(0));
  expect(screen.getByTestId('reading-consent-on')).toBeChecked();
});

test('of two choices made quickly the second counts, however long the first takes', async () => {
  let answer = () => {};
  server.on(SET, async (call) => {
    if (bodyOf(call).allowed) await new Promise<void>((resolve) => (answer = resolve));
    return { body: bodyOf(call).allowed };
  });
  await open();
  await press('reading-consent-on');
  await press('reading-consent-off');
  await waitFor(() => expect(server.callsOf(SET)).toHaveLength(1));
  answer();
  await waitFor(() => expect(server.callsOf(SET).map(bodyOf)).toEqual([{ allowed: true }, { allowed: false }]));
  await waitFor(() => expect(screen.getByTestId('reading-consent-off')).toBeChecked());
});
