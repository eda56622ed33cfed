import { scaled } from '@/lib/photo';

test('photos are scaled down to 2048 px, never up', () => {
  expect([scaled(4000, 3000), scaled(3000, 4000), scaled(2048, 100)]).toEqual([{ width: 2048 }, { height: 2048 }, null]);
});

test('tall screenshots keep the width of their text', () => {
  expect([scaled(1080, 8753), scaled(8753, 1080)]).toEqual([null, null]);
  expect([scaled(2160, 12_000), scaled(1080, 20_000)]).toEqual([{ height: 8165 }, { height: 14_907 }]);
  expect(scaled(1080, 2400)).toEqual({ height: 2048 });
});
