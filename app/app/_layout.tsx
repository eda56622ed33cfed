import { focusManager, onlineManager, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import * as Network from 'expo-network';
import { Stack } from 'expo-router';
import { StatusBar } from 'expo-status-bar';
import { useEffect, useState } from 'react';
import { AppState, Platform } from 'react-native';
import { SafeAreaProvider } from 'react-native-safe-area-context';

import { NoticeProvider } from '@/components/ui/Notice';
import { Failed, State } from '@/components/ui/State';
import { color } from '@/components/ui/theme';
import { BackendProvider, useBackend } from '@/lib/backend';
import { type Config, loadConfig } from '@/lib/config';
import { LanguageProvider, useMessages } from '@/lib/i18n';
import { photoStore } from '@/lib/photoStore';
import { problemOf } from '@/lib/problem';

const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 1_000, retry: (failures, error) => failures < 2 && problemOf(error).retryable },
    // A mutation without a connection fails at once; only photo uploads wait for the connection.
    mutations: { networkMode: 'always' },
  },
});

// Browsers report connection and focus themselves; on a device the app has to subscribe.
if (Platform.OS !== 'web') {
  onlineManager.setEventListener((setOnline) => {
    const subscription = Network.addNetworkStateListener((state) => setOnline(state.isConnected !== false));
    return () => subscription.remove();
  });
  focusManager.setEventListener((setFocused) => {
    const subscription = AppState.addEventListener('change', (state) => setFocused(state === 'active'));
    return () => subscription.remove();
  });
}

export default function Root() {
  return (
    <SafeAreaProvider>
      <LanguageProvider>
        <QueryClientProvider client={queries}>
          <NoticeProvider>
            <StatusBar style="dark" />
            <Configured />
          </NoticeProvider>
        </QueryClientProvider>
      </LanguageProvider>
    </SafeAreaProvider>
  );
}

function Configured() {
  const m = useMessages();
  const [config, setConfig] = useState<Config | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    loadConfig().then(setConfig, setError);
  }, [attempt]);
  const retry = () => {
    setError(null);
    setAttempt(attempt + 1);
  };
  if (error) return <Failed error={error} retry={retry} />;
  if (!config) return <State busy title={m.common.loading} />;
  return (
    <BackendProvider config={config} store={photoStore}>
      <Screens />
    </BackendProvider>
  );
}

function Screens() {
  const m = useMessages();
  const { session } = useBackend();
  if (session === undefined) return <State busy title={m.common.loading} />;
  return (
    <Stack screenOptions={{ headerShown: false, title: m.name, contentStyle: { backgroundColor: color.page } }}>
      <Stack.Protected guard={session !== null}>
        <Stack.Screen name="(tabs)" />
        <Stack.Screen name="receipt-result" options={{ title: m.result.title }} />
        <Stack.Screen name="inventory-item" options={{ title: m.inventory.detail }} />
      </Stack.Protected>
      <Stack.Protected guard={session === null}>
        <Stack.Screen name="sign-in" options={{ title: m.signIn.signIn }} />
      </Stack.Protected>
      <Stack.Screen name="+not-found" />
    </Stack>
  );
}
