import { item, review, suggestion } from '../support/review';
import { current, merged } from '@/lib/drafts';
import { changed, type Edit, purchaseDay, suggestionQuery, toAdd } from '@/lib/receipts';

const TOFU = item({ id: 'a', name: '두부', quantity: 2, suggestion: suggestion({ expires_on: '2030-01-31' }) });

test('the purchase date is the printed one, or the upload date in Korea', () => {
  expect(purchaseDay({ purchased_at: null, created_at: '2026-12-31T15:00:00Z' })).toBe('2027-01-01');
  expect(purchaseDay({ purchased_at: '2026-12-31T23:59:00', created_at: '2027-01-03T00:00:00Z' })).toBe('2026-12-31');
});

test('edits are merged, and removed when taken back', () => {
  const edits = merged(merged({}, TOFU, { name: '손두부' }), TOFU, { quantity: 3 });
  expect(edits).toEqual({ a: { name: '손두부', quantity: 3 } });
  expect(merged(edits, TOFU, { name: undefined, quantity: 2 })).toEqual({});
  expect(merged({}, TOFU, { expires_on: null })).toEqual({ a: { expires_on: null } });
});

test.each<[Edit, Edit]>([
  [{ name: '두부', quantity: 2, unit: null, storage: 'fridge', category: 'tofu', expires_on: '2030-01-31' }, {}],
  [{ unit: '모' }, { unit: '모' }],
  [{ storage: 'freezer', expires_on: '2030-01-31' }, { storage: 'freezer', expires_on: '2030-01-31' }],
  // The item's suggestion does not cover the storage of another category.
  [{ category: 'dairy', storage: 'fridge' }, { category: 'dairy', storage: 'fridge' }],
])('of the edit %j the changes are %j', (edit, changes) => {
  expect(changed(TOFU, edit)).toEqual(changes);
});

test('choosing the category of an uncertain item confirms it', () => {
  expect(changed({ ...TOFU, uncertain: true }, { category: 'tofu' })).toEqual({ category: 'tofu' });
});

test('an edit is dropped once the server offers the same value', () => {
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
])('with the edit %j the suggestion query is %j', (edit, query) => {
  expect(suggestionQuery(TOFU, edit, '2030-01-20')).toEqual(query && { ...query, purchased_on: '2030-01-20' });
});

test('pending food is added, judged by the edited category', () => {
  const all = review([
    item({ id: 'food' }),
    item({ id: 'added', status: 'added' }),
    item({ id: 'bag', category: 'non_food', is_food: false }),
    item({ id: 'edited to food', category: 'non_food', is_food: false }),
    item({ id: 'edited to non-food' }),
  ]);
  const edits = { 'edited to food': { category: 'dairy' }, 'edited to non-food': { category: 'non_food' } };
  expect(toAdd(all, edits).map(({ id }) => id)).toEqual(['food', 'edited to food']);
});
