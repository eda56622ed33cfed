// Photos and PDFs that other apps share with the installed web app: the service worker has put them into a cache.
import { useEffect, useState } from 'react';

import { uploadable } from './photo';
import type { Shared } from './shared';

/** As in public/sw.js. */
const CACHE = 'shared';

export function useShared(): { shared: Shared; forget: () => void } {
  const [shared, setShared] = useState<Shared>(null);
  useEffect(() => {
    // Without a secure connection there are neither caches nor service workers.
    if ('caches' in globalThis) read().then(setShared, () => {});
  }, []);
  const forget = () => {
    setShared(null);
    if ('caches' in globalThis) void caches.delete(CACHE);
  };
  return { shared, forget };
}

async function read(): Promise<Shared> {
  if (!(await caches.has(CACHE))) return null;
  const cache = await caches.open(CACHE);
  const files = await Promise.all(
    (await cache.keys()).map(async (request) => {
      const body = await (await cache.match(request))?.blob();
      return body && { body, contentType: body.type };
    }),
  );
  return files.length ? { photos: files.flatMap((file) => (file && uploadable(file)) || []), count: files.length } : null;
}
