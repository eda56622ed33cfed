// Keeps the files of the app, so that a reload works without a connection. The app itself stores its data.
const NAME = 'app';
const START = '/';
const CONFIG = '/config.json';
/** Where other apps share photos and PDFs with the installed app, and where they wait for it. As in lib/shared.web.ts. */
const SHARE = '/share';
const SHARED = 'shared';
const MOST_SHARED = 10;

/** Stores the start page and what it needs, and deletes the bundles of earlier builds. */
async function store(page) {
  // A file that is opened as a page is not the start page.
  if (!page.headers.get('content-type')?.startsWith('text/html')) return;
  const cache = await caches.open(NAME);
  const text = await page.clone().text();
  const needed = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
  const missing = [];
  for (const path of new Set([CONFIG, ...needed])) if (!(await cache.match(path))) missing.push(path);
  await cache.addAll(missing);
  const before = await (await cache.match(START))?.text();
  await cache.put(START, page);
  if (before === undefined || before === text) return;
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/_expo/') && !needed.includes(pathname)) await cache.delete(request);
  }
}

/** The server's response, or the stored one without a connection. It is stored while the page is being loaded. */
async function latest(event, key, keep) {
  let response;
  try {
    response = await fetch(event.request);
  } catch (error) {
    const stored = await (await caches.open(NAME)).match(key);
    if (stored) return stored;
    throw error;
  }
  if (response.ok) event.waitUntil(keep(response.clone()));
  return response;
}

/** The stored response; names of these files change with their content. */
async function stored(request) {
  const cache = await caches.open(NAME);
  const match = await cache.match(request);
  if (match) return match;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

/** Puts shared files aside and opens the app, which asks the user about them. They replace earlier ones. */
async function share(request) {
  try {
    const files = (await request.formData()).getAll('receipts').filter((each) => each instanceof File);
    await caches.delete(SHARED);
    const cache = await caches.open(SHARED);
    for (const [index, file] of files.slice(0, MOST_SHARED).entries()) {
      await cache.put(`/${index}`, new Response(file, { headers: { 'content-type': file.type } }));
    }
  } catch {
    // Not a form, or no space left: the app opens without files.
  }
  return Response.redirect(START, 303);
}

self.addEventListener('install', (event) => {
  event.waitUntil(fetch(START, { cache: 'no-cache' }).then(store).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method === 'POST' && origin === self.location.origin && pathname === SHARE) event.respondWith(share(request));
  // Supabase and the functions are other origins.
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  const put = async (response) => (await caches.open(NAME)).put(pathname, response);
  if (request.mode === 'navigate') event.respondWith(latest(event, START, store));
  else if (pathname.startsWith('/_expo/') || pathname.startsWith('/assets/')) event.respondWith(stored(request));
  else if (pathname === CONFIG || pathname.startsWith('/icons/') || pathname === '/manifest.webmanifest') {
    event.respondWith(latest(event, pathname, put));
  }
});
