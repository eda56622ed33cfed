// Leaving for good.
import type { Backend } from './backend';
import { forgetEdits } from './drafts';
import { take } from './problem';

/** Has the account deleted, takes what is theirs off this device and signs out everywhere. May be called again. */
export async function deleteAccount({ supabase, uploads }: Pick<Backend, 'supabase' | 'uploads'>, userId: string): Promise<void> {
  await take(supabase.rpc('request_account_deletion'));
  await uploads.forget(userId);
  await forgetEdits(userId);
  const { error } = await supabase.auth.signOut();
  if (error) throw error;
}
