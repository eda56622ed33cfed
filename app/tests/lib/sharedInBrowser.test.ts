import { act, renderHook, waitFor } from '@testing-library/react-native';

import { useShared } from '@/lib/shared.web';

test('what was shared is deleted from the browser when it is forgotten', async () => {
  const body = new Blob(['%PDF-1.7'], { type: 'application/pdf' });
  const cached = new Map([['shared', { keys: async () => ['/0'], match: async () => ({ blob: async () => body }) }]]);
  const caches = { has: async (name: string) => cached.has(name), open: async (name: string) => cached.get(name), delete: async (name: string) => cached.delete(name) };
  Object.assign(globalThis, { caches });
  const { result } = renderHook(useShared);
  await waitFor(() => expect(result.current.shared?.count).toBe(1));
  await act(async () => result.current.forget());
  expect(result.current.shared).toBeNull();
  expect(cached.size).toBe(0);
});

test('without a secure connection there is nothing to forget', () => {
  Reflect.deleteProperty(globalThis, 'caches');
  const { result } = renderHook(useShared);
  act(() => result.current.forget());
  expect(result.current.shared).toBeNull();
});
