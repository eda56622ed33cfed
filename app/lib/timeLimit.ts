// Time limits of requests: a network that swallows packets never answers, and a call without a limit never ends.

/** For a call of the database or of Auth, with its answer. */
const CALL_MS = 20_000;
/** For a call of one of our functions, which may have to start first. */
export const FUNCTION_MS = 30_000;
/** For a file that is downloaded. */
const FILE_MS = 120_000;

/** `fetch` that is aborted after a time. It rejects as without a connection. */
export async function fetchWithin(ms: number, input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (init.signal?.aborted) abort();
  init.signal?.addEventListener('abort', abort);
  // Also ends the reading of the body; after that it does nothing.
  setTimeout(abort, ms);
  return fetch(input, { ...init, signal: controller.signal });
}

/** `fetch` for the client of Supabase. */
export const limitedFetch: typeof fetch = (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  return fetchWithin(url.includes('/storage/v1/object/') ? FILE_MS : CALL_MS, input, init);
};
