let notify = () => {};
// Before that of the dialogs, which keeps the event to itself.
window.addEventListener('popstate', () => notify(), true);
const { backEntry } = jest.requireActual<typeof import('@/lib/backEntry.web')>('@/lib/backEntry.web');
const popped = () => new Promise<void>((resolve) => (notify = resolve));
let screens: string[];
const router = () => screens.push(window.location.pathname);

beforeEach(() => {
  screens = [];
  window.history.pushState({ id: 'receipts' }, '', '/');
  window.history.pushState({ id: 'receipt' }, '', '/receipt-result');
  window.addEventListener('popstate', router, true);
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  window.removeEventListener('popstate', router, true);
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

test('a step back over the screen below closes the dialog and that screen', async () => {
  const onBack = jest.fn();
  backEntry(onBack);
  const done = popped();
  window.history.go(-2);
  await done;
  expect(onBack).toHaveBeenCalledTimes(1);
  expect([window.location.pathname, screens]).toEqual(['/', ['/']]);
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
  // The entry of the dialog is left as well, without the router.
  await popped();
  expect([window.history.state, screens]).toEqual([{ id: 'receipt' }, ['/receipt-result']]);
});

test('a screen that opens as the dialog is removed stays open, above the screen of the dialog', async () => {
  const close = backEntry(() => {});
  const done = popped();
  close();
  // The browser has not gone back yet.
  window.history.pushState({ id: 'lot' }, '', '/inventory-item');
  await done;
  expect([window.location.pathname, window.history.state, screens]).toEqual(['/inventory-item', { id: 'lot' }, []]);
  await back();
  expect(screens).toEqual(['/receipt-result']);
});

test('a dialog that opens as another one is removed stays open until the user goes back', async () => {
  const closed: string[] = [];
  const close = backEntry(() => closed.push('first'));
  const done = popped();
  close();
  backEntry(() => closed.push('second'));
  await done;
  expect(closed).toEqual([]);
  await back();
  expect([closed, window.location.pathname, screens]).toEqual([['second'], '/receipt-result', []]);
});

test('a dialog that opens and closes while another one is removed leaves no entry behind', async () => {
  const close = backEntry(() => {});
  const done = popped();
  close();
  backEntry(() => {})();
  await done;
  await back();
  expect(screens).toEqual(['/']);
});

test.each([['the upper one first', [1, 0]], ['the lower one first', [0, 1]]])(
  'dialogs that are closed together leave no entry behind: %s',
  async (_, order) => {
    const closes = [backEntry(() => {}), backEntry(() => {})];
    const done = popped();
    for (const each of order) closes[each]!();
    await done;
    await popped();
    expect([window.history.state, screens]).toEqual([{ id: 'receipt' }, []]);
    await back();
    expect(screens).toEqual(['/']);
  },
);

test('the entry of a dialog that was open when the page was loaded again is left', async () => {
  window.history.pushState({ id: 'receipt', entry: 'dialog-of-before' }, '');
  const done = popped();
  jest.isolateModules(() => void jest.requireActual('@/lib/backEntry.web'));
  // The router's first change.
  window.history.replaceState({ id: 'receipt again' }, '');
  await done;
  expect(window.history.state).toEqual({ id: 'receipt again' });
  await back();
  expect(window.location.pathname).toBe('/');
});

test('a browser that does not go back keeps no screen waiting', async () => {
  const close = backEntry(() => {});
  jest.spyOn(window.history, 'back').mockImplementation(() => {});
  jest.useFakeTimers();
  close();
  window.history.pushState({ id: 'lot' }, '', '/inventory-item');
  expect(window.location.pathname).toBe('/receipt-result');
  jest.advanceTimersByTime(3_000);
  expect(window.location.pathname).toBe('/inventory-item');
});
