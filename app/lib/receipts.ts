// Receipts and their review; docs/app.md describes the API.
import type { Json } from '../../supabase/database.types';
import type { Supabase } from './supabase';

import type { Config } from './config';
import { dayInKorea, daysUntil } from './dates';
import { type Changed, remove } from './inventory';
import { allRows } from './pages';
import { fetchJson, Problem, sureOf, take, takeById, takeJson } from './problem';
import { BUCKET } from './sendPhoto';
import type { Storage, Suggestion, UseByQuery } from './useBy';

export type Status = 'queued' | 'processing' | 'done' | 'failed';

export type ReceiptRow = {
  id: string;
  object_path: string;
  status: Status;
  error_code: string | null;
  store_name: string | null;
  purchased_at: string | null;
  total: number | null;
  currency: string;
  created_at: string;
};

/** With the number of its foods, and of those that wait for review. */
export type ListedReceipt = ReceiptRow & { food_items: number; waiting_items: number };

export type Category = {
  code: string;
  name_ko: string;
  name_en: string;
  is_food: boolean;
  default_storage: Storage | null;
};

export type ItemStatus = 'pending' | 'added' | 'dismissed';
export type Box = [x0: number, y0: number, x1: number, y1: number];

export type UncertainField = 'name' | 'quantity' | 'unit_price' | 'amount' | 'barcode' | 'category' | 'expires_on';

export type HeadField = 'store_name' | 'purchased_at' | 'total';

export type Item = {
  id: string;
  line_no: number;
  status: ItemStatus;
  raw_text: string;
  name: string;
  quantity: number;
  unit: string | null;
  unit_price: number | null;
  amount: number | null;
  discount: number;
  barcode: string | null;
  box: Box | null;
  /** The photo of the box: that of the receipt, unless several were joined. */
  object_path: string | null;
  /** The day of the item's order if the photo is a list of orders, otherwise null. */
  purchased_on: string | null;
  category: string;
  is_food: boolean;
  uncertain: boolean;
  /** What may be wrong; empty unless `uncertain`. */
  uncertain_fields: UncertainField[];
  why: { decided_by: 'model' | 'alias' | 'alias_elsewhere' | 'product' | 'user'; model_version: string | null };
  /** Null where the user added the item. */
  prediction: { name: string | null; category: string | null; confidence: number | null };
  alternatives: { category: string; confidence: number }[];
  suggestion: Suggestion;
  /** What the barcode's product is called elsewhere, if it has another name: for the user to accept. */
  offer: { name: string; category: string | null; source: string } | null;
  inventory_id: string | null;
};

export type Review = {
  receipt: Omit<ReceiptRow, 'object_path'> & { duplicate_of: string | null; warnings: string[]; uncertain_fields: HeadField[] };
  items: Item[];
  categories: Category[];
};

/** What the user is asked to check about the receipt as a whole, unless a warning asks for it already. */
export function headDoubtsOf({ receipt: { warnings, uncertain_fields } }: Review): HeadField[] {
  const told: Record<HeadField, RegExp> = { store_name: /^$/, purchased_at: /purchase_date$/, total: /^totals_mismatch$/ };
  return uncertain_fields.filter((field) => !warnings.some((warning) => told[field].test(warning)));
}

/** The user's edits of an item before it is added. `category` stays until `category_feedback` has it. */
export type Edit = {
  name?: string;
  category?: string;
  quantity?: number;
  unit?: string | null;
  storage?: Storage;
  expires_on?: string | null;
};

const COLUMNS = 'id, object_path, status, error_code, store_name, purchased_at, total, currency, created_at';

/** The number of receipts per page of the list. */
export const RECEIPTS_PAGE = 100;

const listed = (supabase: Supabase) =>
  supabase.from('my_receipts').select(`${COLUMNS}, food_items, waiting_items`).order('created_at', { ascending: false }).order('id');

/** A page of the receipts, the latest first. */
export function listReceipts(supabase: Supabase, start = 0): Promise<ListedReceipt[]> {
  return take(listed(supabase).range(start, start + RECEIPTS_PAGE - 1).returns<ListedReceipt[]>());
}

const JOIN_HOURS = 24;

/** Whether another receipt may be a further photo of this one: read, uploaded about the same time. */
export function mayContinue(receipt: Pick<ReceiptRow, 'id' | 'created_at'>, other: ReceiptRow): boolean {
  const hours = Math.abs(Date.parse(other.created_at) - Date.parse(receipt.created_at)) / 3_600_000;
  return other.id !== receipt.id && other.status === 'done' && hours <= JOIN_HOURS;
}

/** All receipts with food that waits for the user's decision, the latest first. */
export function listWaiting(supabase: Supabase): Promise<ListedReceipt[]> {
  return allRows((start, end) => take(listed(supabase).eq('status', 'done').gt('waiting_items', 0).range(start, end).returns<ListedReceipt[]>()));
}

