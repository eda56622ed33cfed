import { placePhoto } from '@/components/receipt/PhotoView';

test('an item’s box is centred in the window, which the photo always fills', () => {
  const photo = { width: 1000, height: 3000 };
  expect(placePhoto(photo, [100, 1500, 900, 1540], 500, 200)).toMatchObject({ tall: 1500, top: -660 });
  expect(placePhoto(photo, [100, 0, 900, 40], 500, 200).top).toBeCloseTo(0);
  expect(placePhoto(photo, [100, 2960, 900, 3000], 500, 200).top).toBe(-1300);
});
