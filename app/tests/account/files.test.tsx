import { screen, waitFor } from '@testing-library/react-native';

import { doublePress, press, show } from '../support/screens';
import { bodyOf, refused, TestServer } from '../support/server';
import Settings from '@/app/(tabs)/settings';
import { saveFile } from '@/lib/saveFile';

jest.mock('@/lib/saveFile', () => ({ saveFile: jest.fn(async () => {}) }));

const EXPORT = 'POST /rest/v1/rpc/export_spending';

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

test('as JSON the pages become one array', async () => {
  const pages = ['[{"name":"우유","won":2980}]', '[{"name":"두부","won":1500}]', '[]'];
  server.on(EXPORT, (call) => ({ body: pages[bodyOf(call).page] }));
  await show(server, { settings: Settings }, '/settings');
  await press('export-as-json');
  await press('export-spending');
  await waitFor(() => expect(saveFile).toHaveBeenCalledTimes(1));
  const [name, text, type] = jest.mocked(saveFile).mock.calls[0]!;
  expect([name, type]).toEqual(['jangbogi-spending-2030-01-20.json', 'application/json']);
  expect(JSON.parse(text)).toEqual([{ name: '우유', won: 2980 }, { name: '두부', won: 1500 }]);
  expect(server.callsOf(EXPORT).map(bodyOf)).toEqual([0, 1, 2].map((page) => ({ format: 'json', page })));
});

test('all that is stored about the user becomes one file', async () => {
  const pages = [{ page: 0, tables: { inventory: [{ name: '우유' }] }, next_page: 1 }, { page: 1, tables: {}, next_page: null }];
  server.on('POST /rest/v1/rpc/export_my_data', (call) => ({ body: pages[bodyOf(call).page] }));
  await show(server, { settings: Settings }, '/settings');
  await doublePress('export-everything');
  await waitFor(() => expect(saveFile).toHaveBeenCalledTimes(1));
  const [name, text, type] = jest.mocked(saveFile).mock.calls[0]!;
  expect([name, type]).toEqual(['jangbogi-everything-2030-01-20.json', 'application/json']);
  expect(JSON.parse(text)).toEqual(pages);
  expect(server.callsOf('POST /rest/v1/rpc/export_my_data')).toHaveLength(2);
});
