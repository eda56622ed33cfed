// One error type for everything that can fail, with a code that has a text for users.
import { AuthError, type PostgrestError } from '@supabase/supabase-js';

import { FUNCTION_MS, fetchWithin } from './timeLimit';

/** `code` is the hint of a database error, the code of a function's error, `offline` or `fault`. */
export class Problem extends Error {
  /** When the wait ends, in milliseconds since 1970. */
  readonly retryAt: number | null;

  constructor(
    readonly code: string,
    readonly retryable: boolean,
    readonly retryAfterS: number | null = null,
    detail = code,
    /** Whether the user has waited long for it: another attempt, unasked, would take as long. */
    readonly isLate = false,
    /** The day that stands against it, such as that of a step before the purchase. */
    readonly day: string | null = null,
  ) {
    super(detail);
    this.name = 'Problem';
    this.retryAt = retryAfterS && Date.now() + retryAfterS * 1000;
  }
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof AuthError) {
    return error.status ? new Problem(error.code ?? 'fault', false, null, error.message) : new Problem('offline', true);
  }
  return new Problem('fault', true, null, String(error));
}

/** Whether to send a query again that has failed so often. Over a limit it is not: each attempt may count. */
export function isWorthRetry(failures: number, error: unknown): boolean {
  const { retryable, code, isLate } = problemOf(error);
  return retryable && code !== 'rate_limited' && !isLate && failures < 2;
}

/** A call without an answer is late from then on, in ms. */
const LATE_MS = 10_000;
const noAnswer = (startedAt: number, detail?: string) => new Problem('offline', true, null, detail, Date.now() - startedAt > LATE_MS);

/** Postgres' code for a text that is no value of its type, such as an id that was cut off. */
const INVALID_TEXT = '22P02';

/** The data of a supabase-js call. Throws a Problem. */
export async function take<T>(
  call: PromiseLike<{ data: T; error: PostgrestError | null; status: number }>,
): Promise<NonNullable<T>> {
  const startedAt = Date.now();
  const { data, error, status } = await call;
  if (!error) return data as NonNullable<T>;
  // supabase-js reports status 0 when there was no response.
  if (status === 0) throw noAnswer(startedAt, error.message);
  if (error.hint && error.code?.startsWith('PT')) {
    const wait = error.hint === 'rate_limited' ? Number(error.details) || null : null;
    const day = error.hint === 'purchase_after_step' ? error.details : null;
    throw new Problem(error.hint, wait !== null, wait, error.message, false, day);
  }
  if (error.code === INVALID_TEXT) throw new Problem('malformed', false, null, error.message);
  throw new Problem(status === 401 ? 'unauthorized' : 'fault', status >= 500, null, error.message);
}

/** The rows of a query for an id: none for a text that is no id, as in an address that was cut off. */
export async function takeById<T>(
  call: PromiseLike<{ data: T[] | null; error: PostgrestError | null; status: number }>,
): Promise<T[]> {
  return take(call).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'malformed') return [];
    throw error;
  });
}

/** The result of a function that returns JSON, whose form docs/app.md describes. Throws like `take`. */
export async function takeJson<T>(
  call: PromiseLike<{ data: unknown; error: PostgrestError | null; status: number }>,
): Promise<T> {
  return (await take(call)) as T;
}

/** Retries an idempotent call once if its response was lost. */
export async function sureOf<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Problem && error.code === 'offline' && !error.isLate) return call();
    throw error;
  }
}

/** The JSON response of a function. Throws its problem+json as a Problem. */
export async function fetchJson<T>(url: string, token: string, init: RequestInit = {}): Promise<T> {
  const startedAt = Date.now();
  let answer: Response;
  try {
    answer = await fetchWithin(FUNCTION_MS, url, {
      ...init,
      headers: { Authorization: `Bearer ${token}`, ...(init.body ? { 'Content-Type': 'application/json' } : {}) },
    });
  } catch {
    throw noAnswer(startedAt);
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok && body) return body as T;
  // The connection ended in the middle.
  if (answer.ok) throw noAnswer(startedAt);
  const wait = Number(answer.headers.get('Retry-After')) || null;
  // Without a code, the response comes from the platform in front of the function.
  const code = body?.code ?? (answer.status === 429 ? 'rate_limited' : 'fault');
  throw new Problem(code, body?.retryable ?? (answer.status === 429 || answer.status >= 500), wait, body?.detail);
}
