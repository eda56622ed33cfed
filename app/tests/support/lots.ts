// A lot of the inventory.
import { NOW } from './screens';
import { addDays, dayOf } from '@/lib/dates';
import type { Lot } from '@/lib/inventory';

export const TODAY = dayOf(NOW);
export const TOFU = { code: 'tofu', name_ko: '두부·묵', name_en: 'Tofu' };

export function lot(changes: Partial<Lot>): Lot {
  return {
    id: '1',
    name: '초당두부',
    category_id: 7,
    gtin14: null,
    quantity: 2,
    bought_quantity: 2,
    unit: '모',
    image_url: null,
    storage: 'fridge',
    purchased_on: TODAY,
    expires_on: addDays(TODAY, 2),
    package_expires_on: null,
    expiry_basis: 'purchase',
    expiry_source: 'foodkeeper: Tofu',
    opened_on: null,
    consumed_at: null,
    consumed_reason: null,
    price: null,
    created_at: `${TODAY}T00:00:00Z`,
    categories: TOFU,
    ...changes,
  };
}
