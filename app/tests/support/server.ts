// A small HTTP server with the APIs of Supabase and our functions, for tests of the screens.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Reply = { status?: number; body?: unknown; headers?: Record<string, string>; hangUp?: boolean };
export type Call = { method: string; path: string; query: URLSearchParams; headers: IncomingMessage['headers']; body: Buffer };
type Route = Reply | ((call: Call) => Reply | Promise<Reply>);

export class TestServer {
  readonly calls: Call[] = [];
  private readonly routes = new Map<string, Route>();
  private readonly server: Server = createServer((request, response) => void this.handle(request, response));

  static async start(): Promise<TestServer> {
    const server = new TestServer();
    await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** `route` is a method and a path, as in `POST /rest/v1/rpc/retry_receipt`. */
  on(route: string, reply: Route): void {
    this.routes.set(route, reply);
  }

  callsOf(route: string): Call[] {
    return this.calls.filter(({ method, path }) => `${method} ${path}` === route);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://test');
    const method = request.method ?? 'GET';
    const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*', 'Access-Control-Allow-Methods': '*' };
    if (method === 'OPTIONS') {
      // A wildcard does not allow Authorization.
      const headers = { ...cors, 'Access-Control-Allow-Headers': request.headers['access-control-request-headers'] ?? '' };
      response.writeHead(204, headers).end();
      return;
    }
    const call = { method, path: pathname, query: searchParams, headers: request.headers, body: Buffer.concat(chunks) };
    this.calls.push(call);
    const route = this.routes.get(`${method} ${pathname}`) ?? { status: 404, body: { message: `no ${method} ${pathname}` } };
    const reply = typeof route === 'function' ? await route(call) : route;
    if (reply.hangUp) {
      request.socket.destroy();
      return;
    }
    response.writeHead(reply.status ?? 200, { 'Content-Type': 'application/json', ...cors, ...reply.headers });
    response.end(JSON.stringify(reply.body ?? {}));
  }
}

/** The JSON that was sent. */
export const bodyOf = (call: Call | undefined) => JSON.parse(call?.body.toString() ?? 'null');

/** A reply that never comes. */
export const never = () => new Promise<never>(() => {});

/** An error as our database functions return it. */
export function refused(status: number, hint: string, details: string | null = null): Reply {
  return { status, body: { code: `PT${status}`, message: hint, hint, details } };
}
