// Corrections of what was read, and deletion of receipts; docs/app.md describes the API. All calls are idempotent.
import { sureOf, take, takeJson } from './problem';
import type { Item, Review } from './receipts';
import type { Supabase } from './supabase';

export type ReceiptChanges = { store_name?: string; purchased_at?: string; total?: number };

export function correctReceipt(supabase: Supabase, receiptId: string, changes: ReceiptChanges): Promise<Review> {
  return sureOf(() => takeJson<Review>(supabase.rpc('correct_receipt', { receipt_id: receiptId, ...changes })));
}

export function correctAmount(supabase: Supabase, itemId: string, amount: number): Promise<Item> {
  return sureOf(() => takeJson<Item>(supabase.rpc('correct_receipt_item', { receipt_item_id: itemId, amount })));
}

/** The user has checked what was uncertain about an item. */
export function confirmItem(supabase: Supabase, itemId: string): Promise<Item> {
  return sureOf(() => takeJson<Item>(supabase.rpc('correct_receipt_item', { receipt_item_id: itemId, confirmed: true })));
}

/** A line that was not read. `receipt_item_id` is chosen once, for all attempts. */
export type MissedLine = { receipt_item_id: string; name: string; category: string; quantity: number; amount?: number };

export function addMissedLine(supabase: Supabase, receiptId: string, line: MissedLine): Promise<Item> {
  return sureOf(() => takeJson<Item>(supabase.rpc('add_receipt_item', { receipt_id: receiptId, ...line })));
}

/** Joins receipts that are photos of one long receipt, from top to bottom, into the first. */
export function joinReceipts(supabase: Supabase, receiptIds: string[]): Promise<Review> {
  return sureOf(() => takeJson<Review>(supabase.rpc('join_receipts', { receipt_ids: receiptIds })));
}

export async function deleteReceipt(supabase: Supabase, receiptId: string): Promise<void> {
  await sureOf(() => take(supabase.rpc('delete_receipt', { receipt_id: receiptId })));
}

/** Undoes `deleteReceipt`. */
export async function restoreReceipt(supabase: Supabase, receiptId: string): Promise<void> {
  await sureOf(() => take(supabase.rpc('restore_receipt', { receipt_id: receiptId })));
}

/** How the price of an item differs from that of its last purchase, in percent, by the item's id. */
export async function priceChanges(supabase: Supabase, receiptId: string): Promise<Record<string, number>> {
  const rows = await take(supabase.rpc('price_changes', { receipt_id: receiptId }));
  return Object.fromEntries(rows.map(({ receipt_item_id, change_percent }) => [receipt_item_id, change_percent]));
}

const PURCHASES = 5;

export type Purchase = {
  receipt_item_id: string;
  bought_on: string;
  store_name: string | null;
  won_per_unit: number;
  /** Per 100 g or ml, by `size_unit`, if the size is known. */
  won_per_100: number | null;
  size_unit: string | null;
  change_percent: number | null;
};

/** The last purchases of a product, found by its name or its barcode. */
export function priceHistory(supabase: Supabase, { name, gtin14 }: { name: string; gtin14: string | null }): Promise<Purchase[]> {
  return take(supabase.rpc('price_history', { item_name: name, purchases: PURCHASES, ...(gtin14 ? { gtin: gtin14 } : {}) }));
}

const MOST_WON = 100_000_000;

/** An amount in won as the user types it; undefined if the server would refuse it. */
export function wonIn(text: string): number | undefined {
  // Without separators, and the sign for won after the number.
  const plain = text.normalize('NFKC').replace(/[,\s\uc6d0]/g, '');
  const won = Number(plain);
  return /^\d+$/.test(plain) && won <= MOST_WON ? won : undefined;
}
