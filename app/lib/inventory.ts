// The inventory; docs/app.md describes the API.
import type { QueryClient } from '@tanstack/react-query';

import type { Supabase } from './supabase';
import { daysUntil } from './dates';
import { allRows } from './pages';
import { sureOf, take, takeById, takeJson } from './problem';
import type { Storage } from './useBy';

export type Lot = {
  id: string;
  name: string;
  category_id: number;
  gtin14: string | null;
  quantity: number;
  /** What `quantity` was before anything was used. */
  bought_quantity: number | null;
  unit: string | null;
  image_url: string | null;
  storage: Storage | null;
  purchased_on: string | null;
  expires_on: string | null;
  package_expires_on: string | null;
  expiry_basis: 'package' | 'purchase' | 'frozen' | 'opened' | 'thawed' | null;
  expiry_source: string | null;
  opened_on: string | null;
  consumed_at: string | null;
  consumed_reason: Reason | null;
  /** Won paid for the whole lot; null if unknown. */
  price: number | null;
  created_at: string;
  categories: { code: string; name_ko: string; name_en: string };
};

export type Step = {
  id: number;
  action: 'moved' | 'opened' | 'consumed' | 'corrected';
  changes: Record<string, [unknown, unknown]>;
  /** What became of the part that was consumed; null once that is undone. */
  reason: Reason | null;
  changed_at: string;
};

export type LotDetail = { lot: Lot | null; steps: Step[] };

/** Lots of one product, the lot to use first in front. */
export type Product = { key: string; name: string; category: Lot['categories']; lots: [Lot, ...Lot[]] };

export type Freshness = 'expired' | 'soon' | 'week' | 'good' | 'none';

const COLUMNS = '*, categories(code, name_ko, name_en)';

/** All lots that are not used up, the one to use first in front. */
export function listInventory(supabase: Supabase): Promise<Lot[]> {
  return allRows((start, end) =>
    take(
      supabase
        .from('inventory')
        .select(COLUMNS)
        .is('consumed_at', null)
        .order('expires_on', { nullsFirst: false })
        .order('created_at')
        .order('id')
        .range(start, end)
        .returns<Lot[]>(),
    ),
  );
}

export async function findLot(supabase: Supabase, id: string): Promise<Lot | null> {
  const [lot] = await takeById(supabase.from('inventory').select(COLUMNS).eq('id', id).limit(1).returns<Lot[]>());
  return lot ?? null;
}

export function history(supabase: Supabase, id: string): Promise<Step[]> {
  return takeById(
    supabase
      .from('inventory_history')
      .select('id, action, changes, reason, changed_at')
      .eq('inventory_id', id)
      .order('id', { ascending: false })
      .limit(50)
      .returns<Step[]>(),
  );
}

/** What an action has made of a lot: its columns, without what other tables have. */
export type Changed = Partial<Omit<Lot, 'categories'>>;

/** Shows what an action has made of a lot, or that it is gone, before the queries are sent again. */
export function showChanged(queries: QueryClient, id: string, changed: Changed | null): void {
  const { category_id: _, ...row } = changed ?? {}; // its category's name comes with the query
  queries.setQueryData<Lot[]>(['inventory', 'list'], (lots) =>
    lots?.flatMap((lot) => (lot.id !== id ? lot : changed && !row.consumed_at ? { ...lot, ...row } : [])),
  );
  queries.setQueryData<LotDetail>(['inventory', id], (detail) =>
    detail?.lot ? { ...detail, lot: { ...detail.lot, ...row } } : detail,
  );
}

/** Shows lots that were added, before the queries are sent again: those whose category is known. */
export function showAdded<T extends Changed>(
  queries: QueryClient,
  rows: readonly T[],
  categoryOf: (row: T) => Lot['categories'] | undefined,
): void {
  const added = rows.map((row) => ({ ...row, categories: categoryOf(row) }) as unknown as Lot).filter(({ categories }) => categories);
  const order = ({ expires_on, created_at }: Lot) => `${expires_on ?? '9999'} ${created_at}`;
  queries.setQueryData<Lot[]>(['inventory', 'list'], (lots) =>
    lots && [...lots.filter(({ id }) => added.every((lot) => lot.id !== id)), ...added].sort((a, b) => order(a).localeCompare(order(b))),
  );
}

export async function move(supabase: Supabase, id: string, storage: Storage): Promise<Changed> {
  return takeJson<Changed>(supabase.rpc('move_inventory_item', { inventory_id: id, storage }));
}

export async function open(supabase: Supabase, id: string): Promise<Changed> {
  return takeJson<Changed>(supabase.rpc('open_inventory_item', { inventory_id: id }));
}

/** Why food is gone. */
export type Reason = 'eaten' | 'thrown_away' | 'given_away';

export async function consume(supabase: Supabase, id: string, remaining = 0, reason: Reason = 'eaten'): Promise<Changed> {
  return takeJson<Changed>(supabase.rpc('consume_inventory_item', { inventory_id: id, remaining, reason }));
}

