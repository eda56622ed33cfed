// Storage and use-by dates by the server's rules; docs/app.md describes the API.
import type { Supabase } from './supabase';

import { takeJson } from './problem';

export type Storage = 'pantry' | 'fridge' | 'freezer';
export const STORAGES: readonly Storage[] = ['fridge', 'freezer', 'pantry'];

/** `expires_on` is null if no date applies or none is known. */
export type Suggestion = {
  storage: Storage | null;
  expires_on: string | null;
  min_days: number | null;
  max_days: number | null;
  basis: string | null;
  source: string | null;
};

/** Without `storage` the response has the usual one. Days count from `purchased_on`, or from today. */
export type UseByQuery = { name: string; category: string; storage?: Storage; purchased_on?: string };

export function suggestUseBy(supabase: Supabase, query: UseByQuery): Promise<Suggestion> {
  return takeJson<Suggestion>(supabase.rpc('suggest_use_by', query));
}
