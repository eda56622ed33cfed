import { readBarcode } from '@/lib/readBarcode';

const LEFT = { L: ['0001101', '0011001', '0010011', '0111101', '0100011', '0110001', '0101111', '0111011', '0110111', '0001011'] };
const PARITY = ['LLLLLL', 'LLGLGG', 'LLGGLG', 'LLGGGL', 'LGLLGG', 'LGGLLG', 'LGGGLL', 'LGLGLG', 'LGLGGL', 'LGGLGL'];

/** Draws an EAN-13 barcode on white. */
function ean13(number: string) {
  const digits = [...number].map(Number);
  const right = LEFT.L.map((code) => [...code].map((bit) => (bit === '1' ? '0' : '1')).join(''));
  const g = right.map((code) => [...code].reverse().join(''));
  const parity = PARITY[digits[0] ?? 0] ?? '';
  const left = digits.slice(1, 7).map((digit, i) => (parity[i] === 'L' ? LEFT.L : g)[digit]).join('');
  const bars = `101${left}01010${digits.slice(7).map((digit) => right[digit]).join('')}101`;
  const [module, height] = [3, 120];
  const width = (bars.length + 22) * module;
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let y = 10; y < height - 10; y++) {
    for (let x = 0; x < bars.length * module; x++) {
      if (bars[Math.floor(x / module)] === '1') data.fill(0, 4 * (y * width + x + 11 * module), 4 * (y * width + x + 11 * module) + 3);
    }
  }
  return { data, width, height };
}

test('a barcode in an image is read; an image without one gives null', () => {
  expect(readBarcode(ean13('8801234567893'))).toBe('8801234567893');
  expect(readBarcode({ data: new Uint8ClampedArray(4 * 200 * 100).fill(255), width: 200, height: 100 })).toBeNull();
});
