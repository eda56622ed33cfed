// The browser's pickers of dates and times, typed into key by key.
import { act, useState } from 'react';
import { AppRegistry } from 'react-native';

import { DateInput } from '@/components/ui/DateInput';
import { TimeInput } from '@/components/ui/TimeInput';

const chosen: string[] = [];
let shown: (is: boolean) => void;
function Screen() {
  const [value, setValue] = useState('2030-02-10');
  const [isShown, show] = useState(true);
  shown = show;
  const choose = (day: string) => {
    chosen.push(day);
    setValue(day);
  };
  if (!isShown) return null;
  return (
    <>
      <DateInput label="소비기한" value={value} onChange={choose} testID="date" />
      <TimeInput label="알림" value="18:00" onChange={(time) => chosen.push(time)} testID="time" />
    </>
  );
}

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  chosen.length = 0;
  const root = document.body.appendChild(document.createElement('div'));
  AppRegistry.registerComponent('screen', () => Screen);
  act(() => AppRegistry.runApplication('screen', { rootTag: root as never }));
});
afterEach(() => {
  act(() => shown(false));
  document.body.replaceChildren();
});

const input = (testID = 'date') => document.querySelector<HTMLInputElement>(`[data-testid=${testID}]`)!;
const type = (text: string, testID?: string) =>
  act(() => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input(testID), text);
    input(testID).dispatchEvent(new Event('input', { bubbles: true }));
  });

test('a year can be typed, and the date that is left is the one that is meant', () => {
  input().focus();
  for (const day of ['0002-02-10', '0020-02-10', '0203-02-10', '2031-02-10']) {
    type(day);
    expect(input().value).toBe(day);
  }
  expect(chosen).toEqual([]);
  act(() => input().blur());
  expect(chosen).toEqual(['2031-02-10']);
  expect(input().value).toBe('2031-02-10');
  expect(input().max).toBe('9999-12-31');
});

test.each([[''], ['0203-02-10']])('what is no date is not kept: "%s"', (day) => {
  input().focus();
  type(day);
  act(() => input().blur());
  expect(chosen).toEqual([]);
  expect(input().value).toBe('2030-02-10');
});

test('a date and a time are kept if the screen goes away before the field is left', () => {
  type('2030-02-11');
  type('19:00', 'time');
  act(() => shown(false));
  expect(chosen).toEqual(['2030-02-11', '19:00']);
});
