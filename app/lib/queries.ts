// What the screens show, kept fresh: Realtime has a query asked again at once, polling does so before long.
import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

import { useBackend } from './backend';
import { findLot, history, listInventory } from './inventory';
import {
  askedFor,
  type Edit,
  findReceipt,
  type Item,
  listCategories,
  listReceipts,
  photoUrl,
  type ReceiptRow,
  reviewReceipt,
} from './receipts';
import type { Upload } from './uploads';
import { type Asked, suggestUseBy, type Suggestion } from './useBy';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** So long nobody types on. */
const PAUSE = 0.3 * SECOND;

const unfinished = (row: Pick<ReceiptRow, 'status'> | null | undefined) =>
  row?.status !== 'done' && row?.status !== 'failed';

export function useUploads(): readonly Upload[] {
  const { uploads } = useBackend();
  return useSyncExternalStore(uploads.subscribe, uploads.snapshot, uploads.snapshot);
}

export function useReceipts() {
  const { supabase, live } = useBackend();
  return useQuery({
    queryKey: ['receipts', 'list'],
    queryFn: () => listReceipts(supabase),
    refetchInterval: ({ state }) => (live ? MINUTE : state.data?.some(unfinished) ? 2 * SECOND : 10 * SECOND),
  });
}

/** A receipt while it is on its way: queued, reading, done or failed; null before its photo arrived. */
export function useReceipt(by: { id: string } | { path: string }) {
  const { supabase, live } = useBackend();
  return useQuery({
    queryKey: ['receipts', by],
    queryFn: () => findReceipt(supabase, by),
    refetchInterval: ({ state }) => (unfinished(state.data) ? (live ? 10 * SECOND : SECOND) : false),
  });
}

export function useReview(receiptId: string | undefined) {
  const { supabase } = useBackend();
  return useQuery({
    queryKey: ['receipts', 'review', receiptId],
    queryFn: () => reviewReceipt(supabase, receiptId as string),
    enabled: receiptId !== undefined,
  });
}

export function useCategories() {
  const { supabase } = useBackend();
  return useQuery({ queryKey: ['categories'], queryFn: () => listCategories(supabase), staleTime: 60 * MINUTE });
}

/** `data` is missing while the server is asked, and where it cannot be. */
export type Suggested = { data: Suggestion | undefined; asking: boolean };

/** Place and date for what is asked. `known` is an answer that is there already. */
export function useSuggestion(asked: Asked | null, known?: Suggestion): Suggested {
  const { supabase } = useBackend();
  const { data, fetchStatus } = useQuery({
    queryKey: ['use-by', asked],
    queryFn: async ({ signal }) => {
      // The query of a name that is typed on is cancelled before it was sent.
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      if (signal.aborted) throw new Error('Somebody types on.');
      return suggestUseBy(supabase, asked as Asked);
    },
    enabled: asked !== null && asked.name !== '',
    initialData: known,
    // While a name is typed the date stays: in the same place it rarely changes.
    placeholderData: (before, query) => (place(query?.queryKey[1]) === place(asked) ? before : undefined),
    staleTime: 10 * MINUTE,
  });
  return { data, asking: fetchStatus === 'fetching' };
}

/** All but the name. */
function place(asked: unknown): string {
  return JSON.stringify({ ...(asked as Asked | null), name: '' });
}

/** Place and date of an item as the user changed it, counted from the purchase. */
export function useItemSuggestion(item: Item, edit: Edit = {}, purchasedOn: string): Suggested {
  const asked = askedFor(item, edit, purchasedOn);
  const suggested = useSuggestion(asked);
  return asked ? suggested : { data: item.suggestion, asking: false };
}

export function usePhotoUrl(path: string | undefined) {
  const { supabase } = useBackend();
  return useQuery({
    queryKey: ['photo', path],
    queryFn: () => photoUrl(supabase, path as string),
    enabled: path !== undefined,
    staleTime: Infinity,
    gcTime: 5 * MINUTE,
  });
}

export function useInventory() {
  const { supabase, live } = useBackend();
  return useQuery({
    queryKey: ['inventory', 'list'],
    queryFn: () => listInventory(supabase),
    refetchInterval: live ? MINUTE : 3 * SECOND,
  });
}

export function useLot(id: string) {
  const { supabase, live } = useBackend();
  return useQuery({
    queryKey: ['inventory', id],
    queryFn: async () => ({ lot: await findLot(supabase, id), steps: await history(supabase, id) }),
    refetchInterval: live ? MINUTE : 3 * SECOND,
  });
}
