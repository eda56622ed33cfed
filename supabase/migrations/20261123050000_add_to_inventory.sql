-- What comes from no receipt: a scanned or named product, dated by the same rules, and added once however often it is sent.

grant execute on function private.gtin14(text), private.check_digit(text) to authenticated;

create function private.rule_for(p_name text, p_category text, p_storage text)
returns table (category_id smallint, keeps private.shelf_life)
language plpgsql stable set search_path = ''
as $$
declare
  category public.categories;
begin
  select * into category from public.categories c where c.code = p_category;
  if not found then
    perform private.refuse(422, 'unknown_category', 'There is no such category.');
  elsif p_storage not in ('pantry', 'fridge', 'freezer') then
    perform private.refuse(422, 'unknown_storage', 'The storage is pantry, fridge or freezer.');
  end if;
  return query select category.id, private.shelf_life(p_name, category.id, p_storage);
end
$$;
comment on function private.rule_for(text, text, text) is
  'The category of that code and how such a product keeps, where it usually is or at p_storage. Errors by hint: unknown_category, unknown_storage.';
revoke all on function private.rule_for(text, text, text) from public, anon;
grant execute on function private.rule_for(text, text, text) to authenticated;

create function public.suggest_use_by(name text, category text, storage text default null, purchased_on date default null)
returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select jsonb_build_object(
    'storage', (keeps).storage,
    'expires_on', coalesce($4, private.today()) + (keeps).min_days,
    'min_days', (keeps).min_days,
    'max_days', (keeps).max_days,
    'basis', (keeps).basis,
    'source', (keeps).source
  )
  from private.rule_for($1, $2, $3)
$$;
comment on function public.suggest_use_by(text, text, text, date) is
  'Where to keep a product of that name and category, or how it keeps at that storage, counted from the purchase, today by default: what adding it would make of it. Errors by hint: unknown_category, unknown_storage.';
revoke all on function public.suggest_use_by(text, text, text, date) from public, anon;
grant execute on function public.suggest_use_by(text, text, text, date) to authenticated;

create function public.add_to_inventory(
  item_id uuid,
  name text,
  category text,
  gtin text default null,
  quantity double precision default 1,
  unit text default null,
  storage text default null,
  purchased_on date default null,
  expires_on date default null
)
returns public.inventory
language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  lot public.inventory;
  bought_on constant date := coalesce($8, private.today());
  rule record;
begin
  select * into rule from private.rule_for($2, $3, $7);
  if bought_on > private.today() + 1 then
    perform private.refuse(422, 'date_in_future', 'The day has not come yet.');
  elsif $4 is not null and private.gtin14($4) is null then
    perform private.refuse(422, 'invalid_item', 'That is no number of a product.');
  end if;

  insert into public.inventory (
    id, name, category_id, gtin14, quantity, unit, storage, purchased_on, expires_on, expiry_basis, expiry_source
  )
  values (
    $1, btrim($2), rule.category_id, private.gtin14($4), coalesce($5, 1), nullif(btrim($6), ''), (rule.keeps).storage,
    bought_on, coalesce($9, bought_on + (rule.keeps).min_days),
    -- A date that comes without a basis is the one on the package.
    case when $9 is null and (rule.keeps).min_days is not null then 'purchase' end,
    case when $9 is null and (rule.keeps).min_days is not null then (rule.keeps).source end
  )
  on conflict (id) do nothing
  returning * into lot;
  if not found then
    select * into lot from public.inventory where id = $1;
    if not found then
      perform private.refuse(409, 'item_id_taken', 'That id is taken; choose another one.');
    end if;
  end if;
  return lot;
exception
  when check_violation or not_null_violation or data_exception then
    perform private.refuse(422, 'invalid_item', 'The item cannot be taken as it is: ' || sqlerrm);
end
$$;
comment on function public.add_to_inventory(uuid, text, text, text, double precision, text, text, date, date) is
  'Adds a product to the caller''s inventory under an id that the caller chose, once however often it is called, and returns its row. Without expires_on, which is the date on the package, the date is estimated from the day of purchase, today by default. Errors by hint: unknown_category, unknown_storage, date_in_future, invalid_item, item_id_taken; then nothing changes.';
revoke all on function public.add_to_inventory(uuid, text, text, text, double precision, text, text, date, date)
  from public, anon;
grant execute on function public.add_to_inventory(uuid, text, text, text, double precision, text, text, date, date)
  to authenticated;
