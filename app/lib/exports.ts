// The user's inventory and spending as CSV files; docs/app.md describes the API.
import { take } from './problem';
import type { Supabase } from './supabase';

export type ExportKind = 'inventory' | 'spending';

/** Excel reads UTF-8 only after this mark. */
const MARK = '\ufeff';
/** More than a user can have; the server also limits the pages per day. */
const MOST_PAGES = 200;

export async function exportCsv(supabase: Supabase, kind: ExportKind): Promise<string> {
  let file = MARK;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const part = await take(supabase.rpc(`export_${kind}`, { format: 'csv', page }));
    if (page > 0 && !part) break;
    file += part;
  }
  return file;
}
