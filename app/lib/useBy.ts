// Where something is kept, and until when: the server's rules, as docs/app.md describes them.
import type { SupabaseClient } from '@supabase/supabase-js';

import { take } from './problem';

export type Storage = 'pantry' | 'fridge' | 'freezer';
export const STORAGES: readonly Storage[] = ['fridge', 'freezer', 'pantry'];

/** `expires_on` is null where no date applies, or where none is known. */
export type Suggestion = {
  storage: Storage | null;
  expires_on: string | null;
  min_days: number | null;
  max_days: number | null;
  basis: string | null;
  source: string | null;
};

/** Without `storage` the answer has the usual one; days count from today unless `purchased_on` says otherwise. */
export type Asked = { name: string; category: string; storage?: Storage; purchased_on?: string };

export function suggestUseBy(supabase: SupabaseClient, asked: Asked): Promise<Suggestion> {
  return take(supabase.rpc('suggest_use_by', asked));
}
