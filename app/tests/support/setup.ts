// A phone has WebSocket; Node has it from version 22 on.
import { cleanup, configure } from '@testing-library/react-native/pure';
import WebSocket from 'ws';

// Pages of other sites open nowhere in a test.
jest.mock('expo-web-browser', () => ({ openAuthSessionAsync: jest.fn() }));
// The notifications of a device that allows them.
jest.mock('expo-notifications', () => ({
  setNotificationHandler: jest.fn(),
  getPermissionsAsync: jest.fn(async () => ({ granted: false, canAskAgain: true })),
  requestPermissionsAsync: jest.fn(async () => ({ granted: true })),
  getExpoPushTokenAsync: jest.fn(async () => ({ data: 'ExponentPushToken[test]' })),
  scheduleNotificationAsync: jest.fn(async () => 'planned'),
  cancelAllScheduledNotificationsAsync: jest.fn(async () => {}),
  SchedulableTriggerInputTypes: { DATE: 'date' },
  addNotificationResponseReceivedListener: jest.fn(() => ({ remove: () => {} })),
}));
// Other apps share nothing, unless a test says so.
jest.mock('expo-sharing', () => ({
  shareAsync: jest.fn(async () => {}),
  useIncomingShare: jest.fn(() => ({ resolvedSharedPayloads: [], clearSharedPayloads: () => {}, refreshSharePayloads: async () => {} })),
}));
jest.mock('expo-document-picker', () => ({ getDocumentAsync: jest.fn(async () => ({ canceled: true, assets: null })) }));
// jest-expo's own stub of expo-crypto is empty.
jest.mock('expo-crypto', () => ({ randomUUID: jest.requireActual('node:crypto').randomUUID }));

Object.assign(globalThis, { WebSocket });
// React takes a stack trace for each element, so that a warning can tell where it was made. A warning names the component
// anyway, and the traces take a fifth of the tests' time. It takes none after many within a second.
const { __CLIENT_INTERNALS_DO_NOT_USE_OR_WARN_USERS_THEY_CANNOT_UPGRADE: internals } = jest.requireActual('react');
if (typeof internals.recentlyCreatedOwnerStacks !== 'number') throw new Error('React counts its stack traces elsewhere.');
Object.defineProperty(internals, 'recentlyCreatedOwnerStacks', { get: () => Infinity, set: () => {} });
// Milliseconds of the fake clock that screens.tsx installs, so a slow machine does not shorten them.
configure({ asyncUtilTimeout: 60_000 });

// At once after the test. The library's own clean-up waits a turn first, in which a response could update
// a screen outside `act`.
afterEach(cleanup);
