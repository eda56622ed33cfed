// The user's data as files; docs/app.md describes the API.
import { take, takeJson } from './problem';
import type { Supabase } from './supabase';

export type ExportKind = 'inventory' | 'spending';

/** Excel reads UTF-8 only after this mark. */
const MARK = '\ufeff';
/** More than a user can have; the server also limits the pages per day. */
const MOST_PAGES = 200;

/** The type of a file, and its ending. */
export type Format = 'csv' | 'json';

export async function exportFile(supabase: Supabase, kind: ExportKind, format: Format): Promise<string> {
  const parts: string[] = [];
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const part = await take(supabase.rpc(`export_${kind}`, { format, page }));
    // The first page of CSV has the header, also without rows.
    if (part === '[]' || (page > 0 && !part)) break;
    parts.push(part);
  }
  if (format === 'csv') return MARK + parts.join('');
  return JSON.stringify(parts.flatMap((part) => JSON.parse(part) as unknown[]));
}

/** All that is stored about the user, as the pages of `export_my_data`. */
export async function exportEverything(supabase: Supabase): Promise<string> {
  const pages: { next_page: number | null }[] = [];
  for (let page: number | null = 0; page !== null && pages.length < MOST_PAGES; page = pages.at(-1)!.next_page) {
    pages.push(await takeJson<{ next_page: number | null }>(supabase.rpc('export_my_data', { page })));
  }
  return JSON.stringify(pages);
}
