// A small server with Supabase Realtime's protocol 2.0.0: [join ref, ref, topic, event, payload].
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

type Message = [joinRef: string | null, ref: string | null, topic: string, event: string, payload: Record<string, unknown>];
type Subscription = { event: string; schema: string; table: string; filter: string };
type Channel = { socket: WebSocket; topic: string; joinRef: string | null; subscriptions: Subscription[]; token: unknown };

/** Subscription ids must not be 0. */
const FIRST_ID = 1000;

export class RealtimeServer {
  /** The channels that clients joined, latest last. */
  readonly joined: Channel[] = [];

  private constructor(private readonly server: WebSocketServer) {
    server.on('connection', (socket) => {
      socket.on('message', (data) => this.answer(socket, JSON.parse(data.toString()) as Message));
    });
  }

  /** Listens on `port`, or on a free one. */
  static async start(port = 0): Promise<RealtimeServer> {
    const server = new WebSocketServer({ port, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    return new RealtimeServer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Sends a changed row to the latest channel, if it subscribed to the table. */
  change(table: string, record: Record<string, unknown>): void {
    const { socket, topic, joinRef, subscriptions } = this.joined.at(-1)!;
    const ids = subscriptions.flatMap((each, place) => (each.table === table ? [FIRST_ID + place] : []));
    const data = { type: 'UPDATE', schema: 'public', table, commit_timestamp: '2026-11-23T00:00:00Z', columns: [], record, old_record: {}, errors: null };
    send(socket, [joinRef, null, topic, 'postgres_changes', { ids, data }]);
  }

  /** Closes all connections and stops listening. */
  async stop(): Promise<void> {
    for (const socket of this.server.clients) socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(socket: WebSocket, [joinRef, ref, topic, event, payload]: Message): void {
    let response = {};
    if (event === 'phx_join') {
      const { config, access_token: token } = payload as { config: { postgres_changes: Subscription[] }; access_token?: string };
      this.joined.push({ socket, topic, joinRef, subscriptions: config.postgres_changes, token });
      response = { postgres_changes: config.postgres_changes.map((each, place) => ({ id: FIRST_ID + place, ...each })) };
    }
    send(socket, [joinRef, ref, topic, 'phx_reply', { status: 'ok', response }]);
  }
}

const send = (socket: WebSocket, message: Message) => socket.send(JSON.stringify(message));
