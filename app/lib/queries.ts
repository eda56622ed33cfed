// The queries behind the screens. Realtime invalidates them at once; polling refreshes them otherwise.
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useIsFocused } from 'expo-router';
import { useEffect, useRef, useSyncExternalStore } from 'react';

import { useBackend } from './backend';
import { priceChanges, priceHistory, type Purchase } from './corrections';
import { findLot, history, listInventory, type Lot, type LotDetail, type NameSuggestion, suggestNames } from './inventory';
import {
  type Edit,
  findReceipt,
  type Item,
  listCategories,
  type ListedReceipt,
  listReceipts,
  listWaiting,
  photoUrl,
  type ReceiptRow,
  RECEIPTS_PAGE,
  type Review,
  reviewReceipt,
  searchReceipts,
  suggestionQuery,
} from './receipts';
import { listRunningLow, loadStatistics, spendingByMonth } from './statistics';
import type { Upload } from './uploads';
import { suggestUseBy, type Suggestion, type UseByQuery } from './useBy';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** The debounce of a text that is being typed. */
const PAUSE = 0.3 * SECOND;

const unfinished = (row: Pick<ReceiptRow, 'status'> | null | undefined) =>
  row?.status !== 'done' && row?.status !== 'failed';
const waits = ({ items }: Review) => items.some(({ status, is_food }) => status === 'pending' && is_food);

/**
 * For queries that are limited or costly: a screen below another one does not send them again, but once it is shown.
 * Screens stay below those that they open.
 */
const useShown = () => ({ subscribed: useIsFocused() });

/**
 * For queries that poll while `useIsFocused`: fetches once when the screen is shown again. What changes on this device or,
 * with Realtime, on another one is fetched at once, also for screens that are not shown.
 */
function useRefetchWhenShown<Query extends { refetch: (options: { cancelRefetch: boolean }) => unknown }>(query: Query): Query {
  const isShown = useIsFocused();
  const { refetch } = query;
  const wasHidden = useRef(false);
  useEffect(() => {
    if (isShown && wasHidden.current) void refetch({ cancelRefetch: false });
    wasHidden.current = !isShown;
  }, [isShown, refetch]);
  return query;
}

export function useUploads(): readonly Upload[] {
  const { uploads } = useBackend();
  return useSyncExternalStore(uploads.subscribe, uploads.snapshot, uploads.snapshot);
}

/** The signed-in user's own. */
export function useOwnUploads(): readonly Upload[] {
  const { session } = useBackend();
  return useUploads().filter(({ userId }) => userId === session?.user.id);
}

/** The receipts that match a search; off while it is empty. */
export function useReceiptSearch(text: string) {
  const { supabase } = useBackend();
  return useQuery({
    queryKey: ['receipts', 'search', text],
    queryFn: async ({ signal }) => {
      // If the user types on, the query is cancelled before it sends a request.
      await pause(signal);
      return searchReceipts(supabase, text);
    },
    enabled: text !== '',
    placeholderData: (before) => before,
  });
}

async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  if (signal.aborted) throw new Error('The text was edited again.');
}

/** The receipts of the pages that were fetched so far. */
export function useReceipts() {
  const { supabase, live } = useBackend();
  const isShown = useIsFocused();
  const query = useInfiniteQuery({
    queryKey: ['receipts', 'list'],
    queryFn: ({ pageParam }) => listReceipts(supabase, pageParam),
    initialPageParam: 0,
    getNextPageParam: (last: ListedReceipt[], pages) => (last.length < RECEIPTS_PAGE ? null : pages.length * RECEIPTS_PAGE),
    // A new receipt moves the others to the next page.
    select: ({ pages }) => [...new Map(pages.flat().map((receipt) => [receipt.id, receipt])).values()],
    refetchInterval: ({ state }) =>
      isShown && (live ? MINUTE : state.data?.pages.flat().some(unfinished) ? 2 * SECOND : 10 * SECOND),
  });
  return useRefetchWhenShown(query);
}

/** All receipts with food that waits for the user's decision. */
export function useWaiting() {
  const { supabase, live } = useBackend();
  const isShown = useIsFocused();
  const query = useQuery({
    queryKey: ['receipts', 'waiting'],
    queryFn: () => listWaiting(supabase),
    refetchInterval: isShown && (live ? MINUTE : 3 * SECOND),
  });
  return useRefetchWhenShown(query);
}

/** The receipt's row, whatever its status; null until its photo is uploaded. */
export function useReceipt(by: { id: string } | { path: string }) {
  const { supabase, live } = useBackend();
  const isShown = useIsFocused();
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ['receipts', by],
    queryFn: () => findReceipt(supabase, by),
    // What the list shows already: the review of a receipt that was read need not wait.
    placeholderData: () => {
      const list = queries.getQueryData<{ pages: ListedReceipt[][] }>(['receipts', 'list'])?.pages.flat();
      return list?.find(({ id, status }) => 'id' in by && id === by.id && status === 'done');
    },
    refetchInterval: ({ state }) => isShown && (unfinished(state.data) ? (live ? 10 * SECOND : SECOND) : MINUTE),
  });
  return useRefetchWhenShown(query);
}

export function useReview(receiptId: string | undefined) {
  const { supabase, live } = useBackend();
  return useQuery({
    queryKey: ['receipts', 'review', receiptId],
    queryFn: () => reviewReceipt(supabase, receiptId as string),
    enabled: receiptId !== undefined,
    // Another device may decide, too, until nothing waits.
    refetchInterval: ({ state: { data } }) =>
      live || (data && !unfinished(data.receipt) && !waits(data)) ? MINUTE : 5 * SECOND,
    ...useShown(),
  });
}

