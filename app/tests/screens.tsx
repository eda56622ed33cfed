// Screens as they are in the app, before a server of the test's own, with a user who is signed in.
import AsyncStorage from '@react-native-async-storage/async-storage';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import 'expo-router/testing-library';
import { act, render } from '@testing-library/react-native';
import { ExpoRoot } from 'expo-router';
import { inMemoryContext } from 'expo-router/build/testing-library/context-stubs';
import type { ComponentType, ReactNode } from 'react';

import { TestServer } from './server';
import { MemoryStore } from './stores';
import { NoticeProvider } from '@/components/ui/Notice';
import { BackendProvider } from '@/lib/backend';
import { LanguageProvider } from '@/lib/i18n';

export const USER = '6d1f9c1e-0000-4000-8000-000000000001';

const session = {
  access_token: 'header.payload.signature',
  refresh_token: 'refresh',
  token_type: 'bearer',
  expires_in: 3600,
  expires_at: Math.floor(Date.now() / 1000) + 3600,
  user: { id: USER, email: 'shopper@example.com', aud: 'authenticated', app_metadata: {}, user_metadata: {}, created_at: '' },
};

export async function show(
  server: TestServer,
  routes: Record<string, ComponentType>,
  initialUrl: string,
  options: { signedIn?: boolean; language?: 'ko' | 'en'; store?: MemoryStore } = {},
) {
  const { signedIn = true, language = 'ko', store = new MemoryStore() } = options;
  await AsyncStorage.clear();
  if (signedIn) await AsyncStorage.setItem('sb-127-auth-token', JSON.stringify(session));
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Infinity } } });
  const config = {
    supabaseUrl: server.url,
    supabaseKey: 'sb_publishable_test',
    barcodeLookupUrl: `${server.url}/barcode_lookup`,
    categoryFeedbackUrl: `${server.url}/category_feedback`,
  };
  const wrapper = ({ children }: { children: ReactNode }) => (
    <LanguageProvider initial={language}>
      <QueryClientProvider client={queries}>
        <NoticeProvider>
          <BackendProvider config={config} store={store}>
            {children}
          </BackendProvider>
        </NoticeProvider>
      </QueryClientProvider>
    </LanguageProvider>
  );
  // As renderRouter does, which would stop the clock; the server does not go by that one.
  render(<ExpoRoot context={inMemoryContext(routes)} location={initialUrl} />, { wrapper });
  // The kept session is read.
  await act(async () => {});
}
