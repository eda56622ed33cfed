// Renders screens as the app does, against the test's own server, for a signed-in user.
//
// Timers and the date are fake: they advance only while a test waits, by one step per turn of the event loop, and the
// test server responds within a few turns. So polling, countdowns and notices do not depend on how fast the machine is.
import AsyncStorage from '@react-native-async-storage/async-storage';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import 'expo-router/testing-library';
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react-native';
import { ExpoRoot } from 'expo-router';
import { inMemoryContext } from 'expo-router/build/testing-library/context-stubs';
import type { ComponentType, ReactNode } from 'react';

import { TestServer } from './server';
import { MemoryCache, MemoryStore } from './stores';
import { NoticeProvider } from '@/components/ui/Notice';
import { SchemeProvider } from '@/components/ui/scheme';
import { BackendProvider } from '@/lib/backend';
import type { Config } from '@/lib/config';
import { LanguageProvider } from '@/lib/i18n';

type Element = ReturnType<typeof screen.getByTestId>;

/** When every test begins: 20 January 2030, in Korea and in most other time zones. */
export const NOW = new Date('2030-01-20T09:40:00Z');
export const USER = '6d1f9c1e-0000-4000-8000-000000000001';

const session = {
  access_token: 'header.payload.signature',
  refresh_token: 'refresh',
  token_type: 'bearer',
  expires_in: 3600,
  expires_at: NOW.getTime() / 1000 + 3600,
  user: { id: USER, email: 'shopper@example.com', aud: 'authenticated', app_metadata: {}, user_metadata: {}, created_at: '' },
};

beforeEach(() => {
  // Node's network code and the test server need the real event loop.
  jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'performance'] });
});

afterEach(() => jest.useRealTimers());

export async function show(
  server: TestServer,
  routes: Record<string, ComponentType>,
  initialUrl: string,
  options: { signedIn?: boolean; stored?: Record<string, string>; expired?: boolean; language?: 'ko' | 'en'; store?: MemoryStore; cache?: MemoryCache; config?: Partial<Config> } = {},
) {
  const { signedIn = true, stored = {}, expired = false, language = 'ko', store = new MemoryStore(), cache = new MemoryCache() } = options;
  await AsyncStorage.clear();
  await AsyncStorage.multiSet(Object.entries(stored));
  if (signedIn) await AsyncStorage.setItem('jangbogi-auth-token', JSON.stringify(expired ? { ...session, expires_at: NOW.getTime() / 1000 - 60 } : session));
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Infinity } } });
  const config = {
    supabaseUrl: server.url,
    supabaseKey: 'sb_publishable_test',
    barcodeLookupUrl: `${server.url}/barcode_lookup`,
    categoryFeedbackUrl: `${server.url}/category_feedback`,
    reminderMails: false,
    ...options.config,
  };
  const wrapper = ({ children }: { children: ReactNode }) => (
    <SchemeProvider>
      <LanguageProvider initial={language}>
        <QueryClientProvider client={queries}>
          <NoticeProvider>
            <BackendProvider config={config} store={store} cache={cache}>
              {children}
            </BackendProvider>
          </NoticeProvider>
        </QueryClientProvider>
      </LanguageProvider>
    </SchemeProvider>
  );
  // `renderRouter` would fake the event loop too, and no response would arrive.
  render(<ExpoRoot context={inMemoryContext(routes)} location={initialUrl} />, { wrapper });
  describeBriefly(screen.UNSAFE_root);
  // The stored session is read.
  await act(async () => {});
}

/**
 * Lets Jest describe elements by their names. It would print all that React keeps about one, which takes longer than
 * most tests, each time that an expectation about a list of elements is tried in vain.
 */
function describeBriefly(element: Element): void {
  const prototype = Object.getPrototypeOf(element) as Element & { toJSON?: () => string };
  prototype.toJSON ??= function () {
    const name = typeof this.type === 'string' ? this.type : (this.type.displayName ?? this.type.name);
    return this.props.testID ? `<${name} testID="${this.props.testID}">` : `<${name}>`;
  };
}

/** Presses a control twice before the first press has rendered anything. */
export async function doublePress(target: string | Element): Promise<void> {
  const control = typeof target === 'string' ? await screen.findByTestId(target) : target;
  await act(async () => {
    fireEvent.press(control);
    fireEvent.press(control);
  });
}

/** Presses a control as soon as it is there and enabled. A press on a disabled control does nothing, as on a phone. */
export async function press(testID: string, position = 0): Promise<void> {
  const control = await waitFor(() => {
    const match = screen.getAllByTestId(testID)[position];
    expect(match).toBeEnabled();
    return match;
  });
  // With what follows of promises alone, such as reading a permission.
  await act(async () => fireEvent.press(control!));
}
