// A phone has WebSocket; Node has it from version 22 on.
import { configure } from '@testing-library/react-native';
import WebSocket from 'ws';

Object.assign(globalThis, { WebSocket });
// Machines may be busy, most of all while the first screen is compiled.
configure({ asyncUtilTimeout: 15_000 });
