// Account deletion.
import type { Backend } from './backend';
import { forgetEdits } from './drafts';
import { take } from './problem';

/** Requests deletion of the account, removes the user's data from this device and signs out everywhere. Idempotent. */
export async function deleteAccount(
  { supabase, uploads, signOut }: Pick<Backend, 'supabase' | 'uploads' | 'signOut'>,
  userId: string,
): Promise<void> {
  await take(supabase.rpc('request_account_deletion'));
  await uploads.forget(userId);
  await forgetEdits(userId);
  await signOut('everywhere');
}
