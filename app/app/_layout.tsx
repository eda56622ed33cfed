import { focusManager, onlineManager, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import * as Network from 'expo-network';
import { Stack } from 'expo-router';
import * as SplashScreen from 'expo-splash-screen';
import { useEffect, useState } from 'react';
import { AppState, Platform } from 'react-native';
import { SafeAreaProvider } from 'react-native-safe-area-context';

import { SharedPhotos } from '@/components/receipt/SharedPhotos';
import { NoticeProvider } from '@/components/ui/Notice';
import { Failed, State } from '@/components/ui/State';
import { SchemeProvider, useColor } from '@/components/ui/scheme';
import { BackendProvider, useBackend } from '@/lib/backend';
import { cacheStore } from '@/lib/cacheStore';
import { type Config, loadConfig } from '@/lib/config';
import { LanguageProvider, useMessages } from '@/lib/i18n';
import { keepApp } from '@/lib/offline';
import { photoStore } from '@/lib/photoStore';
import { isWorthRetry } from '@/lib/problem';

const DAY_MS = 24 * 3_600_000;

const queries = new QueryClient({
  defaultOptions: {
    // A screen that is opened again shows what it showed before, also without a connection.
    queries: { staleTime: 1_000, gcTime: DAY_MS, retry: isWorthRetry },
    // A mutation without a connection fails at once; only photo uploads wait for the connection.
    mutations: { networkMode: 'always' },
  },
});

// Browsers report changes of connection and focus themselves; on a device the app has to subscribe.
if (Platform.OS === 'web') {
  onlineManager.setOnline(navigator.onLine);
} else {
  onlineManager.setEventListener((setOnline) => {
    void Network.getNetworkStateAsync().then((state) => setOnline(state.isConnected !== false));
    const subscription = Network.addNetworkStateListener((state) => setOnline(state.isConnected !== false));
    return () => subscription.remove();
  });
  focusManager.setEventListener((setFocused) => {
    const subscription = AppState.addEventListener('change', (state) => setFocused(state === 'active'));
    return () => subscription.remove();
  });
}

// Until the stored session has been read.
void SplashScreen.preventAutoHideAsync();
keepApp();

export default function Root() {
  return (
    <SafeAreaProvider>
      <SchemeProvider>
        <LanguageProvider>
          <QueryClientProvider client={queries}>
            <NoticeProvider>
              <Configured />
            </NoticeProvider>
          </QueryClientProvider>
        </LanguageProvider>
      </SchemeProvider>
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
    <BackendProvider config={config} store={photoStore} cache={cacheStore}>
      <Screens />
    </BackendProvider>
  );
}

function Screens() {
  const color = useColor();
  const m = useMessages();
  const { session } = useBackend();
  const starting = session === undefined;
  useEffect(() => {
    if (!starting) void SplashScreen.hideAsync();
  }, [starting]);
  if (starting) return <State busy title={m.common.loading} />;
  return (
    <>
      <Stack screenOptions={{ headerShown: false, title: m.name, contentStyle: { backgroundColor: color.page } }}>
        <Stack.Protected guard={session !== null}>
          <Stack.Screen name="(tabs)" />
          <Stack.Screen name="receipt-result" options={{ title: m.result.title }} />
          <Stack.Screen name="add" options={{ title: m.inventory.add }} />
          <Stack.Screen name="statistics" options={{ title: m.statistics.title }} />
          <Stack.Screen name="inventory-item" options={{ title: m.inventory.detail }} />
        </Stack.Protected>
        <Stack.Protected guard={session === null}>
          <Stack.Screen name="sign-in" options={{ title: m.signIn.signIn }} />
        </Stack.Protected>
        <Stack.Screen name="reset-password" options={{ title: m.signIn.reset }} />
        <Stack.Screen name="preferences" options={{ title: m.settings.title }} />
        <Stack.Screen name="+not-found" />
      </Stack>
      <SharedPhotos />
    </>
  );
}