/** The most ids of one request: they are part of its URL. */
const IDS = 100;

/** All receipts whose store or one of whose line items has the text in its name, the latest first. */
export async function searchReceipts(supabase: Supabase, text: string): Promise<ListedReceipt[]> {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  const [byStore, items] = await Promise.all([
    allRows((start, end) => take(listed(supabase).ilike('store_name', pattern).range(start, end).returns<ListedReceipt[]>())),
    allRows((start, end) => take(supabase.from('receipt_items').select('id, receipt_id').ilike('name', pattern).order('id').range(start, end))),
  ]);
  const all = new Map(byStore.map((receipt) => [receipt.id, receipt]));
  const ids = [...new Set(items.map(({ receipt_id }) => receipt_id))].filter((id) => !all.has(id));
  for (let start = 0; start < ids.length; start += IDS) {
    const byItem = await take(listed(supabase).in('id', ids.slice(start, start + IDS)).returns<ListedReceipt[]>());
    for (const receipt of byItem) all.set(receipt.id, receipt);
  }
  return [...all.values()].sort((a, b) => b.created_at.localeCompare(a.created_at));
}

/** Finds a receipt by id or by its photo's path; null until the upload has queued it. */
export async function findReceipt(
  supabase: Supabase,
  by: { id: string } | { path: string },
): Promise<ReceiptRow | null> {
  const [column, value] = 'id' in by ? ['id', by.id] : ['object_path', by.path];
  const rows = await takeById(
    supabase
      .from('my_receipts')
      .select(COLUMNS)
      .eq(column as string, value)
      .order('created_at', { ascending: false })
      .limit(1)
      .returns<ReceiptRow[]>(),
  );
  return rows[0] ?? null;
}

export function listCategories(supabase: Supabase): Promise<Category[]> {
  return take(
    supabase
      .from('categories')
      .select('code, name_ko, name_en, is_food, default_storage')
      .order('sort')
      .returns<Category[]>(),
  );
}

export function reviewReceipt(supabase: Supabase, id: string): Promise<Review> {
  return takeJson<Review>(supabase.rpc('review_receipt', { receipt_id: id }));
}

export async function retryReceipt(supabase: Supabase, id: string): Promise<void> {
  await take(supabase.rpc('retry_receipt', { receipt_id: id }));
}

/** The photo as a data URL, which image views of every platform can show. */
export async function photoUrl(supabase: Supabase, path: string): Promise<string> {
  const { data, error } = await supabase.storage.from(BUCKET).download(path);
  if (error) throw new Problem('photo_missing', true, null, error.message);
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(new Problem('photo_missing', true));
    reader.readAsDataURL(data);
  });
}

/** Corrects the category and returns the updated item. Idempotent. */
export function correctCategory(config: Config, token: string, itemId: string, category: string): Promise<Item> {
  return fetchJson(config.categoryFeedbackUrl, token, {
    method: 'POST',
    body: JSON.stringify({ receipt_item_id: itemId, category }),
  });
}

/** An item with the user's local edits. Storage and date depend on them: see `suggestionQuery`. */
export function edited(item: Item, edit: Edit = {}) {
  return {
    name: edit.name ?? item.name,
    quantity: edit.quantity ?? item.quantity,
    unit: edit.unit === undefined ? item.unit : edit.unit,
    category: edit.category ?? item.category,
  };
}

/** Whether the photo may show a menu or a price list: nothing on it says where, when and for how much it was bought. */
export function mayBeNoReceipt({ receipt: { warnings } }: Review): boolean {
  return ['no_store', 'no_total', 'no_purchase_date'].every((warning) => warnings.includes(warning));
}

/** The parts of the editor, in order. */
export const EDITABLE = ['name', 'quantity', 'expires_on', 'amount', 'category'] as const;
export type Doubt = (typeof EDITABLE)[number];

/** The parts of an item that the user should check, in the editor's order; of an item in the inventory none. */
export function doubtsOf({ uncertain_fields, status }: Item, edit: Edit = {}): Doubt[] {
  if (status === 'added') return [];
  const doubtful = uncertain_fields.map((field): Doubt => {
    if (field === 'unit_price') return 'amount';
    // A code tells the user nothing: what may be wrong with it is the product.
    return field === 'barcode' ? 'name' : field;
  });
  return EDITABLE.filter((part) => doubtful.includes(part) && (part === 'amount' || edit[part] === undefined));
}

/** The members of an edit that differ from what was offered. */
export function changed(item: Item, edit: Edit): Edit {
  const { name, category, quantity, unit, storage, expires_on } = edit;
  const changes: Edit = {};
  if (name !== undefined && name !== item.name) changes.name = name;
  // Choosing the present category of an uncertain item confirms it.
  if (category !== undefined && (category !== item.category || item.uncertain)) changes.category = category;
  if (quantity !== undefined && quantity !== item.quantity) changes.quantity = quantity;
  if (unit !== undefined && unit !== item.unit) changes.unit = unit;
  if (storage !== undefined && storage !== offeredStorage(item, changes)) changes.storage = storage;
  if (expires_on !== undefined && (suggestionQuery(item, changes) || expires_on !== item.suggestion.expires_on)) {
    changes.expires_on = expires_on;
  }
  return changes;
}

