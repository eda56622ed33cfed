import { screen, waitFor } from '@testing-library/react-native';
import * as DocumentPicker from 'expo-document-picker';
import { useIncomingShare } from 'expo-sharing';
import { Linking } from 'react-native';

import { item, RECEIPT_ID, review, ROW } from '../support/review';
import { doublePress, press, show, USER } from '../support/screens';
import { TestServer } from '../support/server';
import { MemoryStore } from '../support/stores';
import ReceiptResult from '@/app/receipt-result';
import Receipts from '@/app/(tabs)/receipts';
import { SharedPhotos } from '@/components/receipt/SharedPhotos';
import { Button } from '@/components/ui/Button';
import { useBackend } from '@/lib/backend';
import { prepare } from '@/lib/photo';

const PDF = { name: 'receipt.pdf', uri: 'file:///receipt.pdf', mimeType: 'application/pdf', lastModified: 0 };

let server: TestServer;
let store: MemoryStore;
beforeEach(async () => {
  server = await TestServer.start();
  server.on('GET /rest/v1/my_receipts', { body: [] });
  store = new MemoryStore();
});
afterEach(() => server.stop());

const waiting = async () => (await store.list()).map(({ path, contentType }) => [path.replace(/[0-9a-f-]{36}\./, 'ID.'), contentType]);
const routes = { receipts: Receipts, 'receipt-result': ReceiptResult };

test('a PDF is chosen and uploaded under a name that tells what it is', async () => {
  jest.mocked(DocumentPicker.getDocumentAsync).mockResolvedValueOnce({ canceled: false, assets: [PDF] });
  await show(server, routes, '/receipts', { store });
  await press('pick-pdf');
  await waitFor(async () => expect(await waiting()).toEqual([[expect.stringMatching(/\.pdf$/), 'application/pdf']]));
});

test('another file than a PDF is refused', async () => {
  jest.mocked(DocumentPicker.getDocumentAsync).mockResolvedValueOnce({ canceled: false, assets: [{ ...PDF, mimeType: 'text/html' }] });
  await show(server, routes, '/receipts', { store });
  await press('pick-pdf');
  expect(await screen.findByText(/열 수 없는 파일/)).toBeVisible();
  expect(await waiting()).toEqual([]);
});

test('a PDF is sent as it is, unless it is too large', async () => {
  const body = new Blob(['%PDF-1.7']);
  expect(await prepare({ body, contentType: 'application/pdf' })).toEqual({ body, contentType: 'application/pdf' });
  const large = { size: 11 * 1024 * 1024 } as Blob;
  await expect(prepare({ body: large, contentType: 'application/pdf' })).rejects.toMatchObject({ code: 'too_large' });
});

test('the PDF of a receipt is opened by a link of its own', async () => {
  server.on('GET /rest/v1/my_receipts', { body: [{ ...ROW, object_path: `${USER}/receipt.pdf` }] });
  server.on('POST /rest/v1/rpc/review_receipt', { body: review([item({ id: 'a' })]) });
  server.on(`POST /storage/v1/object/sign/ocr/${USER}/receipt.pdf`, { body: { signedURL: '/object/sign/ocr/x.pdf?token=t' } });
  const open = jest.spyOn(Linking, 'openURL').mockResolvedValue(true);
  await show(server, routes, `/receipt-result?id=${RECEIPT_ID}`);
  await press('open-pdf');
  expect(open).toHaveBeenCalledWith(`${server.url}/storage/v1/object/sign/ocr/x.pdf?token=t`);
});

describe('what another app has shared', () => {
  const file = (contentUri: string, contentMimeType: string) => ({ contentUri, contentMimeType });
  const share = (...files: object[]) => {
    const forget = jest.fn();
    const hook = { resolvedSharedPayloads: files, clearSharedPayloads: forget, refreshSharePayloads: async () => {} };
    jest.mocked(useIncomingShare).mockReturnValue(hook as unknown as ReturnType<typeof useIncomingShare>);
    return forget;
  };
  const Shared = () => (
    <>
      <Receipts />
      <SharedPhotos />
    </>
  );
  afterEach(() => share());

  test('is uploaded once the user agrees, without what is neither photo nor PDF', async () => {
    const forget = share(file('file:///a.pdf', 'application/pdf'), file('file:///b.png', 'image/png'), file('file:///c.txt', 'text/plain'));
    await show(server, { ...routes, receipts: Shared }, '/receipts', { store });
    expect(await screen.findByTestId('shared-others')).toHaveTextContent(/1개/);
    expect(await waiting()).toEqual([]);
    await doublePress('upload-shared');
    await waitFor(() => expect(forget).toHaveBeenCalledTimes(1));
    expect((await store.list()).map(({ path }) => path.split('.').at(-1)).sort()).toEqual(['jpg', 'pdf']);
  });

  test('is uploaded once, also if the device could not store a photo at first', async () => {
    const forget = share(file('file:///a.pdf', 'application/pdf'), file('file:///b.png', 'image/png'), file('file:///c.png', 'image/png'));
    await show(server, { ...routes, receipts: Shared }, '/receipts', { store });
    const put = store.put.bind(store);
    let free = 1;
    jest.spyOn(store, 'put').mockImplementation(async (upload, body) => {
      if (body && free-- <= 0) throw new Error('No space is left.');
      await put(upload, body);
    });
    await press('upload-shared');
    expect(await waiting()).toHaveLength(1);
    expect(forget).not.toHaveBeenCalled();
    free = Infinity;
    await press('upload-shared');
    await waitFor(() => expect(forget).toHaveBeenCalledTimes(1));
    expect((await store.list()).map(({ path }) => path.split('.').at(-1)).sort()).toEqual(['jpg', 'jpg', 'pdf']);
  });

  test('is forgotten when the user signs out', async () => {
    const forget = share(file('file:///a.pdf', 'application/pdf'));
    server.on('POST /auth/v1/logout', { status: 204 });
    const SignOut = () => {
      const { signOut } = useBackend();
      return <Button title="out" onPress={() => void signOut('here')} testID="out" />;
    };
    const Screen = () => (
      <>
        <SignOut />
        <SharedPhotos />
      </>
    );
    await show(server, { ...routes, receipts: Screen }, '/receipts', { store });
    await screen.findByTestId('shared');
    expect(forget).not.toHaveBeenCalled();
    await press('out');
    await waitFor(() => expect(forget).toHaveBeenCalledTimes(1));
  });

  test('is forgotten if the user does not agree', async () => {
    const forget = share(file('file:///a.pdf', 'application/pdf'));
    await show(server, { ...routes, receipts: Shared }, '/receipts', { store });
    await press('close');
    expect(forget).toHaveBeenCalled();
    expect(await waiting()).toEqual([]);
  });

  test('waits until a user has signed in', async () => {
    const forget = share(file('file:///a.pdf', 'application/pdf'));
    await show(server, { ...routes, receipts: SharedPhotos }, '/receipts', { signedIn: false, store });
    expect(screen.queryByTestId('shared')).not.toBeOnTheScreen();
    expect(forget).not.toHaveBeenCalled();
  });
});
