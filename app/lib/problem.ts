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

/**
 * Whether to send a query again that has failed so often. Over a limit it is not, because each attempt may count; without
 * a connection only once, because each attempt may last until its time limit.
 */
export function isWorthRetry(failures: number, error: unknown): boolean {
  const { retryable, code } = problemOf(error);
  return retryable && code !== 'rate_limited' && failures < (code === 'offline' ? 1 : 2);
}

/** Postgres' code for a text that is no value of its type, such as an id that was cut off. */
const INVALID_TEXT = '22P02';

/** The data of a supabase-js call. Throws a Problem. */
export async function take<T>(
  call: PromiseLike<{ data: T; error: PostgrestError | null; status: number }>,
): Promise<NonNullable<T>> {
  const { data, error, status } = await call;
  if (!error) return data as NonNullable<T>;
  // supabase-js reports status 0 when there was no response.
  if (status === 0) throw new Problem('offline', true, null, error.message);
  if (error.hint && error.code?.startsWith('PT')) {
    const wait = error.hint === 'rate_limited' ? Number(error.details) || null : null;
    throw new Problem(error.hint, wait !== null, wait, error.message);
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
    if (error instanceof Problem && error.code === 'offline') return call();
    throw error;
  }
}

/** The JSON response of a function. Throws its problem+json as a Problem. */
export async function fetchJson<T>(url: string, token: string, init: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetchWithin(FUNCTION_MS, url, {
      ...init,
      headers: { Authorization: `Bearer ${token}`, ...(init.body ? { 'Content-Type': 'application/json' } : {}) },
    });
  } catch {
    throw new Problem('offline', true);
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok && body) return body as T;
  // The connection ended in the middle.
  if (answer.ok) throw new Problem('offline', true);
  const wait = Number(answer.headers.get('Retry-After')) || null;
  // Without a code, the response comes from the platform in front of the function.
  const code = body?.code ?? (answer.status === 429 ? 'rate_limited' : 'fault');
  throw new Problem(code, body?.retryable ?? (answer.status === 429 || answer.status >= 500), wait, body?.detail);
}
