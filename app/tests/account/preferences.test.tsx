import AsyncStorage from '@react-native-async-storage/async-storage';
import { screen, waitFor } from '@testing-library/react-native';
import { StatusBar } from 'expo-status-bar';
import { Appearance, useColorScheme } from 'react-native';

import { press, show } from '../support/screens';
import { TestServer } from '../support/server';
import PreferencesScreen from '@/app/preferences';
import { palettes } from '@/components/ui/theme';

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(() => server.stop());

const open = (stored?: Record<string, string>) =>
  show(server, { preferences: PreferencesScreen }, '/preferences', { signedIn: false, stored });
const title = () => screen.getByRole('heading');

test('colours and language are chosen without an account', async () => {
  await open();
  expect(screen.getByTestId('scheme-system')).toBeChecked();
  await press('scheme-dark');
  expect(title()).toHaveStyle({ color: palettes.dark.text });
  await press('language-en');
  expect(title()).toHaveTextContent('Settings');
  expect(await AsyncStorage.multiGet(['scheme', 'language'])).toEqual([['scheme', 'dark'], ['language', 'en']]);
});

test('the colours are remembered', async () => {
  await open({ scheme: 'dark' });
  expect(screen.getByTestId('scheme-dark')).toBeChecked();
  expect(title()).toHaveStyle({ color: palettes.dark.text });
});

test('the status bar and the pickers of a phone have the colours of the app', async () => {
  const told = jest.spyOn(Appearance, 'setColorScheme').mockReset();
  const onBar = () => screen.UNSAFE_getByType(StatusBar).props.style;
  await open({ scheme: 'dark' });
  await waitFor(() => expect(onBar()).toBe('light'));
  // What a device reports until the system's scheme differs.
  jest.mocked(useColorScheme).mockReturnValue('unspecified');
  await press('scheme-system');
  expect(title()).toHaveStyle({ color: palettes.dark.text });
  jest.mocked(useColorScheme).mockReturnValue('light');
  await press('scheme-light');
  expect(onBar()).toBe('dark');
  expect(told.mock.calls.flat()).toEqual(['dark', 'unspecified', 'light']);
});

test('without a choice the system decides', async () => {
  const told = jest.spyOn(Appearance, 'setColorScheme').mockReset();
  await open({ scheme: 'system' });
  expect(screen.getByTestId('scheme-system')).toBeChecked();
  expect(told).not.toHaveBeenCalled();
});

/** The relative luminance of a colour, from 0 to 1, as WCAG defines it. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe.each(Object.entries(palettes))('%s', (_, color) => {
  test.each([
    ...(['text', 'soft', 'brand', 'danger', 'warn'] as const).flatMap((front) => [[front, 'page'], [front, 'card']] as const),
    ...(['brand', 'danger', 'warn', 'notice', 'idle'] as const).map((tone) => [tone, `${tone}Soft`] as const),
    ['onBrand', 'brand'],
    ['onDanger', 'danger'],
    ['onToast', 'toast'],
  ] as const)('%s on %s has the contrast of WCAG AA', (front, back) => {
    const [lighter = 0, darker = 0] = [luminance(color[front]), luminance(color[back])].sort((a, b) => b - a);
    expect((lighter + 0.05) / (darker + 0.05)).toBeGreaterThanOrEqual(4.5);
  });
});
