// Changes from other devices through Realtime Broadcast; without it the screens poll.
import type { Supabase } from './supabase';

const TABLES = ['receipts', 'inventory'] as const;
export type Table = (typeof TABLES)[number];

/** Adding a receipt sends a message per item: what arrives within this time is told at once. */
const GATHER_MS = 100;

/** Calls `onChange` with the tables in which the user's rows changed, and `onLive` when the subscription starts or fails. */
export function watch(
  supabase: Supabase,
  userId: string,
  onChange: (tables: readonly Table[]) => void,
  onLive: (live: boolean) => void,
): () => void {
  const channel = supabase.channel(`user:${userId}`, { config: { private: true } });
  const changed = new Set<Table>();
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = () => {
    timer = undefined;
    const tables = [...changed];
    changed.clear();
    onChange(tables);
  };
  for (const table of TABLES) {
    channel.on('broadcast', { event: table }, () => {
      // While the server closes the channel, messages still arrive.
      if (stopped) return;
      changed.add(table);
      timer ??= setTimeout(tell, GATHER_MS);
    });
  }
  // Without the user's token the server refuses a private channel.
  void supabase.realtime.setAuth().then(() => {
    if (stopped) return;
    channel.subscribe((status) => {
      // The end of this channel says nothing about that of the next user.
      if (stopped) return;
      onLive(status === 'SUBSCRIBED');
      // Catch up on changes that happened before the subscription.
      if (status === 'SUBSCRIBED') onChange(TABLES);
    });
  });
  return () => {
    stopped = true;
    clearTimeout(timer);
    onLive(false);
    void supabase.removeChannel(channel);
  };
}
