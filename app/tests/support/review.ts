// A review as `review_receipt` returns it.
import type { Category, Item, Review } from '@/lib/receipts';
import type { Suggestion } from '@/lib/useBy';

export const RECEIPT_ID = '0f0c7c6e-0000-4000-8000-000000000002';

export const CATEGORIES: Category[] = [
  { code: 'tofu', name_ko: '두부·묵', name_en: 'Tofu', is_food: true, default_storage: 'fridge' },
  { code: 'dairy', name_ko: '우유·유제품', name_en: 'Dairy', is_food: true, default_storage: 'fridge' },
  { code: 'ice_cream', name_ko: '아이스크림', name_en: 'Ice cream', is_food: true, default_storage: 'freezer' },
  { code: 'non_food', name_ko: '비식품', name_en: 'Not food', is_food: false, default_storage: null },
];

export function suggestion(changes: Partial<Suggestion>): Suggestion {
  return { storage: 'fridge', expires_on: null, min_days: 11, max_days: 14, basis: 'purchase', source: 'estimate', ...changes };
}

export function item(changes: Partial<Item> & { id: string }): Item {
  return {
    line_no: 1,
    status: 'pending',
    raw_text: '001 초당두부 300g 1,890 2 3,780',
    name: '초당두부 300g',
    quantity: 2,
    unit: null,
    unit_price: 1890,
    amount: 3780,
    discount: 0,
    barcode: null,
    box: [10, 100, 500, 140],
    object_path: null,
    purchased_on: null,
    category: 'tofu',
    is_food: true,
    uncertain: (changes.uncertain_fields ?? []).length > 0,
    uncertain_fields: [],
    why: { decided_by: 'model', model_version: '1' },
    prediction: { name: '초당두부 300g', category: 'tofu', confidence: 0.9 },
    alternatives: [{ category: 'dairy', confidence: 0.05 }],
    offer: null,
    suggestion: suggestion({ expires_on: '2030-01-31', source: 'foodkeeper: Tofu' }),
    inventory_id: null,
    ...changes,
  };
}

export const ROW = {
  id: RECEIPT_ID,
  object_path: 'user/photo.jpg',
  status: 'done',
  error_code: null,
  store_name: '행복마트 성수점',
  purchased_at: '2030-01-20T18:31:00',
  total: 4270,
  currency: 'KRW',
  created_at: '2030-01-20T09:32:00Z',
} as const;

export function review(items: Item[], warnings: string[] = []): Review {
  return { receipt: { ...ROW, duplicate_of: null, warnings, uncertain_fields: [] }, items, categories: CATEGORIES };
}
