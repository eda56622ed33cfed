import { scaled } from '@/lib/photo';

test('photos are scaled down to 2048 px, never up', () => {
  expect([scaled(4000, 3000), scaled(3000, 4000), scaled(2048, 100)]).toEqual([{ width: 2048 }, { height: 2048 }, null]);
});
