import { fitted, limited, MAX_SCALE, WHOLE, zoomed } from '@/lib/zoom';

const WINDOW = { width: 400, height: 800 };
const LONG = { width: 500, height: 4000 };

test('a photo fits into the window', () => {
  expect(fitted(LONG, WINDOW)).toEqual({ width: 100, height: 800 });
  expect(fitted({ width: 4000, height: 500 }, WINDOW)).toEqual({ width: 400, height: 50 });
});

test.each([
  ['smaller than the window', { scale: 0.2, x: 30, y: 30 }, WHOLE],
  ['wider than the window at scale 8', { scale: 8, x: 9999, y: -9999 }, { scale: 8, x: 200, y: -2800 }],
  ['larger than allowed', { scale: 99, x: 0, y: 0 }, { scale: MAX_SCALE, x: 0, y: 0 }],
  ['narrower than the window', { scale: 2, x: 50, y: 100 }, { scale: 2, x: 0, y: 100 }],
])('a photo %s stays in the window', (_, view, place) => {
  expect(limited(view, LONG, WINDOW)).toEqual(place);
});

test('the point under the fingers stays where it is', () => {
  const point = { x: 60, y: -120 };
  const before = { scale: 2, x: 10, y: 20 };
  const after = zoomed(before, 1.5, point);
  const at = (view: typeof before) => ({ x: (point.x - view.x) / view.scale, y: (point.y - view.y) / view.scale });
  expect(at(after)).toEqual(at(before));
  expect(zoomed(before, 100, point).scale).toBe(MAX_SCALE);
});
