import { item, review, suggestion } from '../support/review';
import { addDays, dayInKorea, daysUntil, isDay } from '@/lib/dates';
import { current, merged } from '@/lib/drafts';
import { formatDay, preferred, words } from '@/lib/i18n';
import { en } from '@/lib/i18n/en';
import { ko } from '@/lib/i18n/ko';
import { freshness, type Lot, products } from '@/lib/inventory';
import { scaled } from '@/lib/photo';
import { Problem } from '@/lib/problem';
import { readBarcode } from '@/lib/readBarcode';
import { changed, type Edit, purchaseDay, suggestionQuery, toAdd } from '@/lib/receipts';
import { placePhoto } from '@/components/receipt/PhotoView';

test.each([
  ['2026-02-28', 1, '2026-03-01'],
  ['2028-02-28', 1, '2028-02-29'],
  ['2026-12-31', 1, '2027-01-01'],
  ['2026-03-01', -1, '2026-02-28'],
])('%s and %i days is %s', (day, days, then) => {
  expect(addDays(day, days)).toBe(then);
  expect(daysUntil(then, day)).toBe(days);
});

test('a day is one of the calendar', () => {
  expect(['2026-02-28', '2026-02-30', '2026-2-3', ''].map(isDay)).toEqual([true, false, false, false]);
});

test.each([
  ['2026-11-21', 'expired'],
  ['2026-11-22', 'soon'],
  ['2026-11-25', 'soon'],
  ['2026-11-29', 'week'],
  ['2026-11-30', 'good'],
  [null, 'none'],
])('food until %s is %s on 22 November', (day, state) => {
  expect(freshness(day, '2026-11-22')).toBe(state);
});

function lot(changes: Partial<Lot>): Lot {
  return { id: '1', name: '두부', category_id: 7, categories: { code: 'tofu', name_ko: '두부·묵', name_en: 'Tofu' }, ...changes } as Lot;
}

test('lots of one product are together, whatever the spaces; search and filter narrow them down', () => {
  const lots = [
    lot({ id: '1', name: '초당 두부' }),
    lot({ id: '2', name: '우유', category_id: 8, categories: { code: 'dairy', name_ko: '우유', name_en: 'Dairy' } }),
    lot({ id: '3', name: '초당두부' }),
  ];
  const ids = (search: string, category: string | null) =>
    products(lots, search, category).map((product) => product.lots.map(({ id }) => id));
  expect(ids('', null)).toEqual([['1', '3'], ['2']]);
  expect(ids('당두', null)).toEqual([['1', '3']]);
  expect(ids('', 'dairy')).toEqual([['2']]);
  expect(ids('우유', 'tofu')).toEqual([]);
});

test('a day begins in Korea before it does in London', () => {
  expect(dayInKorea(new Date('2026-12-31T14:59:00Z'))).toBe('2026-12-31');
  expect(dayInKorea(new Date('2026-12-31T15:00:00Z'))).toBe('2027-01-01');
  expect(purchaseDay({ purchased_at: null, created_at: '2026-12-31T15:00:00Z' })).toBe('2027-01-01');
  expect(purchaseDay({ purchased_at: '2026-12-31T23:59:00', created_at: '2027-01-03T00:00:00Z' })).toBe('2026-12-31');
});

const TOFU = item({ id: 'a', name: '두부', quantity: 2, suggestion: suggestion({ expires_on: '2030-01-31' }) });

test('edits merge, and go when they are taken back', () => {
  const edits = merged(merged({}, TOFU, { name: '손두부' }), TOFU, { quantity: 3 });
  expect(edits).toEqual({ a: { name: '손두부', quantity: 3 } });
  expect(merged(edits, TOFU, { name: undefined, quantity: 2 })).toEqual({});
  expect(merged({}, TOFU, { expires_on: null })).toEqual({ a: { expires_on: null } });
});

test.each<[Edit, Edit]>([
  [{ name: '두부', quantity: 2, unit: null, storage: 'fridge', category: 'tofu', expires_on: '2030-01-31' }, {}],
  [{ unit: '모' }, { unit: '모' }],
  [{ storage: 'freezer', expires_on: '2030-01-31' }, { storage: 'freezer', expires_on: '2030-01-31' }],
  // Where food of another category is kept, the item does not say.
  [{ category: 'dairy', storage: 'fridge' }, { category: 'dairy', storage: 'fridge' }],
])('of %j the user changed %j', (edit, changes) => {
  expect(changed(TOFU, edit)).toEqual(changes);
});

