// The gateway in front of Supabase Lite, as every project has one: it brings Lite's responses to the form of a real
// project, so that clients work unchanged. It starts Lite, ends with it, and passes everything else through.
//
//     node gateway.mjs PORT LITE_PORT PROGRAM ARGUMENT…
import { spawn } from 'node:child_process';
import { Agent, createServer, request as send } from 'node:http';

const [port, litePort] = process.argv.slice(2, 4).map(Number);
// A new connection per request: one that is kept may be closed, or left halfway through an upload that was cut off.
const agent = new Agent({ keepAlive: false });
/** Larger JSON responses are passed through unchanged. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** Headers that concern one connection, Lite's or the client's, and not the other. */
const OF_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding'];
/** How long an idle connection of a client stays open. The gateways of real projects wait longer than Node's 5 s. */
const IDLE_MS = 60_000;
const EXPOSED = 'Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Preference-Applied, '
  + 'Range-Unit, Server, Transfer-Encoding, X-Request-Id, sb-error-code';
const MEMBER = /("\w+(?:_at|_until)":\s*)"(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(\+00)?"/g;
const SCALAR = /^"(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(\+00)?"$/;
const SQLSTATES = [
  ['violates check constraint', '23514', 400],
  ['violates exclusion constraint', '23P01', 400],
  ['division by zero', '22012', 400],
];

/** Codes of Storage's errors by their `error` and `statusCode`, which clients tell errors apart by. */
const STORAGE_CODES = {
  'Duplicate 409': 'KeyAlreadyExists',
  'not_found 404': 'NoSuchKey',
  'Bucket not found 404': 'NoSuchBucket',
  'Unauthorized 403': 'AccessDenied',
  'Payload too large 413': 'EntityTooLarge',
  'invalid_mime_type 415': 'InvalidMimeType',
};
const OBJECT = /^\/storage\/v1\/object\/(?!(?:list|sign|copy|move|public|authenticated|info)(?:\/|$))(upload\/sign\/)?([^/]+)\/(.+)$/;
const KEY = /^[\w/ !.*'()&$=@;:+,?-]+$/;

const isJson = (response) => /^application\/([\w.+-]+\+)?json/.test(response.headers['content-type'] ?? '');
const relative = (url) => url.replace(/^\/storage\/v1/, '');

/** Timestamps in ISO 8601, with the offset that the server writes: Postgres +00:00, Auth and Storage Z. */
function withTimestamps(text, path) {
  const offset = (zone) => (zone ? (path.startsWith('/rest/') ? '+00:00' : 'Z') : '');
  return text
    .replace(MEMBER, (_, member, day, time, zone) => `${member}"${day}T${time}${offset(zone)}"`)
    .replace(SCALAR, (_, day, time, zone) => `"${day}T${time}${offset(zone)}"`);
}

/** An error of Postgres that Lite reports as its own failure: [status, body]. */
function withSqlState(status, text) {
  if (status !== 500) return [status, text];
  const error = JSON.parse(text);
  const known = SQLSTATES.find(([words]) => error.code === 'SUP' && error.message?.includes(words));
  if (!known) return [status, text];
  const message = error.message.replace(/^PostgresError: /, '');
  return [known[2], JSON.stringify({ ...error, code: known[1], message })];
}

/** Storage's responses to errors, copies and uploads to signed URLs as a real project words them. */
function withStorageForm(status, text, target) {
  const body = JSON.parse(text);
  const known = status >= 400 && STORAGE_CODES[`${body.error} ${body.statusCode}`];
  const code = known === 'KeyAlreadyExists' && target?.isMove ? 'ResourceAlreadyExists' : known;
  if (code) return JSON.stringify({ ...body, code });
  if (target?.isCopy && body.key) return JSON.stringify({ Key: `${target.bucket}/${body.key}` });
  if (target?.isSigned && body.Key) return JSON.stringify({ Key: `${target.bucket}/${target.name}` });
  return text;
}

/** The object that a request stores: {bucket, name}, or undefined. */
function targetOf(method, path, body) {
  if (method === 'POST' && /^\/storage\/v1\/object\/(copy|move)$/.test(path)) {
    const { bucketId, destinationBucket, destinationKey } = JSON.parse(body);
    return { bucket: destinationBucket ?? bucketId, name: destinationKey, isCopy: path.endsWith('copy'), isMove: path.endsWith('move') };
  }
  const [, signed, bucket, name] = (['POST', 'PUT'].includes(method) && OBJECT.exec(path)) || [];
  return bucket && { bucket, name: decodeURIComponent(name), isSigned: Boolean(signed), isUpload: !signed || method === 'PUT' };
}

/** One level of a folder: names relative to it, and its folders as entries without an id. */
function listed(objects, prefix) {
  const folder = prefix.replace(/\/+$/, '');
  const entries = new Map();
  for (const object of objects) {
    const name = folder && object.name.startsWith(`${folder}/`) ? object.name.slice(folder.length + 1) : object.name;
    const [first, ...deeper] = name.split('/');
    if (!deeper.length) entries.set(name, { ...object, name });
    else if (!entries.has(first)) {
      const empty = { id: null, updated_at: null, created_at: null, last_accessed_at: null, metadata: null };
      entries.set(first, { name: first, ...empty });
    }
  }
  return [...entries.values()];
}

/** Lite's response. A body that is a stream is passed through; if the client closes it early, so is the request. */
function ask(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const request = send({ host: '127.0.0.1', port: litePort, agent, method, path, headers }, (response) => {
      resolve(response);
    });
    request.on('error', reject);
    // Lite may respond without reading the whole body and close the connection, which then belongs to no request.
    request.on('socket', (socket) => socket.on('error', reject));
    if (typeof body === 'object' && body !== null && !Buffer.isBuffer(body)) {
      body.pipe(request);
      // A client that leaves in the middle of its upload leaves Lite waiting for the rest.
      body.on('close', () => body.complete || request.destroy());
      // Lite may respond without reading the rest, which stands before the client's next request.
      request.on('close', () => body.resume());
    } else request.end(body ?? undefined);
  });
}

