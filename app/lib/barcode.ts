// Barcode look-ups; docs/barcodes.md describes the API.
import type { Supabase } from './supabase';

import type { Config } from './config';
import { addDays } from './dates';
import { fetchJson, Problem, take } from './problem';
import type { Storage, Suggestion } from './useBy';

/** The barcode types found on products, by expo-camera's names. */
export const BARCODE_TYPES = ['ean13', 'ean8', 'upc_a', 'upc_e', 'itf14', 'code128', 'qr', 'datamatrix'] as const;

export type Product = {
  name: string;
  /** The Korean name on receipts, if the name is a foreign one. */
  printed_name: string | null;
  brand: string | null;
  quantity: string | null;
  image_url: string | null;
  category: { code: string; name_ko: string; name_en: string; confidence: number | null } | null;
  storage: Storage | null;
  use_by: { basis: string | null; min_days: number | null; max_days: number | null; source: string | null } | null;
  source: { id: string; name: string; link: string | null; attribution: string | null; outdated: boolean };
};

export type Answer = {
  outcome: 'found' | 'not_found' | 'incomplete' | 'in_store_code';
  barcode: string;
  gtin14: string;
  package_date: { date: string; kind: string } | null;
  /** The carton that was scanned; the product is the one inside. */
  carton: { gtin14: string | null; count: number | null } | null;
  product: Product | null;
  retry_after_s: number | null;
};

export type LookUp = Answer | { outcome: 'invalid' };

export async function lookUp(config: Config, token: string, barcode: string): Promise<LookUp> {
  try {
    return await fetchJson<Answer>(`${config.barcodeLookupUrl}?barcode=${encodeURIComponent(barcode)}`, token);
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid_barcode') return { outcome: 'invalid' };
    throw error;
  }
}

/** Tells the server a product's name. Returns what a look-up returns from then on. */
export function nameProduct(
  config: Config,
  token: string,
  barcode: string,
  name: string,
  category: string | null,
): Promise<Answer> {
  return fetchJson(config.barcodeLookupUrl, token, {
    method: 'POST',
    body: JSON.stringify({ barcode, name, ...(category ? { category } : {}) }),
  });
}

/** The usual storage and the use-by date if the product was bought today. */
export function suggestionFor({ storage, use_by }: Product, today: string): Suggestion | undefined {
  if (use_by?.basis !== 'purchase') return undefined;
  return { storage, ...use_by, expires_on: use_by.min_days === null ? null : addDays(today, use_by.min_days) };
}

/** Tells the operators that a name which users or receipts agree on is wrong or offensive. */
export async function reportName(supabase: Supabase, gtin14: string): Promise<void> {
  await take(supabase.rpc('report_product_name', { gtin14 }));
}
