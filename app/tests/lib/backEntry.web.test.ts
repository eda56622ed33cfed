import { backEntry } from '@/lib/backEntry.web';

let notify = () => {};
const popped = () => new Promise<void>((resolve) => (notify = resolve));
const listen = () => notify();
let screens: string[];
const router = () => screens.push(window.location.pathname);

beforeEach(() => {
  screens = [];
  window.history.pushState({ id: 'receipts' }, '', '/');
  window.history.pushState({ id: 'receipt' }, '', '/receipt-result');
  // Before the dialogs, which keep the event to themselves.
  window.addEventListener('popstate', listen, true);
  window.addEventListener('popstate', router);
});
afterEach(() => {
  window.removeEventListener('popstate', listen, true);
  window.removeEventListener('popstate', router);
});

async function back() {
  const done = popped();
  window.history.back();
  await done;
}

test('back closes the dialog, and the screen below it stays', async () => {
  const onBack = jest.fn();
  backEntry(onBack);
  expect(window.history.state).toMatchObject({ id: 'receipt' });
  await back();
  expect(onBack).toHaveBeenCalledTimes(1);
  expect([window.location.pathname, screens]).toEqual(['/receipt-result', []]);
  await back();
  expect(onBack).toHaveBeenCalledTimes(1);
  expect(screens).toEqual(['/']);
});

test('a dialog that is closed otherwise leaves no entry behind', async () => {
  const onBack = jest.fn();
  const close = backEntry(onBack);
  const done = popped();
  close();
  await done;
  close();
  expect(screens).toEqual([]);
  await back();
  expect(screens).toEqual(['/']);
  expect(onBack).not.toHaveBeenCalled();
});

test('the second of two dialogs closes first', async () => {
  const closed: string[] = [];
  backEntry(() => closed.push('first'));
  backEntry(() => closed.push('second'));
  await back();
  expect(closed).toEqual(['second']);
  await back();
  expect(closed).toEqual(['second', 'first']);
  expect(screens).toEqual([]);
});

test('a screen that was opened from the dialog stays open when the dialog is removed', async () => {
  const close = backEntry(() => {});
  window.history.pushState({ id: 'lot' }, '', '/inventory-item');
  close();
  expect(window.location.pathname).toBe('/inventory-item');
  await back();
  expect(screens).toEqual(['/receipt-result']);
});