/** The arguments for `suggest_use_by` if the user's edits make the item's own suggestion invalid; otherwise null. */
export function suggestionQuery(item: Item, edit: Edit, purchasedOn?: string): UseByQuery | null {
  const { name = item.name, category = item.category, storage = offeredStorage(item, edit) } = edit;
  if (name === item.name && category === item.category && storage === item.suggestion.storage) return null;
  return { name, category, ...(storage && { storage }), ...(purchasedOn && { purchased_on: purchasedOn }) };
}

/** The suggested storage applies only to the suggested category. */
function offeredStorage(item: Item, { category = item.category }: Edit): Storage | null {
  return category === item.category ? item.suggestion.storage : null;
}

/** The purchase date: the printed one, or the upload date. */
export function purchaseDay({ purchased_at, created_at }: Pick<ReceiptRow, 'purchased_at' | 'created_at'>): string {
  return purchased_at?.slice(0, 10) ?? dayInKorea(new Date(created_at));
}

/**
 * Adds all pending food with the user's edits in one idempotent call, and dismisses the items in `without`. Returns the
 * lots.
 */
export async function addAll(
  supabase: Supabase,
  review: Review,
  edits: Readonly<Record<string, Edit>>,
  without: readonly string[] = [],
): Promise<AddedLot[]> {
  const decisions = toAdd(review, edits).map(({ id }) =>
    without.includes(id) ? { receipt_item_id: id, dismiss: true } : { receipt_item_id: id, ...edits[id] },
  );
  return decide(supabase, review.receipt.id, decisions);
}

/** From this many days after its date, food is hardly in the kitchen any more. */
const LONG_DAYS = 7;

/**
 * The items that would be added long after their use-by date, as those of an old receipt are. `known` is the suggestion
 * for an edited item if it has arrived.
 */
export function longExpired(
  items: readonly Item[],
  edits: Readonly<Record<string, Edit>>,
  today: string,
  known: (item: Item, edit: Edit) => Suggestion | undefined,
): { item: Item; name: string; days: number }[] {
  return items.flatMap((item) => {
    const edit = edits[item.id] ?? {};
    // Until the date for another name, category or storage is known, the one that was read is the best guess.
    const suggested = (suggestionQuery(item, edit) && known(item, edit)) || item.suggestion;
    const date = edit.expires_on === undefined ? suggested.expires_on : edit.expires_on;
    const days = date ? daysUntil(today, date) : 0;
    return days > LONG_DAYS ? [{ item, name: edited(item, edit).name, days }] : [];
  });
}

/** The items that "add all" adds. */
export function toAdd({ items, categories }: Review, edits: Readonly<Record<string, Edit>>): Item[] {
  return items.filter((item) => item.status === 'pending' && isFood(item, edits[item.id], categories));
}

/** An edited category counts even before it is sent. */
export function isFood(item: Item, edit: Edit | undefined, categories: readonly Category[]): boolean {
  const chosen = edit?.category;
  return chosen ? categories.some(({ code, is_food }) => code === chosen && is_food) : item.is_food;
}

/** A lot that a line item has become. */
export type AddedLot = Changed & { id: string; receipt_item_id: string };

/** Undoes adding: the lots are gone, and their items pending, as are the items in `dismissed`. Idempotent. */
export async function undoAdding(
  supabase: Supabase,
  receiptId: string,
  lots: readonly AddedLot[],
  dismissed: readonly string[],
): Promise<void> {
  for (const { id } of lots) await remove(supabase, id);
  await restore(supabase, receiptId, [...lots.map(({ receipt_item_id }) => receipt_item_id), ...dismissed]);
}

export async function addOne(supabase: Supabase, receiptId: string, itemId: string, edit: Edit): Promise<AddedLot[]> {
  return decide(supabase, receiptId, [{ receipt_item_id: itemId, ...edit }]);
}

export async function dismiss(supabase: Supabase, receiptId: string, itemIds: readonly string[]): Promise<void> {
  await decide(supabase, receiptId, itemIds.map((id) => ({ receipt_item_id: id, dismiss: true })));
}

/** Undoes `dismiss`: the items are pending again. */
export async function restore(supabase: Supabase, receiptId: string, itemIds: readonly string[]): Promise<void> {
  await decide(supabase, receiptId, itemIds.map((id) => ({ receipt_item_id: id, restore: true })));
}

async function decide(supabase: Supabase, receiptId: string, items: Json[]): Promise<AddedLot[]> {
  const rows = await sureOf(() => take(supabase.rpc('add_receipt_to_inventory', { receipt_id: receiptId, items })));
  return rows as AddedLot[];
}
