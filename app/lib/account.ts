// Account deletion.
import type { Backend } from './backend';
import { forgetEdits } from './drafts';
import { take } from './problem';

/**
 * Requests deletion of the account, removes the user's data from this device and signs out everywhere. Idempotent.
 * `onRequested` is called in between: from there on, what is left to do needs no dialog, whose entry in a browser's
 * history must be gone before the sign-out changes the screen.
 */
export async function deleteAccount(
  { supabase, uploads, signOut }: Pick<Backend, 'supabase' | 'uploads' | 'signOut'>,
  userId: string,
  onRequested: () => void,
): Promise<void> {
  await take(supabase.rpc('request_account_deletion'));
  onRequested();
  await uploads.forget(userId);
  await forgetEdits(userId);
  await signOut('everywhere');
}
