// The account: signing in, changing address and password, deletion.
import AsyncStorage from '@react-native-async-storage/async-storage';
import type { Provider } from '@supabase/supabase-js';

import { redirect, signInElsewhere } from './browser';
import type { Backend } from './backend';
import type { Config } from './config';
import { forgetEdits } from './drafts';
import { Problem, problemOf, take } from './problem';
import type { Supabase } from './supabase';
import { limitedFetch } from './timeLimit';

export const SHORTEST_PASSWORD = 8;
/** The providers for which there is a button, in this order. */
export const PROVIDERS = ['kakao', 'apple', 'google'] as const satisfies readonly Provider[];
export type SocialProvider = (typeof PROVIDERS)[number];

export const isEmail = (text: string) => /^\S+@\S+$/.test(text.trim());

/** What the code in a mail is for. */
export type CodeFor = 'signup' | 'recovery' | 'email_change';

/** The data of a call of Auth. Throws a Problem. */
async function sure<R extends { data: unknown; error: unknown }>(call: Promise<R>): Promise<Extract<R, { error: null }>['data']> {
  const { data, error } = await call;
  if (error) throw problemOf(error);
  return data;
}

/** The providers that the project offers. */
export async function socialProviders({ supabaseUrl, supabaseKey }: Config): Promise<SocialProvider[]> {
  const answer = await limitedFetch(`${supabaseUrl}/auth/v1/settings`, { headers: { apikey: supabaseKey } });
  const { external = {} } = answer.ok ? ((await answer.json()) as { external?: Record<string, boolean> }) : {};
  return PROVIDERS.filter((provider) => external[provider]);
}

/** In a browser this leaves the app, which the provider opens again. Resolves with false if the user cancelled. */
export async function signInWith(supabase: Supabase, provider: SocialProvider): Promise<boolean> {
  const { url } = await sure(
    supabase.auth.signInWithOAuth({ provider, options: { redirectTo: redirect('/'), skipBrowserRedirect: true } }),
  );
  const code = await signInElsewhere(url);
  if (code) await enterWith(supabase, code);
  return code !== null;
}

/** What became of the last code. On Android, the URL that closes a provider's page is also one that opens the app. */
let last: { code: string; done: Promise<unknown> } | undefined;

/** Signs in with the code of a URL, which Auth accepts once. */
async function enterWith(supabase: Supabase, code: string): Promise<void> {
  if (last?.code !== code) last = { code, done: sure(supabase.auth.exchangeCodeForSession(code)) };
  await last.done;
}

const LAST_LINK = 'last-link';

/** Signs in with the link of a mail that opened the app. A device may open the app with the same link again later. */
export async function enterByLink(supabase: Supabase, url: string): Promise<void> {
  const { searchParams } = new URL(url);
  const code = searchParams.get('code');
  const error = searchParams.get('error_code') ?? searchParams.get('error');
  if (!(code || error) || (await AsyncStorage.getItem(LAST_LINK)) === url) return;
  await AsyncStorage.setItem(LAST_LINK, url);
  if (error) throw new Problem(error, false, null, searchParams.get('error_description') ?? undefined);
  if (code) await enterWith(supabase, code);
}

/** Returns whether the user has to confirm the address first, by the link or the code of a mail. */
export async function signUp(supabase: Supabase, email: string, password: string): Promise<boolean> {
  const options = { emailRedirectTo: redirect('/') };
  const { session } = await sure(supabase.auth.signUp({ email: email.trim(), password, options }));
  return session === null;
}

export async function signIn(supabase: Supabase, email: string, password: string): Promise<void> {
  await sure(supabase.auth.signInWithPassword({ email: email.trim(), password }));
}

/** Sends a mail if the address belongs to an account; the response does not say whether it does. */
export async function askForReset(supabase: Supabase, email: string): Promise<void> {
  await sure(supabase.auth.resetPasswordForEmail(email.trim(), { redirectTo: redirect('/reset-password') }));
}

/** Signs in with the code of a mail. */
export async function enterCode(supabase: Supabase, email: string, code: string, type: CodeFor): Promise<void> {
  await sure(supabase.auth.verifyOtp({ email: email.trim(), token: code.replace(/\s/g, ''), type }));
}

/**
 * `code`: from the mail that `askForCode` sends. Auth asks for it with the error `reauthentication_needed` if the user
 * signed in long ago.
 */
export async function changePassword(supabase: Supabase, password: string, code?: string): Promise<void> {
  await sure(supabase.auth.updateUser({ password, ...(code && { nonce: code.replace(/\s/g, '') }) }));
}

export async function askForCode(supabase: Supabase): Promise<void> {
  await sure(supabase.auth.reauthenticate());
}

/** Returns whether the address has changed; otherwise a mail to the new address has to be confirmed first. */
export async function changeEmail(supabase: Supabase, email: string): Promise<boolean> {
  const address = email.trim().toLowerCase();
  const { user } = await sure(supabase.auth.updateUser({ email: address }, { emailRedirectTo: redirect('/') }));
  return user?.email === address;
}

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
