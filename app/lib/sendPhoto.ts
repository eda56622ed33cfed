// Uploads a photo to Storage. XMLHttpRequest, because fetch reports no upload progress.
import type { Config } from './config';
import type { PhotoBody, StoredUpload } from './photoStore';
import { Problem } from './problem';

export const BUCKET = 'ocr';
const TIMEOUT_MS = 120_000;

export type Send = (
  upload: StoredUpload,
  body: PhotoBody,
  token: string,
  onProgress: (fraction: number) => void,
) => Promise<void>;

/** Resolves once Storage has the photo, from this attempt or an earlier one whose response was lost. */
export function sender(config: Config): Send {
  return (upload, body, token, onProgress) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open('POST', `${config.supabaseUrl}/storage/v1/object/${BUCKET}/${upload.path}`);
      request.setRequestHeader('Authorization', `Bearer ${token}`);
      request.setRequestHeader('apikey', config.supabaseKey);
      request.setRequestHeader('Content-Type', upload.contentType);
      request.timeout = TIMEOUT_MS;
      request.upload.onprogress = ({ loaded, total }) => total > 0 && onProgress(loaded / total);
      request.onload = () => {
        const problem = refusal(request.status, request.responseText);
        if (problem) reject(problem);
        else resolve();
      };
      request.onerror = request.ontimeout = () => reject(new Problem('offline', true));
      request.send(body as Blob);
    });
}

/** Storage reports the status of its own errors in the body, under HTTP 400. */
function refusal(status: number, text: string): Problem | null {
  if (status >= 200 && status < 300) return null;
  let body: { statusCode?: string; error?: string; message?: string } = {};
  try {
    body = JSON.parse(text);
  } catch {
    // from a proxy in between
  }
  const own = Number(body.statusCode) || status;
  if (own === 409 || body.error === 'Duplicate') return null;
  if (own === 401 || own === 403) return new Problem('unauthorized', true, null, body.message);
  if (own === 413) return new Problem('too_large', false, null, body.message);
  if (own === 415 || body.error === 'invalid_mime_type') return new Problem('unsupported_image', false, null, body.message);
  return new Problem('fault', true, null, body.message ?? text.slice(0, 200));
}