test('the category of an uncertain item is confirmed by choosing it', () => {
  expect(changed({ ...TOFU, uncertain: true }, { category: 'tofu' })).toEqual({ category: 'tofu' });
});

test('an edit is none any more once the server offers the same', () => {
  const offered = { ...TOFU, category: 'ice_cream', suggestion: suggestion({ storage: 'freezer' }) };
  expect(current({ a: { storage: 'freezer', quantity: 3 }, gone: { quantity: 1 } }, [offered])).toEqual({
    a: { quantity: 3 },
    gone: { quantity: 1 },
  });
});

test.each<[Edit, object | null]>([
  [{ quantity: 5, unit: '모', expires_on: null }, null],
  [{ name: '손두부' }, { name: '손두부', category: 'tofu', storage: 'fridge' }],
  [{ storage: 'freezer' }, { name: '두부', category: 'tofu', storage: 'freezer' }],
  [{ category: 'dairy' }, { name: '두부', category: 'dairy' }],
  [{ category: 'dairy', storage: 'freezer' }, { name: '두부', category: 'dairy', storage: 'freezer' }],
])('with %j the server is asked for %j', (edit, query) => {
  expect(suggestionQuery(TOFU, edit, '2030-01-20')).toEqual(query && { ...query, purchased_on: '2030-01-20' });
});

test('what is added is the food that waits, as the user sees it', () => {
  const all = review([
    item({ id: 'food' }),
    item({ id: 'added', status: 'added' }),
    item({ id: 'bag', category: 'non_food', is_food: false }),
    item({ id: 'found to be food', category: 'non_food', is_food: false }),
    item({ id: 'found to be none' }),
  ]);
  const edits = { 'found to be food': { category: 'dairy' }, 'found to be none': { category: 'non_food' } };
  expect(toAdd(all, edits).map(({ id }) => id)).toEqual(['food', 'found to be food']);
});

test('photos are scaled down to 2048 px, never up', () => {
  expect([scaled(4000, 3000), scaled(3000, 4000), scaled(2048, 100)]).toEqual([{ width: 2048 }, { height: 2048 }, null]);
});

test('the box of an item is brought into the middle of the window, and the photo fills it', () => {
  const photo = { width: 1000, height: 3000 };
  expect(placePhoto(photo, [100, 1500, 900, 1540], 500, 200)).toMatchObject({ tall: 1500, top: -660 });
  expect(placePhoto(photo, [100, 0, 900, 40], 500, 200).top).toBeCloseTo(0);
  expect(placePhoto(photo, [100, 2960, 900, 3000], 500, 200).top).toBe(-1300);
});

test('every error has words in both languages, the unknown ones too', () => {
  expect(Object.keys(en.problems).sort()).toEqual(Object.keys(ko.problems).sort());
  expect(words(ko, new Problem('never heard of', false))).toBe(ko.problems.fault);
});

test.each([
  ['2026-11-23', '11월 23일 (월)'],
  ['2027-01-05', '1월 5일 (화)'],
  ['2026-03-01', '3월 1일'],
  ['2027-06-01', '2027년 6월 1일'],
])('on 23 November 2026 %s is %s', (day, text) => {
  expect(formatDay(day, 'ko', '2026-11-23')).toBe(text);
});

test('Korean comes first', () => {
  expect([preferred(['en', 'ko']), preferred(['ko', 'en']), preferred(['de', 'fr']), preferred([])]).toEqual(['en', 'ko', 'ko', 'ko']);
});

const LEFT = { L: ['0001101', '0011001', '0010011', '0111101', '0100011', '0110001', '0101111', '0111011', '0110111', '0001011'] };
const PARITY = ['LLLLLL', 'LLGLGG', 'LLGGLG', 'LLGGGL', 'LGLLGG', 'LGGLLG', 'LGGGLL', 'LGLGLG', 'LGLGGL', 'LGGLGL'];

/** An EAN-13 barcode as printed, on white. */
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

test('a barcode in a picture is read; a picture without one is none', () => {
  expect(readBarcode(ean13('8801234567893'))).toBe('8801234567893');
  expect(readBarcode({ data: new Uint8ClampedArray(4 * 200 * 100).fill(255), width: 200, height: 100 })).toBeNull();
});