/** By how many percent the items' prices differ from the last purchases; without those that were never bought. */
export function usePriceChanges(receiptId: string): Record<string, number> {
  const { supabase } = useBackend();
  const { data } = useQuery({
    queryKey: ['prices', 'changes', receiptId],
    queryFn: () => priceChanges(supabase, receiptId),
    staleTime: MINUTE,
  });
  return data ?? {};
}

/** What the user paid for a product lately; empty until it is known. */
export function usePriceHistory({ name, gtin14 }: { name: string; gtin14: string | null }): Purchase[] {
  const { supabase } = useBackend();
  const { data } = useQuery({
    queryKey: ['prices', 'history', name, gtin14],
    queryFn: () => priceHistory(supabase, { name, gtin14 }),
    staleTime: MINUTE,
  });
  return data ?? [];
}

export function useCategories() {
  const { supabase } = useBackend();
  return useQuery({ queryKey: ['categories'], queryFn: () => listCategories(supabase), staleTime: 60 * MINUTE });
}

/** `data` is undefined while the request runs, and without a connection. */
export type Suggested = { data: Suggestion | undefined; asking: boolean };

/** The suggested storage and date. `suggestion` is a suggestion that needs no request. */
export function useSuggestion(query: UseByQuery | null, suggestion?: Suggestion): Suggested {
  const { supabase } = useBackend();
  const { data, fetchStatus } = useQuery({
    queryKey: ['use-by', query],
    queryFn: async ({ signal }) => {
      // If the user types on, the query is cancelled before it sends a request.
      await pause(signal);
      return suggestUseBy(supabase, query as UseByQuery);
    },
    enabled: query !== null && query.name !== '',
    initialData: suggestion,
    // Keep the date while a name is typed: in the same storage it rarely changes.
    placeholderData: (before, previous) =>
      withoutName(previous?.queryKey[1]) === withoutName(query) ? before : undefined,
    staleTime: 10 * MINUTE,
  });
  return { data, asking: fetchStatus === 'fetching' };
}

/** Everything except the name, for comparison. */
function withoutName(query: unknown): string {
  return JSON.stringify({ ...(query as UseByQuery | null), name: '' });
}

/** The suggested storage and date of an item with the user's edits, counted from the purchase date. */
export function useItemSuggestion(item: Item, edit: Edit = {}, purchasedOn: string): Suggested {
  const query = suggestionQuery(item, edit, purchasedOn);
  const suggested = useSuggestion(query);
  return query ? suggested : { data: item.suggestion, asking: false };
}

/** Reads what `useItemSuggestion` has received for an edited item. */
export function useReceivedSuggestion(): (item: Item, edit: Edit, purchasedOn: string) => Suggestion | undefined {
  const queries = useQueryClient();
  return (item, edit, purchasedOn) => queries.getQueryData(['use-by', suggestionQuery(item, edit, purchasedOn)]);
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
  const isShown = useIsFocused();
  const query = useQuery({
    queryKey: ['inventory', 'list'],
    queryFn: () => listInventory(supabase),
    // Many lots take several requests.
    refetchInterval: ({ state }) =>
      isShown && (live ? MINUTE : (state.data?.length ?? 0) < 1000 ? 3 * SECOND : 30 * SECOND),
  });
  return useRefetchWhenShown(query);
}

/** Names to choose from while one is typed. */
export function useNameSuggestions(typed: string): NameSuggestion[] {
  const { supabase } = useBackend();
  const { data } = useQuery({
    queryKey: ['names', typed],
    queryFn: async ({ signal }) => {
      await pause(signal);
      return suggestNames(supabase, typed);
    },
    enabled: typed !== '',
    placeholderData: (before) => before,
    staleTime: MINUTE,
  });
  return typed ? (data ?? []) : [];
}

/** What this month and the one before have cost; fetched again when the list has other receipts of this month. */
export function useSpending(receipts: readonly { id: string }[]) {
  const { supabase } = useBackend();
  const shown = useShown();
  const query = useQuery({
    queryKey: ['statistics', 'spending'],
    queryFn: () => spendingByMonth(supabase, 2),
    refetchInterval: MINUTE,
    ...shown,
  });
  const { refetch } = query;
  const ids = receipts.map(({ id }) => id).join();
  const before = useRef(ids);
  useEffect(() => {
    if (shown.subscribed && before.current !== ids) void refetch();
    before.current = ids;
  }, [ids, refetch, shown.subscribed]);
  return query;
}

export function useRunningLow() {
  const { supabase } = useBackend();
  return useQuery({
    queryKey: ['statistics', 'low'],
    queryFn: () => listRunningLow(supabase),
    refetchInterval: MINUTE,
    ...useShown(),
  });
}

export function useStatistics() {
  const { supabase } = useBackend();
  return useQuery({ queryKey: ['statistics', 'all'], queryFn: () => loadStatistics(supabase), ...useShown() });
}

export function useLot(id: string) {
  const { supabase, live } = useBackend();
  const isShown = useIsFocused();
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ['inventory', id],
    queryFn: async (): Promise<LotDetail> => {
      const [lot, steps] = await Promise.all([findLot(supabase, id), history(supabase, id)]);
      return { lot, steps };
    },
    // What the list shows already.
    placeholderData: () => {
      const lot = queries.getQueryData<Lot[]>(['inventory', 'list'])?.find((each) => each.id === id);
      return lot && { lot, steps: [] };
    },
    refetchInterval: isShown && (live ? MINUTE : 3 * SECOND),
  });
  return useRefetchWhenShown(query);
}
