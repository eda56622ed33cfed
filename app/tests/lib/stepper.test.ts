import { numberOf } from '@/components/ui/Stepper';

test.each([
  ['3', 3],
  [' 2.5 ', 2.5],
  ['1,5', 1.5],
  ['0,500', 0.5],
  ['1,000', 1000],
  ['12,345.5', 12_345.5],
  ['123,456', 123_456],
  ['１，０００', 1000],
  ['２．５', 2.5],
  ['1.', 1],
])('%s is %d', (text, number) => {
  expect(numberOf(text, 0.01, 999_999)).toBe(number);
});

test.each(['', ' ', '0', '-1', '+1', '1e5', '0x10', 'NaN', 'Infinity', '٣', '1.2.3', '1,2,3', '1,234,567', '.', ',', '½', '1 000', '두 개'])(
  '"%s" is no quantity',
  (text) => {
    expect(numberOf(text, 0.01, 999_999)).toBeUndefined();
  },
);

test('every number is read as it is written with separators and without', () => {
  for (let number = 1; number < 999_999; number = Math.ceil(number * 1.37)) {
    expect([numberOf(String(number), 1, 999_999), numberOf(number.toLocaleString('en'), 1, 999_999)]).toEqual([number, number]);
  }
});
