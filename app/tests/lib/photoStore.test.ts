import 'fake-indexeddb/auto';

import { photoStore } from '@/lib/photoStore.web';

const upload = (id: string) => ({ id, userId: 'user', path: `user/${id}.jpg`, contentType: 'image/jpeg', createdAt: '' });

// IndexedDB clones what it stores; Node cannot clone a Blob into fake-indexeddb.
const blob = (text: string) => ({ text }) as unknown as Blob;

afterEach(async () => {
  for (const { id } of await photoStore.list()) await photoStore.remove(id);
});

test('photos stay in the browser until removed', async () => {
  await photoStore.put(upload('a'), blob('first'));
  await photoStore.put(upload('b'), blob('second'));
  await photoStore.put({ ...upload('b'), refused: 'too_large' });
  await photoStore.remove('a');
  expect(await photoStore.list()).toEqual([{ ...upload('b'), refused: 'too_large' }]);
  expect(await photoStore.body('b')).toEqual(blob('second'));
  await expect(photoStore.body('a')).rejects.toThrow('no photo');
});
