// Buttons in a browser, while what they have started runs.
import { act, useState } from 'react';
import { AppRegistry } from 'react-native';

import { Button } from '@/components/ui/Button';
import { X } from '@/components/ui/icons';
import { IconButton } from '@/components/ui/IconButton';
import { SchemeProvider } from '@/components/ui/scheme';

let starts: string[];
let end: () => void;
let update: (state: { busy?: boolean; disabled?: boolean }) => void;
function Screen() {
  const [state, setState] = useState<{ busy?: boolean; disabled?: boolean }>({});
  update = setState;
  const start = (name: string) => () => {
    starts.push(name);
    return new Promise<void>((resolve) => (end = resolve));
  };
  return (
    <SchemeProvider>
      <Button title="담기" onPress={start('text')} testID="text" {...state} />
      <IconButton icon={X} label="닫기" onPress={start('icon')} testID="icon" disabled={state.disabled} />
    </SchemeProvider>
  );
}

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  window.matchMedia ??= (() => ({ matches: false, addListener: () => {}, removeListener: () => {} })) as never;
  starts = [];
  const root = document.body.appendChild(document.createElement('div'));
  AppRegistry.registerComponent('screen', () => Screen);
  act(() => AppRegistry.runApplication('screen', { rootTag: root as never }));
});
afterEach(() => document.body.replaceChildren());

const button = (testID: string) => document.querySelector<HTMLButtonElement>(`[data-testid=${testID}]`)!;
const click = (testID: string, detail = 1) =>
  act(async () => void button(testID).dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, detail })));

test.each(['text', 'icon'])('a button says that it takes no presses until its work ends, and keeps the focus: %s', async (testID) => {
  act(() => button(testID).focus());
  expect(button(testID).getAttribute('aria-disabled')).toBeNull();
  await click(testID);
  expect([button(testID).getAttribute('aria-disabled'), button(testID).disabled]).toEqual(['true', false]);
  expect(document.activeElement).toBe(button(testID));
  await click(testID);
  expect(starts).toEqual([testID]);
  await act(async () => end());
  expect(button(testID).getAttribute('aria-disabled')).toBeNull();
  await click(testID);
  expect(starts).toEqual([testID, testID]);
});

test('a button that is busy or disabled from outside says so, whichever ends first', async () => {
  const isOff = (state: object) => {
    act(() => update(state));
    return button('text').getAttribute('aria-disabled');
  };
  const states = [{ busy: true }, { busy: true, disabled: true }, { busy: true }, { disabled: true }, {}];
  expect(states.map(isOff)).toEqual(['true', 'true', 'true', 'true', null]);
});

test('the second click of a double click does not press what the first has made of the button', async () => {
  await click('text');
  await act(async () => end());
  await click('text', 2);
  expect(starts).toEqual(['text']);
});
