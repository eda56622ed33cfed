// Changes from other devices through Realtime; without it the screens poll.
import type { SupabaseClient } from '@supabase/supabase-js';

export type Table = 'receipts' | 'inventory';

/** Calls `onChange` for every change of the user's rows, and `onLive` when the subscription starts or fails. */
export function watch(
  supabase: SupabaseClient,
  userId: string,
  onChange: (table: Table) => void,
  onLive: (live: boolean) => void,
): () => void {
  const channel = supabase.channel(`changes-${userId}`);
  for (const table of ['receipts', 'inventory'] as const) {
    channel.on(
      'postgres_changes',
      { event: '*', schema: 'public', table, filter: `user_id=eq.${userId}` },
      () => onChange(table),
    );
  }
  let stopped = false;
  // A channel joined before the token is set receives no rows until it is.
  void supabase.realtime.setAuth().then(() => {
    if (stopped) return;
    channel.subscribe((status) => {
      onLive(status === 'SUBSCRIBED');
      // Catch up on changes that happened before the subscription.
      if (status === 'SUBSCRIBED') for (const table of ['receipts', 'inventory'] as const) onChange(table);
    });
  });
  return () => {
    stopped = true;
    void supabase.removeChannel(channel);
  };
}
