// A phone has WebSocket; Node has it from version 22 on.
import WebSocket from 'ws';

Object.assign(globalThis, { WebSocket });
