// Reminders of use-by dates; docs/app.md describes the API.
import AsyncStorage from '@react-native-async-storage/async-storage';

import { take } from './problem';
import { pushToken } from './push';
import type { Supabase } from './supabase';

export type Reminders = { is_enabled: boolean; time_of_day: string; days_before: number; by_mail: boolean; quiet_from: string | null };
export type ReminderChanges = Partial<Omit<Reminders, 'quiet_from'>> & {
  /** Empty texts end the quiet hours. */
  quiet_from?: string;
  quiet_until?: string;
  time_zone?: string;
  language?: string;
};

/** Where the device's token is stored as long as it is registered. */
const TOKEN = 'push-token';

/** Null if the user has never set any. */
export async function loadReminders(supabase: Supabase): Promise<Reminders | null> {
  const rows = await take(supabase.from('reminder_settings').select('is_enabled, time_of_day, days_before, by_mail, quiet_from').limit(1));
  return rows[0] ?? null;
}

export async function setReminders(supabase: Supabase, changes: ReminderChanges): Promise<Reminders> {
  return take(supabase.rpc('set_reminders', changes));
}

/** Returns whether this device gets notifications. `ask`: whether to ask the user for permission. */
export async function registerDevice(supabase: Supabase, channel: string, ask: boolean): Promise<boolean> {
  const token = await pushToken(channel, ask);
  if (!token) return false;
  await take(supabase.rpc('register_push_token', { token }));
  await AsyncStorage.setItem(TOKEN, token);
  return true;
}

/** Before the user signs out. Without a connection the server keeps the token until another user registers it. */
export async function forgetDevice(supabase: Supabase): Promise<void> {
  const token = await AsyncStorage.getItem(TOKEN);
  if (!token) return;
  await AsyncStorage.removeItem(TOKEN);
  await take(supabase.rpc('remove_push_token', { token })).catch(() => {});
}
