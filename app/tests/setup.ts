// A phone has WebSocket; Node has it from version 22 on.
import { configure } from '@testing-library/react-native';
import WebSocket from 'ws';

// What a phone has of its own, jest-expo leaves empty.
jest.mock('expo-crypto', () => ({ randomUUID: jest.requireActual('node:crypto').randomUUID }));

Object.assign(globalThis, { WebSocket });
// Machines may be busy, most of all while the first screen is compiled.
configure({ asyncUtilTimeout: 15_000 });
