// The backend as the screens use it: one client, the session, the upload queue, and whether Realtime is connected.
import AsyncStorage from '@react-native-async-storage/async-storage';
import { createClient, type Session } from '@supabase/supabase-js';
import { hashKey, onlineManager, type QueryClient, useQueryClient } from '@tanstack/react-query';
import * as Crypto from 'expo-crypto';
import { router } from 'expo-router';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { AppState, Platform } from 'react-native';

import type { Database } from '../../supabase/database.types';
import { useNotice } from '@/components/ui/Notice';
import { enterByLink } from './account';
import { useOpenedUrl } from './browser';
import { type CacheStore, keepCache } from './cache';
import type { Config } from './config';
import { DeviceReminders, INVENTORY, type Occasion } from './deviceReminders';
import { useMessages } from './i18n';
import { watch } from './live';
import { prepare } from './photo';
import { type PhotoStore } from './photoStore';
import { Problem, problemOf } from './problem';
import { canPush, onNotification } from './push';
import { useRefresh } from './refresh';
import { sender } from './sendPhoto';
import type { Supabase } from './supabase';
import { limitedFetch } from './timeLimit';
import { UploadQueue } from './uploads';

export type Backend = {
  config: Config;
  supabase: Supabase;
  uploads: UploadQueue;
  reminders: DeviceReminders;
  /** Undefined until the stored session has been read. */
  session: Session | null | undefined;
  /** Whether the session ended although the user did not sign out on this device. */
  ended: boolean;
  /** Signs out, here or on all devices. Throws a Problem. */
  signOut: (where: 'here' | 'everywhere') => Promise<void>;
  /** Whether Realtime reports changes; otherwise screens poll. */
  live: boolean;
};

const Context = createContext<Backend | null>(null);
const now = () => new Date();

/** How long the start waits for the session's token before it shows what was received last. */
const SESSION_MS = 3_000;

/** Where supabase-js stores the session. */
const SESSION = 'jangbogi-auth-token';

export function createSupabase(config: Config): Supabase {
  return createClient<Database>(config.supabaseUrl, config.supabaseKey, {
    auth: {
      storage: AsyncStorage,
      storageKey: SESSION,
      persistSession: true,
      autoRefreshToken: true,
      // Links in mails and pages of providers lead back with a code that only this browser can use.
      detectSessionInUrl: Platform.OS === 'web',
      flowType: 'pkce',
    },
    global: { fetch: limitedFetch },
  });
}

/** The session as it is stored, even if its token has expired and cannot be refreshed without a connection. */
async function storedSession(): Promise<Session | null> {
  const text = await AsyncStorage.getItem(SESSION);
  return text ? (JSON.parse(text) as Session) : null;
}

type ProviderProps = { config: Config; store: PhotoStore; cache: CacheStore; children: ReactNode };

