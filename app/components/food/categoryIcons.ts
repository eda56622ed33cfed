import {
  Apple, Baby, Beef, Carrot, CircleHelp, Coffee, Cookie, Croissant, Cuboid, CupSoda, Cylinder, Egg, Fish, Flask, Ham,
  IceCream, Leaf, type LucideIcon, Microwave, Milk, Pizza, ShoppingBag, Soup, Wheat, Wine,
} from '@/components/ui/icons';

const ICONS: Record<string, LucideIcon> = {
  vegetable: Carrot,
  fruit: Apple,
  grain_nut: Wheat,
  meat: Beef,
  seafood: Fish,
  egg: Egg,
  tofu: Cuboid,
  dairy: Milk,
  processed_meat: Ham,
  kimchi_banchan: Leaf,
  noodle: Soup,
  bakery: Croissant,
  snack: Cookie,
  ice_cream: IceCream,
  beverage: CupSoda,
  coffee_tea: Coffee,
  alcohol: Wine,
  seasoning: Flask,
  canned: Cylinder,
  ready_meal: Microwave,
  frozen: Pizza,
  baby_health: Baby,
  non_food: ShoppingBag,
};

/** Falls back to a default icon for categories newer than this app. */
export function categoryIcon(code: string): LucideIcon {
  return ICONS[code] ?? CircleHelp;
}
