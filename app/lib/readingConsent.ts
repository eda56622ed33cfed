// Consent to keep printed lines whose names the user corrects; docs/app.md describes the API.
import { take } from './problem';
import type { Supabase } from './supabase';

/** Whether the user agrees; not before they have said so. */
export async function loadReadingConsent(supabase: Supabase): Promise<boolean> {
  const rows = await take(supabase.from('reading_consents').select('given_at').limit(1));
  return rows.length > 0;
}

/** Gives or withdraws the consent; withdrawing deletes what was kept. */
export async function setReadingConsent(supabase: Supabase, allowed: boolean): Promise<boolean> {
  return take(supabase.rpc('set_reading_consent', { allowed }));
}
