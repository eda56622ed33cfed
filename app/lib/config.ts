// Where the backend is. One web build serves every stack: it asks the server that it came from.
import { Platform } from 'react-native';

export type Config = {
  supabaseUrl: string;
  supabaseKey: string;
  barcodeLookupUrl: string;
  categoryFeedbackUrl: string;
};

const builtIn: Partial<Config> = {
  supabaseUrl: process.env.EXPO_PUBLIC_SUPABASE_URL,
  supabaseKey: process.env.EXPO_PUBLIC_SUPABASE_KEY,
  barcodeLookupUrl: process.env.EXPO_PUBLIC_BARCODE_LOOKUP_URL,
  categoryFeedbackUrl: process.env.EXPO_PUBLIC_CATEGORY_FEEDBACK_URL,
};

/** Throws where a value is missing, or where the server has none. */
export async function loadConfig(): Promise<Config> {
  if (Platform.OS !== 'web') return checked(builtIn);
  const answer = await fetch('/config.json', { cache: 'no-cache' });
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  return checked(await answer.json());
}

function checked(given: Partial<Config>): Config {
  const { supabaseUrl, supabaseKey, barcodeLookupUrl, categoryFeedbackUrl } = given;
  if (!supabaseUrl || !supabaseKey || !barcodeLookupUrl || !categoryFeedbackUrl) {
    throw new Error('The configuration needs supabaseUrl, supabaseKey, barcodeLookupUrl and categoryFeedbackUrl.');
  }
  return { supabaseUrl, supabaseKey, barcodeLookupUrl, categoryFeedbackUrl };
}
