// A small server with Supabase Realtime's protocol 2.0.0: [join ref, ref, topic, event, payload]. It allows each user to
// join their own private topic, as the policy on realtime.messages does, and refuses what Realtime refuses.
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

type Message = [joinRef: string | null, ref: string | null, topic: string, event: string, payload: Record<string, unknown>];
type Config = { private?: boolean; postgres_changes?: unknown[] };
type Channel = { socket: WebSocket; topic: string; joinRef: string | null; config: Config; token: unknown };

export class RealtimeServer {
  /** The channels that clients joined, latest last. */
  readonly joined: Channel[] = [];
  /** The topics that clients were refused, latest last. */
  readonly refused: string[] = [];

  private constructor(
    private readonly server: WebSocketServer,
    private readonly tokens: Record<string, string>,
  ) {
    server.on('connection', (socket) => {
      socket.on('message', (data) => this.answer(socket, JSON.parse(data.toString()) as Message));
    });
  }

  /** Listens on `port`, or on a free one. `tokens` maps access tokens to users. */
  static async start(tokens: Record<string, string>, port = 0): Promise<RealtimeServer> {
    const server = new WebSocketServer({ port, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    return new RealtimeServer(server, tokens);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Sends what `realtime.send` stored for a private topic to the channels that joined it. */
  broadcast(topic: string, event: string, payload: Record<string, unknown>): void {
    for (const channel of this.joined) {
      if (channel.topic !== `realtime:${topic}` || !channel.config.private) continue;
      const message = { type: 'broadcast', event, payload, meta: { id: payload.id } };
      send(channel.socket, [channel.joinRef, null, channel.topic, 'broadcast', message]);
    }
  }

  /** Closes all connections and stops listening. */
  async stop(): Promise<void> {
    for (const socket of this.server.clients) socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(socket: WebSocket, [joinRef, ref, topic, event, payload]: Message): void {
    const reply = (status: 'ok' | 'error', response: Record<string, unknown>) =>
      send(socket, [joinRef, ref, topic, 'phx_reply', { status, response }]);
    if (event !== 'phx_join') {
      reply('ok', {});
      return;
    }
    const { config, access_token: token } = payload as { config: Config; access_token?: string };
    const user = this.tokens[token ?? ''];
    if (config.private && topic !== `realtime:user:${user}`) {
      this.refused.push(topic);
      reply('error', { reason: 'Unauthorized: You do not have permissions to read from this Channel topic' });
      return;
    }
    this.joined.push({ socket, topic, joinRef, config, token });
    reply('ok', { postgres_changes: [] });
  }
}

const send = (socket: WebSocket, message: Message) => socket.send(JSON.stringify(message));
