// Where the backend is. One web build serves every stack: it fetches its configuration from its own server.
import { Platform } from 'react-native';

import { Problem } from './problem';
import { limitedFetch } from './timeLimit';

export type Config = {
  supabaseUrl: string;
  supabaseKey: string;
  barcodeLookupUrl: string;
  categoryFeedbackUrl: string;
  /** Whether the environment sends reminders by mail. */
  reminderMails: boolean;
};

const builtIn: Partial<Config> = {
  supabaseUrl: process.env.EXPO_PUBLIC_SUPABASE_URL,
  supabaseKey: process.env.EXPO_PUBLIC_SUPABASE_KEY,
  barcodeLookupUrl: process.env.EXPO_PUBLIC_BARCODE_LOOKUP_URL,
  categoryFeedbackUrl: process.env.EXPO_PUBLIC_CATEGORY_FEEDBACK_URL,
  reminderMails: process.env.EXPO_PUBLIC_REMINDER_MAILS === 'true',
};

/** Throws if the server has no configuration or a value is missing. */
export async function loadConfig(): Promise<Config> {
  if (Platform.OS !== 'web') return checked(builtIn);
  const answer = await limitedFetch('/config.json', { cache: 'no-cache' }).catch(() => {
    throw new Problem('offline', true);
  });
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  return checked(await answer.json());
}

function checked(values: Partial<Config>): Config {
  const { supabaseUrl, supabaseKey, barcodeLookupUrl, categoryFeedbackUrl, reminderMails = false } = values;
  if (!supabaseUrl || !supabaseKey || !barcodeLookupUrl || !categoryFeedbackUrl) {
    throw new Error('The configuration needs supabaseUrl, supabaseKey, barcodeLookupUrl and categoryFeedbackUrl.');
  }
  return { supabaseUrl, supabaseKey, barcodeLookupUrl, categoryFeedbackUrl, reminderMails };
}
