import { screen, waitFor } from '@testing-library/react-native';

import { press, show } from '../support/screens';
import { type Call, refused, TestServer } from '../support/server';
import Settings from '@/app/(tabs)/settings';
import { saveFile } from '@/lib/saveFile';

jest.mock('@/lib/saveFile', () => ({ saveFile: jest.fn(async () => {}) }));

const EXPORT = 'POST /rest/v1/rpc/export_spending';
const bodyOf = (call: Call | undefined) => JSON.parse(call?.body.toString() ?? 'null');

let server: TestServer;
beforeEach(async () => {
  jest.mocked(saveFile).mockClear();
  server = await TestServer.start();
  server.on('GET /rest/v1/reminder_settings', { body: [] });
});
afterEach(() => server.stop());

test('all pages of what was bought become one file, which Excel reads', async () => {
  const pages = ['name,won\r\n우유,2980\r\n', '두부,1500\r\n', ''];
  server.on(EXPORT, (call) => ({ body: pages[bodyOf(call).page] }));
  await show(server, { settings: Settings }, '/settings');
  await press('export-spending');
  await waitFor(() => expect(saveFile).toHaveBeenCalledTimes(1));
  expect(saveFile).toHaveBeenCalledWith('jangbogi-spending-2030-01-20.csv', '\ufeffname,won\r\n우유,2980\r\n두부,1500\r\n', 'text/csv');
  expect(server.callsOf(EXPORT).map(bodyOf)).toEqual([0, 1, 2].map((page) => ({ format: 'csv', page })));
});

test('an export over the daily limit says so, and stores nothing', async () => {
  server.on(EXPORT, refused(429, 'rate_limited', '3600'));
  await show(server, { settings: Settings }, '/settings');
  await press('export-spending');
  expect(await screen.findByTestId('notice')).toBeVisible();
  expect(saveFile).not.toHaveBeenCalled();
});
