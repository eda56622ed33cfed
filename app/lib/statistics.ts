// What was spent and thrown away; docs/app.md describes the API. Months are given by their first day, in Korea.
import { addDays, dayInKorea } from './dates';
import { take } from './problem';
import type { ListedReceipt } from './receipts';
import type { Supabase } from './supabase';

export type Month = { month: string; won: number };
/** A store's or a category's share of a month; `name` is null where it is unknown. */
export type Share = Month & { name: string | null };
/** `won` is that of the items whose price is known. */
export type Waste = Share & { items: number; unpriced: number };
export type Statistics = { months: Month[]; stores: Share[]; categories: Share[]; waste: Waste[] };

/** The number of months that are shown. */
export const MONTHS = 12;

export async function spendingByMonth(supabase: Supabase, months: number): Promise<Month[]> {
  return take(supabase.rpc('spending_by_month', { months }));
}

export async function loadStatistics(supabase: Supabase): Promise<Statistics> {
  const [months, stores, categories, waste] = await Promise.all([
    spendingByMonth(supabase, MONTHS),
    take(supabase.rpc('spending_by_store', { months: MONTHS })),
    take(supabase.rpc('spending_by_category', { months: MONTHS })),
    take(supabase.rpc('waste_by_month', { months: MONTHS })),
  ]);
  return {
    months,
    stores: stores.map(({ month, won, store_name }) => ({ month, won, name: store_name })),
    categories: categories.map(({ month, won, category }) => ({ month, won, name: category })),
    waste: waste.map(({ month, won, category, items, items_without_price }) => ({
      month,
      won,
      name: category,
      items,
      unpriced: items_without_price,
    })),
  };
}

/** Food that the user buys regularly, and that is due to be bought again. */
export type RunningLow = { name: string; category: string; every_days: number; last_bought_on: string };

/** What the user buys again within a few days by their rhythm, the most overdue first. */
export async function listRunningLow(supabase: Supabase): Promise<RunningLow[]> {
  return take(supabase.rpc('running_low', {}));
}

/** The first day of the present month. */
export function thisMonth(now: Date): string {
  return `${dayInKorea(now).slice(0, 7)}-01`;
}

/** The first days of the last `count` months, the latest last. */
export function lastMonths(latest: string, count: number): string[] {
  const [year = 0, month = 1] = latest.split('-').map(Number);
  return Array.from({ length: count }, (_, i) => {
    const index = year * 12 + month - 1 - (count - 1 - i);
    return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}-01`;
  });
}

/** The receipts that the server counts in the present month. */
export function receiptsOfMonth(receipts: readonly ListedReceipt[], now: Date): ListedReceipt[] {
  const tomorrow = addDays(dayInKorea(now), 1);
  return receipts.filter(({ status, currency, purchased_at, created_at }) => {
    const day = purchased_at?.slice(0, 10) ?? dayInKorea(new Date(created_at));
    return status === 'done' && currency === 'KRW' && day >= thisMonth(now) && day <= tomorrow;
  });
}

export function wonOf(months: readonly Month[], month: string): number {
  return months.filter((each) => each.month === month).reduce((sum, { won }) => sum + won, 0);
}

/** The shares of a month, the largest first. */
export function sharesOf(shares: readonly Share[], month: string): Share[] {
  return shares.filter((share) => share.month === month && share.won > 0).sort((a, b) => b.won - a.won);
}

/** What was thrown away in a month, the most expensive first; food without a price counts too. */
export function wasteOf(waste: readonly Waste[], month: string): Waste[] {
  return waste.filter((each) => each.month === month && each.items > 0).sort((a, b) => b.won - a.won || b.items - a.items);
}
