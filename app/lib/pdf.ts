// Electronic receipts as PDFs, which the server reads like photos. Phones and browsers show them outside the app.
import type { Supabase } from './supabase';

import { Problem } from './problem';
import { BUCKET } from './sendPhoto';

export const PDF = 'application/pdf';

/** For an hour: long enough to look at a receipt. */
const SECONDS = 3600;

export function isPdf(path: string): boolean {
  return path.endsWith('.pdf');
}

/** A link that opens the PDF without the user's token. */
export async function pdfLink(supabase: Supabase, path: string): Promise<string> {
  const { data, error } = await supabase.storage.from(BUCKET).createSignedUrl(path, SECONDS);
  if (error) throw new Problem('photo_missing', true, null, error.message);
  return data.signedUrl;
}
