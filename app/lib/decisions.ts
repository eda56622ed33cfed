// What the user decides about the items of one receipt.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';

import { accessToken, useBackend } from './backend';
import { useEdits } from './drafts';
import { Problem } from './problem';
import { useReview } from './queries';
import { addAll, addOne, correctCategory, dismiss, type Review } from './receipts';

export function useDecisions(receiptId: string | undefined, online: boolean) {
  const { config, supabase, session } = useBackend();
  const queries = useQueryClient();
  const query = useReview(receiptId);
  const { edits, edit, forget, ready } = useEdits(session?.user.id, receiptId);
  const review = query.data;

  const refresh = useCallback(
    () => Promise.all(['receipts', 'inventory'].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
    [queries],
  );

  /** True once the server knows; false when it waits on the device. */
  const correct = useCallback(
    async (itemId: string, category: string): Promise<boolean> => {
      edit(itemId, { category });
      try {
        const corrected = await correctCategory(config, await accessToken(supabase), itemId, category);
        queries.setQueryData<Review>(['receipts', 'review', receiptId], (known) =>
          known && { ...known, items: known.items.map((item) => (item.id === itemId ? corrected : item)) },
        );
        edit(itemId, { category: undefined });
        await refresh();
        return true;
      } catch (error) {
        if (error instanceof Problem && error.retryable) return false;
        edit(itemId, { category: undefined });
        throw error;
      }
    },
    [config, edit, queries, receiptId, refresh, supabase],
  );

  // What was corrected without a connection goes out once there is one, not while it is being sent for the first time.
  const known = ready && review !== undefined;
  useEffect(() => {
    if (!online || !known) return;
    for (const [itemId, { category }] of Object.entries(edits)) {
      if (category) void correct(itemId, category).catch(() => {});
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [online, known]);

  // A button that was pressed twice before it could be drawn as busy.
  const adding = useRef(false);
  const add = useMutation({
    mutationFn: async (itemId?: string) => {
      if (!review) return 0;
      return itemId
        ? addOne(supabase, review.receipt.id, itemId, edits[itemId] ?? {})
        : addAll(supabase, review, edits);
    },
    onSuccess: async (_, itemId) => {
      if (!itemId) forget();
      await refresh();
    },
  });
  const drop = useMutation({
    mutationFn: async (itemIds: readonly string[]) => {
      if (review) await dismiss(supabase, review.receipt.id, itemIds);
    },
    onSuccess: refresh,
  });
  const addOnce = (itemId: string | undefined, then: { onSuccess: (count: number) => void; onError: (error: unknown) => void }) => {
    if (adding.current) return;
    adding.current = true;
    add.mutate(itemId, { ...then, onSettled: () => (adding.current = false) });
  };
  return { query, edits, edit, correct, add: addOnce, drop, busy: add.isPending || drop.isPending };
}
