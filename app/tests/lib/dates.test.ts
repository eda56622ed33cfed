import { addDays, dayInKorea, daysUntil, isDay } from '@/lib/dates';

test.each([
  ['2026-02-28', 1, '2026-03-01'],
  ['2028-02-28', 1, '2028-02-29'],
  ['2026-12-31', 1, '2027-01-01'],
  ['2026-03-01', -1, '2026-02-28'],
])('%s and %i days is %s', (day, days, then) => {
  expect(addDays(day, days)).toBe(then);
  expect(daysUntil(then, day)).toBe(days);
});

test('only calendar dates are valid', () => {
  expect(['2026-02-28', '2026-02-30', '2026-2-3', ''].map(isDay)).toEqual([true, false, false, false]);
});

test('a date begins in Korea before it does in London', () => {
  expect(dayInKorea(new Date('2026-12-31T14:59:00Z'))).toBe('2026-12-31');
  expect(dayInKorea(new Date('2026-12-31T15:00:00Z'))).toBe('2027-01-01');
});
