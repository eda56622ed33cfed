// The user's decisions about the line items of one receipt.
import { useMutation, useMutationState, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';

import { accessToken, useBackend } from './backend';
import { addMissedLine, confirmItem, correctAmount, correctReceipt, joinReceipts, type MissedLine, type ReceiptChanges } from './corrections';
import { current, useEdits } from './drafts';
import { showAdded, showChanged } from './inventory';
import { Problem } from './problem';
import { useReview } from './queries';
import { type Topic, useRefresh } from './refresh';
import {
  addAll,
  addOne,
  type AddedLot,
  correctCategory,
  dismiss,
  edited,
  type Item,
  restore,
  type Review,
  undoAdding,
} from './receipts';
import { useWork } from './work';

/** One item, or all food apart from the items in `without`, which are dismissed. */
type Addition = { itemId?: string; without?: readonly string[] };

export function useDecisions(receiptId: string | undefined, online: boolean) {
  const { config, supabase, session } = useBackend();
  const queries = useQueryClient();
  const refresh = useRefresh();
  const query = useReview(receiptId);
  const { edits: storedEdits, edit, forget, ready } = useEdits(session?.user.id, receiptId);
  const review = query.data;
  const edits = useMemo(() => (review ? current(storedEdits, review.items) : storedEdits), [storedEdits, review]);

  const change = useCallback(
    (items: (before: Item[]) => Item[]) =>
      queries.setQueryData<Review>(['receipts', 'review', receiptId], (cached) => cached && { ...cached, items: items(cached.items) }),
    [queries, receiptId],
  );
  const replace = useCallback(
    (item: Item) => change((items) => items.map((each) => (each.id === item.id ? item : each))),
    [change],
  );
  const setStatus = (itemIds: readonly string[], status: 'pending' | 'dismissed') =>
    change((items) => items.map((each) => (itemIds.includes(each.id) ? { ...each, status, inventory_id: null } : each)));

  /**
   * True if the server has the correction; false if it waits on the device for a connection. A correction over a limit
   * waits too, and its problem is thrown.
   */
  const correct = useCallback(
    async (item: Item, category: string): Promise<boolean> => {
      edit(item, { category });
      try {
        const corrected = await correctCategory(config, await accessToken(supabase), item.id, category);
        replace(corrected);
        edit(corrected, { category: undefined });
        refresh('receipts', 'inventory', 'statistics');
        return true;
      } catch (error) {
        if (error instanceof Problem && error.code === 'rate_limited') throw error;
        if (error instanceof Problem && error.retryable) return false;
        edit(item, { category: undefined });
        throw error;
      }
    },
    [config, edit, refresh, replace, supabase],
  );

  // Sends corrections made offline when the connection returns; a correction's first attempt must not trigger this.
  const loaded = ready && review !== undefined;
  useEffect(() => {
    if (!online || !loaded) return;
    for (const item of review.items) {
      const category = edits[item.id]?.category;
      if (category) void correct(item, category).catch(() => {});
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [online, loaded]);

  // With this key, also those that an earlier visit of the screen has started.
  const deciding = ['decide', receiptId];
  const { run } = useWork();
  const add = useMutation({
    mutationFn: async ({ itemId, without }: Addition) => {
      if (!review) return [];
      return itemId
        ? addOne(supabase, review.receipt.id, itemId, edits[itemId] ?? {})
        : addAll(supabase, review, edits, without);
    },
    onSuccess: (lots, { itemId, without = [] }) => {
      setStatus(without, 'dismissed');
      const lotIds = new Map(lots.map(({ id, receipt_item_id }) => [receipt_item_id, id]));
      change((items) =>
        items.map((each) => {
          const inventory_id = lotIds.get(each.id);
          return inventory_id ? { ...each, ...edited(each, edits[each.id]), status: 'added', inventory_id } : each;
        }),
      );
      showAdded(queries, lots, ({ receipt_item_id }) => {
        const item = review?.items.find(({ id }) => id === receipt_item_id);
        return item && review?.categories.find(({ code }) => code === edited(item, edits[item.id]).category);
      });
      if (!itemId) forget();
      refresh('receipts', 'inventory', 'statistics');
    },
  });
  /** Whether food waits or is dismissed counts for what it is time to buy again; what is not food never does. */
  const statisticsOf = (itemIds: readonly string[]): Topic[] =>
    review?.items.some(({ id, is_food }) => is_food && itemIds.includes(id)) ? ['statistics'] : [];
  const drop = useMutation({
    mutationKey: [...deciding, 'drop'],
    mutationFn: async (itemIds: readonly string[]) => {
      if (review) await dismiss(supabase, review.receipt.id, itemIds);
    },
    onSuccess: (_, itemIds) => {
      setStatus(itemIds, 'dismissed');
      refresh('receipts', ...statisticsOf(itemIds));
    },
  });
  const takeBack = useMutation({
    mutationKey: [...deciding, 'take back'],
    mutationFn: async (itemIds: readonly string[]) => {
      if (review) await restore(supabase, review.receipt.id, itemIds);
    },
    onSuccess: (_, itemIds) => {
      setStatus(itemIds, 'pending');
      refresh('receipts', ...statisticsOf(itemIds));
    },
  });
  const fixAmount = async (item: Item, won: number) => {
    replace(await correctAmount(supabase, item.id, won));
    refresh('receipts', 'inventory', 'statistics', 'prices');
  };
  const confirm = async (item: Item) => {
    try {
      replace(await confirmItem(supabase, item.id));
      refresh('receipts');
    } catch {
      // Nothing is lost: the item is still marked.
    }
  };
  const fixReceipt = async (changes: ReceiptChanges) => {
    if (!receiptId) return;
    queries.setQueryData<Review>(['receipts', 'review', receiptId], await correctReceipt(supabase, receiptId, changes));
    refresh('receipts', 'inventory', 'statistics', 'prices');
  };
  const join = async (partId: string) => {
    if (!receiptId) return;
    queries.setQueryData<Review>(['receipts', 'review', receiptId], await joinReceipts(supabase, [receiptId, partId]));
    refresh('receipts', 'inventory', 'statistics', 'prices');
  };
  const addLine = async (line: MissedLine) => {
    if (!receiptId) return;
    const added = await addMissedLine(supabase, receiptId, line);
    change((items) => [...items.filter(({ id }) => id !== added.id), added]);
    refresh('receipts', 'statistics', 'prices');
  };
  const unadd = useMutation({
    mutationFn: async ({ lots, dismissed }: { lots: readonly AddedLot[]; dismissed: readonly string[] }) => {
      if (review) await undoAdding(supabase, review.receipt.id, lots, dismissed);
    },
    onSuccess: (_, { lots, dismissed }) => {
      for (const { id } of lots) showChanged(queries, id, null);
      setStatus([...lots.map(({ receipt_item_id }) => receipt_item_id), ...dismissed], 'pending');
    },
    onSettled: () => refresh('receipts', 'inventory', 'statistics'),
  });
  /** Does nothing while it adds something else. */
  const addOnce = (addition: Addition, onAdded: (lots: AddedLot[]) => void, onError: (error: unknown) => void) =>
    run(() => add.mutateAsync(addition).then(onAdded, onError));
  // All that run, not only those that were pressed last.
  const decided = useMutationState({
    filters: { mutationKey: deciding, status: 'pending' },
    select: ({ state }) => state.variables as readonly string[],
  }).flat();
  const busy = add.isPending || unadd.isPending || decided.length > 0;
  const busyWith = (itemId: string) => (add.isPending && (add.variables.itemId ?? itemId) === itemId) || decided.includes(itemId);
  const corrections = { correct, confirm, correctAmount: fixAmount, correctReceipt: fixReceipt, join, addLine };
  return { query, edits, edit, ...corrections, add: addOnce, unadd, drop, takeBack, busy, busyWith };
}
