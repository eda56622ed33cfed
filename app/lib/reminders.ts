// Reminders of use-by dates; docs/app.md describes the API.
import { take } from './problem';
import type { Supabase } from './supabase';

export type Reminders = {
  is_enabled: boolean;
  time_of_day: string;
  days_before: number;
  by_mail: boolean;
  quiet_from: string | null;
  quiet_until: string | null;
  time_zone: string;
  language: string;
};
export type ReminderChanges = Partial<Omit<Reminders, 'quiet_from' | 'quiet_until'>> & {
  /** Empty texts end the quiet hours. */
  quiet_from?: string;
  quiet_until?: string;
};

const COLUMNS = 'is_enabled, time_of_day, days_before, by_mail, quiet_from, quiet_until, time_zone, language';

/** The time zone of this device. */
export const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Null if the user has never set any. */
export async function loadReminders(supabase: Supabase): Promise<Reminders | null> {
  const rows = await take(supabase.from('reminder_settings').select(COLUMNS).limit(1));
  return rows[0] ?? null;
}

export async function setReminders(supabase: Supabase, changes: ReminderChanges): Promise<Reminders> {
  return take(supabase.rpc('set_reminders', changes));
}
