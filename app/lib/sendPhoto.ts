// Uploads a photo to Storage. XMLHttpRequest, because fetch reports no upload progress.
import type { Supabase } from './supabase';

import type { Config } from './config';
import type { PhotoBody, StoredUpload } from './photoStore';
import { Problem, problemOf, takeJson } from './problem';

export const BUCKET = 'ocr';
/** An upload that makes no progress for this long is given up, and tried again later. */
const STALL_MS = 60_000;
/** In bytes per ms. What the system has taken for sending counts as progress, so a large photo may be silent longer. */
const SLOWEST = 8;

export type Send = (
  upload: StoredUpload,
  body: PhotoBody,
  token: string,
  onProgress: (fraction: number) => void,
) => Promise<void>;

type Allowance = { photos_left: number; bytes_left: number; retry_after_seconds: number };

/**
 * Resolves once Storage has the photo, from this attempt or an earlier one whose response was lost. Rejects with
 * `rate_limited` and the time to wait if the user may upload no more today.
 */
export function sender(config: Config, supabase: Supabase): Send {
  return (upload, body, token, onProgress) => {
    let bytes = body instanceof Blob ? body.size : 0;
    return new Promise<void>((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open('POST', `${config.supabaseUrl}/storage/v1/object/${BUCKET}/${upload.path}`);
      request.setRequestHeader('Authorization', `Bearer ${token}`);
      request.setRequestHeader('apikey', config.supabaseKey);
      request.setRequestHeader('Content-Type', upload.contentType);
      let timer: ReturnType<typeof setTimeout>;
      const limit = () => {
        clearTimeout(timer);
        timer = setTimeout(() => request.abort(), STALL_MS + bytes / SLOWEST);
      };
      request.upload.onprogress = ({ loaded, total }) => {
        bytes = Math.max(bytes, total);
        limit();
        if (total > 0) onProgress(loaded / total);
      };
      request.onload = () => {
        const { accepted, problem } = outcome(request.status, request.responseText);
        if (accepted) resolve();
        else if (problem) reject(problem);
        else forbidden(supabase, bytes).then(reject);
      };
      request.onerror = request.onabort = () => reject(new Problem('offline', true));
      request.onloadend = () => clearTimeout(timer);
      limit();
      request.send(body as Blob);
    });
  };
}

/**
 * What Storage's response means; without a problem for 403, which says nothing about the reason. Storage reports the
 * status of its own errors in the body, under HTTP 400.
 */
function outcome(status: number, text: string): { accepted: boolean; problem?: Problem } {
  if (status >= 200 && status < 300) return { accepted: true };
  let body: { statusCode?: string; error?: string; message?: string } = {};
  try {
    body = JSON.parse(text);
  } catch {
    // from a proxy in between
  }
  const own = Number(body.statusCode) || status;
  const failed = (code: string, retryable: boolean) => ({
    accepted: false,
    problem: new Problem(code, retryable, null, body.message ?? text.slice(0, 200)),
  });
  if (own === 409 || body.error === 'Duplicate') return { accepted: true };
  if (own === 403) return { accepted: false };
  if (own === 401) return failed('unauthorized', true);
  if (own === 413) return failed('too_large', false);
  if (own === 415 || body.error === 'invalid_mime_type') return failed('unsupported_image', false);
  return failed('fault', true);
}

/** Why Storage refused a photo of `bytes` with 403: a daily limit, an invalid token, or an unknown reason. */
async function forbidden(supabase: Supabase, bytes: number): Promise<Problem> {
  try {
    const allowance: Allowance = await takeJson<Allowance>(supabase.rpc('upload_allowance'));
    const { photos_left, bytes_left } = allowance;
    if (photos_left > 0 && bytes_left > 0 && bytes_left >= bytes) return new Problem('fault', true);
    return new Problem('rate_limited', true, allowance.retry_after_seconds);
  } catch (error) {
    // The photo stays in the queue, whatever the reason.
    return new Problem(problemOf(error).code, true);
  }
}