/** For lots that were added by mistake: they count neither as eaten nor as thrown away. */
export async function remove(supabase: Supabase, id: string): Promise<void> {
  await take(supabase.rpc('delete_inventory_item', { inventory_id: id }));
}

/** Undoes `remove`. */
export async function putBack(supabase: Supabase, id: string): Promise<void> {
  await take(supabase.rpc('restore_inventory_item', { inventory_id: id }));
}

/** Undoes `consume`: the lot is back with the quantity it has here or, if that is zero, before it was used up. */
export async function restore(supabase: Supabase, lot: Lot): Promise<Changed> {
  return takeJson<Changed>(supabase.rpc('undo_consumption', { inventory_id: lot.id, ...(lot.quantity && { quantity: lot.quantity }) }));
}

export async function change(
  supabase: Supabase,
  id: string,
  changes: Partial<Pick<Lot, 'name' | 'quantity' | 'unit' | 'price' | 'purchased_on' | 'expires_on'>> & { category?: string },
): Promise<Changed> {
  return takeJson<Changed>(supabase.rpc('correct_inventory_item', { inventory_id: id, changes }));
}

/** A lot without a receipt. The server fills in missing members from name and category. */
export type NewLot = {
  /** The idempotency key: the same for every attempt, so that double taps and lost responses add one lot. */
  inventory_id: string;
  name: string;
  category: string;
  gtin?: string;
  quantity: number;
  unit?: string;
  storage?: Storage;
  /** The date on the package. */
  expires_on?: string;
};

/** A name that the user has used, or that households agree on. */
export type NameSuggestion = { name: string; category: string; unit: string | null; gtin14: string | null };

export async function suggestNames(supabase: Supabase, typed: string): Promise<NameSuggestion[]> {
  return take(supabase.rpc('suggest_names', { typed, max_names: 6 }));
}

export function addLot(supabase: Supabase, lot: NewLot): Promise<Changed> {
  return sureOf(() => takeJson<Changed>(supabase.rpc('add_to_inventory', lot)));
}

export function freshness(expiresOn: string | null, today: string): Freshness {
  if (!expiresOn) return 'none';
  const days = daysUntil(expiresOn, today);
  if (days < 0) return 'expired';
  if (days <= 3) return 'soon';
  return days <= 7 ? 'week' : 'good';
}

export type Filter = {
  search: string;
  category: string | null;
  storage: Storage | null;
  /** Only lots that are past their date or near it. */
  soon: boolean;
};

export const EVERYTHING: Filter = { search: '', category: null, storage: null, soon: false };

/** Whether a lot should be eaten within three days. */
export function isUrgent(lot: Pick<Lot, 'expires_on'>, today: string): boolean {
  return ['expired', 'soon'].includes(freshness(lot.expires_on, today));
}

/** The number of lots to eat first that the start screen shows. */
const FIRST = 3;

/** The lots to eat first: those within a week of their date or past it. `lots` are sorted by date. */
export function toEatFirst(lots: readonly Lot[], today: string): Lot[] {
  return lots.filter((lot) => ['expired', 'soon', 'week'].includes(freshness(lot.expires_on, today))).slice(0, FIRST);
}

/** Groups the matching lots by product. `lots` are sorted by date, and so are the products. */
export function products(lots: readonly Lot[], { search, category, storage, soon }: Filter, today: string): Product[] {
  const pattern = plain(search);
  const byKey = new Map<string, Product>();
  for (const lot of lots) {
    if (category && lot.categories.code !== category) continue;
    if (storage && lot.storage !== storage) continue;
    if (soon && !isUrgent(lot, today)) continue;
    if (pattern && !plain(lot.name).includes(pattern)) continue;
    const key = `${plain(lot.name)} ${lot.category_id}`;
    const product = byKey.get(key);
    if (product) product.lots.push(lot);
    else byKey.set(key, { key, name: lot.name, category: lot.categories, lots: [lot] });
  }
  return [...byKey.values()];
}

/** What is at home of a product. */
export type Stock = {
  amounts: { quantity: number; unit: string | null }[];
  /** How many purchases it is worth, without what is past its date. */
  purchases: number;
};

/** Units are not converted: 2 packs and 300 g stay two amounts. */
export function stockOf(name: string, lots: readonly Lot[], today: string): Stock {
  const held = lots.filter((lot) => plain(lot.name) === plain(name));
  const amounts = new Map<string | null, number>();
  for (const { quantity, unit } of held) amounts.set(unit, (amounts.get(unit) ?? 0) + quantity);
  return {
    amounts: [...amounts].map(([unit, quantity]) => ({ quantity, unit })),
    purchases: held
      .filter(({ expires_on }) => freshness(expires_on, today) !== 'expired')
      .reduce((sum, { quantity, bought_quantity }) => sum + quantity / (bought_quantity ?? quantity), 0),
  };
}

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, '');
}