async function collect(stream, limit = MAX_JSON_BYTES) {
  const chunks = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) throw new Error('too large');
  }
  return Buffer.concat(chunks);
}

const without = (headers, ...names) => Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));

function cors(headers) {
  return { ...headers, 'access-control-allow-origin': '*', 'access-control-expose-headers': EXPOSED };
}

/** Signed URLs of several objects, which Lite makes one by one. */
async function signAll(url, headers, body, answer) {
  const { paths, expiresIn } = JSON.parse(body);
  const own = { ...without(headers, 'content-length', 'transfer-encoding'), 'content-type': 'application/json' };
  const signed = [];
  for (const path of paths) {
    const target = `${url.pathname}/${path.split('/').map(encodeURIComponent).join('/')}`;
    const response = await ask('POST', target, own, JSON.stringify({ expiresIn }));
    const result = JSON.parse(await collect(response));
    signed.push(result.signedUrl
      ? { path, signedURL: relative(result.signedUrl), error: null }
      : { path, signedURL: null, error: 'Either the object does not exist or you do not have access to it' });
  }
  answer(200, { 'content-type': 'application/json' }, JSON.stringify(signed));
}

/** The bare body of a multipart upload, and headers for it; Lite knows neither all forms nor all methods. */
async function bareUpload(request) {
  const type = { 'content-type': request.headers['content-type'] };
  const form = await new Response(await collect(request), { headers: type }).formData();
  const file = [...form.values()].find((value) => value instanceof Blob);
  if (!file) throw new Error('no file');
  const field = (...names) => names.map((name) => form.get(name)).find((value) => typeof value === 'string');
  const [seconds, metadata] = [field('cacheControl'), field('metadata', 'userMetadata')];
  const body = Buffer.from(await file.arrayBuffer());
  const headers = { 'content-type': field('contentType') || file.type, 'content-length': body.length };
  if (seconds) headers['cache-control'] = `max-age=${seconds}`;
  if (metadata) headers['x-metadata'] = Buffer.from(metadata).toString('base64');
  return [body, headers];
}

