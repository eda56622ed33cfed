// Changes as they happen: Realtime where it answers, else the screens ask again and again.
import type { SupabaseClient } from '@supabase/supabase-js';

export type Table = 'receipts' | 'inventory';

/** Calls `onChange` for every change of the user's rows. `onLive` says whether that can be relied on at present. */
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
  let left = false;
  // Who joins before the token is known is told of no rows until it comes.
  void supabase.realtime.setAuth().then(() => {
    if (left) return;
    channel.subscribe((status) => {
      onLive(status === 'SUBSCRIBED');
      // What happened while nobody listened.
      if (status === 'SUBSCRIBED') for (const table of ['receipts', 'inventory'] as const) onChange(table);
    });
  });
  return () => {
    left = true;
    void supabase.removeChannel(channel);
  };
}
