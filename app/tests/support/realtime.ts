// A small server that speaks as Supabase Realtime does (protocol 2.0.0: [join ref, ref, topic, event, payload]).
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

type Message = [joinRef: string | null, ref: string | null, topic: string, event: string, payload: Record<string, unknown>];
type Wanted = { event: string; schema: string; table: string; filter: string };
type Joined = { socket: WebSocket; topic: string; joinRef: string | null; wanted: Wanted[]; token: unknown };

/** The number of a subscription is never 0. */
const FIRST_ID = 1000;

export class RealtimeServer {
  /** What each connection asked to hear of, the latest last. */
  readonly joined: Joined[] = [];

  private constructor(private readonly server: WebSocketServer) {
    server.on('connection', (socket) => {
      socket.on('message', (data) => this.answer(socket, JSON.parse(data.toString()) as Message));
    });
  }

  /** On `port`, or on a free one. */
  static async start(port = 0): Promise<RealtimeServer> {
    const server = new WebSocketServer({ port, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    return new RealtimeServer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Tells the latest who joined of a changed row, as far as they asked for its table. */
  change(table: string, record: Record<string, unknown>): void {
    const { socket, topic, joinRef, wanted } = this.joined.at(-1)!;
    const ids = wanted.flatMap((each, place) => (each.table === table ? [FIRST_ID + place] : []));
    const data = { type: 'UPDATE', schema: 'public', table, commit_timestamp: '2026-11-23T00:00:00Z', columns: [], record, old_record: {}, errors: null };
    send(socket, [joinRef, null, topic, 'postgres_changes', { ids, data }]);
  }

  /** Hangs up on everybody, and takes no calls any more. */
  async stop(): Promise<void> {
    for (const socket of this.server.clients) socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(socket: WebSocket, [joinRef, ref, topic, event, payload]: Message): void {
    let response = {};
    if (event === 'phx_join') {
      const { config, access_token: token } = payload as { config: { postgres_changes: Wanted[] }; access_token?: string };
      this.joined.push({ socket, topic, joinRef, wanted: config.postgres_changes, token });
      response = { postgres_changes: config.postgres_changes.map((each, place) => ({ id: FIRST_ID + place, ...each })) };
    }
    send(socket, [joinRef, ref, topic, 'phx_reply', { status: 'ok', response }]);
  }
}

const send = (socket: WebSocket, message: Message) => socket.send(JSON.stringify(message));