async function handle(request, response) {
  const url = new URL(request.url, 'http://gateway');
  const path = url.pathname;
  const writeHead = (status, headers) => response.writeHead(status, cors(without(headers, ...OF_CONNECTION)));
  const answer = (status, headers, body) => {
    const length = { 'content-length': Buffer.byteLength(body) };
    writeHead(status, { ...without(headers, 'content-length'), ...length });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  if (path.startsWith('/realtime/')) {
    answer(503, { 'content-type': 'application/json' }, JSON.stringify({ message: 'The local stack has no Realtime server.' }));
    return;
  }
  if (request.method === 'OPTIONS' && request.headers['access-control-request-method']) {
    const allowed = request.headers['access-control-request-headers'] ?? '*';
    const methods = 'GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS, TRACE, CONNECT';
    const headers = { 'access-control-allow-headers': allowed, 'access-control-allow-methods': methods };
    writeHead(200, { ...headers, 'access-control-max-age': '3600', 'content-length': 0 });
    response.end();
    return;
  }
  const isList = /^\/storage\/v1\/object\/list\/[^/]+$/.test(path) && request.method === 'POST';
  const isSignAll = /^\/storage\/v1\/object\/sign\/[^/]+$/.test(path) && request.method === 'POST';
  const isTransfer = /^\/storage\/v1\/object\/(copy|move)$/.test(path) && request.method === 'POST';
  let body = isList || isSignAll || isTransfer ? await collect(request, 1024 * 1024) : request;
  if (isSignAll) {
    await signAll(url, request.headers, body, answer);
    return;
  }
  const target = targetOf(request.method, path, body);
  if (target && !KEY.test(target.name)) {
    request.resume();
    const problem = { statusCode: '400', error: 'InvalidKey', message: `Invalid key: ${target.name}`, code: 'InvalidKey' };
    answer(400, { 'content-type': 'application/json' }, JSON.stringify(problem));
    return;
  }
  // Otherwise responses may be compressed.
  let headers = { ...without(request.headers, 'accept-encoding') };
  if (target?.isUpload && request.headers['content-type']?.startsWith('multipart/form-data')) {
    const [bare, own] = await bareUpload(request);
    body = bare;
    headers = { ...without(headers, 'transfer-encoding'), ...own };
  }
  const result = await ask(request.method, request.url, headers, body);
  request.on('close', () => request.complete || result.destroy());
  if (!isJson(result) || Number(result.headers['content-length'] ?? 0) > MAX_JSON_BYTES || request.method === 'HEAD') {
    writeHead(result.statusCode, result.headers);
    result.pipe(response);
    return;
  }
  let text = (await collect(result)).toString();
  let status = result.statusCode;
  if (text && path.startsWith('/rest/')) [status, text] = withSqlState(status, text);
  if (text && path.startsWith('/storage/')) text = withStorageForm(status, text, target);
  if (isList && status === 200) text = JSON.stringify(listed(JSON.parse(text), JSON.parse(body).prefix ?? ''));
  const isMade = status === 200 && request.method === 'POST';
  if (isMade && path.startsWith('/storage/v1/object/sign/')) {
    text = JSON.stringify({ signedURL: relative(JSON.parse(text).signedUrl) });
  }
  if (isMade && path.startsWith('/storage/v1/object/upload/sign/')) {
    const { signedUrl, token } = JSON.parse(text);
    text = JSON.stringify({ url: relative(signedUrl), token });
  }
  answer(status, result.headers, withTimestamps(text, path));
}

const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    // Lite is not listening yet; if it ends, so does this.
    if (error.code !== 'ECONNREFUSED') console.error(`gateway: ${request.method} ${error.code ?? error.name}`);
    if (response.headersSent) response.destroy();
    else if (error instanceof URIError) {
      response.writeHead(400, cors({ 'content-type': 'application/json' }));
      response.end('{"statusCode":400,"error":"Bad Request","code":"FST_ERR_BAD_URL","message":"not a valid url component"}');
    } else {
      response.writeHead(502, cors({ 'content-type': 'application/json' }));
      response.end('{"message":"An invalid response was received from the upstream server"}');
    }
  });
});
server.keepAliveTimeout = IDLE_MS;
server.listen(port, '127.0.0.1');

const lite = spawn(process.argv[4], process.argv.slice(5), { stdio: ['ignore', 'inherit', 'inherit'] });
lite.on('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => lite.kill(signal));
