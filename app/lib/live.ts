// Changes from other devices through Realtime Broadcast; without it the screens poll.
import type { Supabase } from './supabase';

const TABLES = ['receipts', 'inventory'] as const;
export type Table = (typeof TABLES)[number];

/** Calls `onChange` for every change of the user's rows, and `onLive` when the subscription starts or fails. */
export function watch(
  supabase: Supabase,
  userId: string,
  onChange: (table: Table) => void,
  onLive: (live: boolean) => void,
): () => void {
  const channel = supabase.channel(`user:${userId}`, { config: { private: true } });
  for (const table of TABLES) channel.on('broadcast', { event: table }, () => onChange(table));
  let stopped = false;
  // Without the user's token the server refuses a private channel.
  void supabase.realtime.setAuth().then(() => {
    if (stopped) return;
    channel.subscribe((status) => {
      onLive(status === 'SUBSCRIBED');
      // Catch up on changes that happened before the subscription.
      if (status === 'SUBSCRIBED') for (const table of TABLES) onChange(table);
    });
  });
  return () => {
    stopped = true;
    void supabase.removeChannel(channel);
  };
}