export function BackendProvider({ config, store, cache, children }: ProviderProps) {
  const queries = useQueryClient();
  const refetch = useRefresh();
  const m = useMessages();
  const { sayProblem, forgetUndo } = useNotice();
  const openedUrl = useOpenedUrl();
  const [supabase] = useState(() => createSupabase(config));
  const [uploads] = useState(
    () =>
      new UploadQueue({
        store,
        prepare,
        send: sender(config, supabase),
        token: async () => {
          const { session } = (await supabase.auth.getSession()).data;
          return session && { userId: session.user.id, accessToken: session.access_token };
        },
        newId: Crypto.randomUUID,
        now,
        onUploaded: () => refetch('receipts'),
      }),
  );
  const [reminders] = useState(() => new DeviceReminders(supabase, queries));
  const [session, setSession] = useState<Session | null>();
  const [live, setLive] = useState(false);
  const [ended, setEnded] = useState(false);
  const leaving = useRef(false);
  const userId = session?.user.id;

  useEffect(() => {
    const { subscription } = supabase.auth.onAuthStateChange((event, now) => {
      if (event === 'INITIAL_SESSION' && !now) void storedSession().then(setSession, () => setSession(null));
      else setSession(now);
      if (event === 'SIGNED_OUT') setEnded(!leaving.current);
      else if (now) setEnded(false);
    }).data;
    // Without an answer supabase-js tries for half a minute to refresh an expired token before it reports.
    const showStored = () =>
      void storedSession().then(
        (stored) => setSession((now) => (now === undefined ? (stored ?? undefined) : now)),
        () => {},
      );
    const timer = setTimeout(showStored, onlineManager.isOnline() ? SESSION_MS : 0);
    void supabase.auth.startAutoRefresh();
    void uploads.restore();
    return () => {
      clearTimeout(timer);
      subscription.unsubscribe();
      void supabase.auth.stopAutoRefresh();
      void supabase.realtime.disconnect();
      uploads.stop();
    };
  }, [supabase, uploads]);

  useEffect(() => {
    if (!userId) {
      queries.clear();
      return;
    }
    uploads.kick();
    return watch(supabase, userId, (tables) => refetch(...tables, 'statistics'), setLive);
  }, [queries, refetch, supabase, uploads, userId]);

  useEffect(() => {
    if (!userId || !canPush) return;
    // What fails is tried again when the app comes to the foreground.
    const refresh = (occasion: Occasion) => void reminders.refresh(m.settings.reminders, occasion).catch(() => {});
    refresh('start');
    const stops = [
      onWake(() => refresh('wake')),
      onInventory(queries, () => refresh('inventory')),
      onNotification((screen) => screen === 'inventory' && router.navigate('/inventory')),
    ];
    return () => stops.forEach((stop) => stop());
  }, [m, queries, reminders, userId]);

  const signedOut = session === null;
  useEffect(() => {
    if (userId) return keepCache(queries, cache, userId);
    // What was received must not stay on the device.
    if (!signedOut) return;
    forgetUndo();
    void cache.remove().catch(() => {});
    if (canPush) void reminders.cancel().catch(() => {});
  }, [cache, forgetUndo, queries, reminders, signedOut, userId]);

  useEffect(() => onWake(() => uploads.kick()), [uploads]);

  useEffect(() => refreshInForeground(supabase), [supabase]);

  useEffect(() => {
    if (openedUrl) enterByLink(supabase, openedUrl).catch(sayProblem);
  }, [openedUrl, sayProblem, supabase]);

  const signOut = useCallback(
    async (where: 'here' | 'everywhere') => {
      leaving.current = true;
      try {
        await reminders.forget();
        const { error } = await supabase.auth.signOut({ scope: where === 'here' ? 'local' : 'global' });
        if (error) throw problemOf(error);
      } finally {
        leaving.current = false;
      }
    },
    [reminders, supabase],
  );

  const value = useMemo(
    () => ({ config, supabase, uploads, reminders, session, ended, signOut, live }),
    [config, supabase, uploads, reminders, session, ended, signOut, live],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

/** Calls `callback` when the app comes to the foreground and when the connection returns. */
function onWake(callback: () => void): () => void {
  const state = AppState.addEventListener('change', (now) => now === 'active' && callback());
  const unsubscribe = onlineManager.subscribe((online) => online && callback());
  return () => {
    state.remove();
    unsubscribe();
  };
}

/** A device stops the timers of apps in the background. */
function refreshInForeground(supabase: Supabase): (() => void) | undefined {
  if (Platform.OS === 'web') return undefined;
  const state = AppState.addEventListener(
    'change',
    (now) => void (now === 'active' ? supabase.auth.startAutoRefresh() : supabase.auth.stopAutoRefresh()),
  );
  return () => state.remove();
}

/** Calls `callback` when the list of the inventory that the app has changes. */
function onInventory(queries: QueryClient, callback: () => void): () => void {
  const key = hashKey(INVENTORY);
  let data = queries.getQueryData(INVENTORY);
  return queries.getQueryCache().subscribe(({ type, query }) => {
    // What is equal to the data before stays the same object.
    if (type !== 'updated' || query.queryHash !== key || query.state.data === data) return;
    data = query.state.data;
    callback();
  });
}

export function useBackend(): Backend {
  const backend = useContext(Context);
  if (!backend) throw new Error('useBackend needs a BackendProvider above it.');
  return backend;
}

/** The current access token, refreshed if necessary, for calls to our functions. */
export async function accessToken(supabase: Supabase): Promise<string> {
  const { session } = (await supabase.auth.getSession()).data;
  if (!session) throw new Problem('unauthorized', false);
  return session.access_token;
}
