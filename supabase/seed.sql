-- Reference data. Every statement may run again: rows are updated in place, and nothing a user made is touched.

insert into public.categories (code, name_ko, name_en, is_food, default_storage, sort) values
  ('vegetable', '채소', 'Vegetables', true, 'fridge', 1),
  ('fruit', '과일', 'Fruit', true, 'fridge', 2),
  ('grain_nut', '쌀·잡곡·견과', 'Rice, grains and nuts', true, 'pantry', 3),
  ('meat', '정육', 'Meat', true, 'fridge', 4),
  ('seafood', '수산·건어물', 'Seafood', true, 'fridge', 5),
  ('egg', '계란', 'Eggs', true, 'fridge', 6),
  ('tofu', '두부·묵', 'Tofu', true, 'fridge', 7),
  ('dairy', '우유·유제품', 'Dairy', true, 'fridge', 8),
  ('processed_meat', '햄·소시지·어묵', 'Ham, sausages and fish cake', true, 'fridge', 9),
  ('kimchi_banchan', '김치·반찬', 'Kimchi and side dishes', true, 'fridge', 10),
  ('noodle', '면·라면', 'Noodles', true, 'pantry', 11),
  ('bakery', '빵·떡·시리얼', 'Bread, rice cakes and cereal', true, 'pantry', 12),
  ('snack', '과자·간식', 'Snacks', true, 'pantry', 13),
  ('ice_cream', '아이스크림', 'Ice cream', true, 'freezer', 14),
  ('beverage', '음료·생수', 'Drinks and water', true, 'pantry', 15),
  ('coffee_tea', '커피·차', 'Coffee and tea', true, 'pantry', 16),
  ('alcohol', '주류', 'Alcohol', true, 'pantry', 17),
  ('seasoning', '양념·소스·가루', 'Seasonings and sauces', true, 'pantry', 18),
  ('canned', '통조림', 'Canned food', true, 'pantry', 19),
  ('ready_meal', '즉석식품', 'Ready meals', true, 'fridge', 20),
  ('frozen', '냉동식품', 'Frozen food', true, 'freezer', 21),
  ('baby_health', '영유아·건강식품', 'Baby food and supplements', true, 'pantry', 22),
  ('non_food', '비식품', 'Not food', false, null, 23)
on conflict (code) do update
set name_ko = excluded.name_ko,
    name_en = excluded.name_en,
    is_food = excluded.is_food,
    default_storage = excluded.default_storage,
    sort = excluded.sort;
