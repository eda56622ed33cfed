-- What a user does with the inventory: add a product without a receipt, move, open and consume it. Dates follow, and each
-- call is idempotent.

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

create function private.lock_inventory_item(p_item_id uuid) returns public.inventory
language plpgsql security definer set search_path = ''
as $$
declare
  item public.inventory;
begin
  select * into item from public.inventory where id = p_item_id and user_id = (select auth.uid()) for update;
  if not found then
    perform private.refuse(404, 'inventory_item_not_found', 'There is no such inventory item.');
  end if;
  return item;
end
$$;
comment on function private.lock_inventory_item(uuid) is 'An inventory row of the caller, for a change. Refuses the others.';
revoke all on function private.lock_inventory_item(uuid) from public, anon;

create function private.check_step(p_item public.inventory, p_storage text, p_day date) returns void
language plpgsql stable set search_path = ''
as $$
begin
  if p_item.consumed_at is not null then
    perform private.refuse(409, 'already_consumed', 'The item is used up.');
  elsif p_storage not in ('pantry', 'fridge', 'freezer') then
    perform private.refuse(422, 'unknown_storage', 'The storage is pantry, fridge or freezer.');
  -- A phone abroad may be a day ahead.
  elsif p_day > private.today() + 1 then
    perform private.refuse(422, 'date_in_future', 'The day has not come yet.');
  end if;
end
$$;
comment on function private.check_step(public.inventory, text, date) is
  'Refuses a step with an item that is used up, to a place there is not, or on a day to come.';
revoke all on function private.check_step(public.inventory, text, date) from public, anon;

create function private.moved(p_item public.inventory, p_storage text, p_day date) returns public.inventory
language plpgsql stable set search_path = ''
as $$
declare
  item public.inventory := p_item;
  keeps private.shelf_life;
  usual constant private.shelf_life := private.shelf_life(p_item.name, p_item.category_id);
  bought constant date := coalesce(p_item.purchased_on, (p_item.created_at at time zone 'Asia/Seoul')::date);
  until date;
begin
  item.storage := p_storage;
  if item.expires_on < p_day then
    return item; -- what is past its date does not get another one
  end if;

  if p_storage = 'freezer' then
    keeps := private.shelf_life(item.name, item.category_id, 'freezer');
    item.expires_on := greatest(p_day + keeps.min_days, item.package_expires_on);
    item.expiry_basis := 'frozen';
  elsif p_item.storage = 'freezer' then
    keeps := private.shelf_life_after(item.name, item.category_id, 'thawed', p_storage, false);
    if keeps.min_days is null then
      keeps := private.shelf_life(item.name, item.category_id, p_storage);
    end if;
    item.expires_on := least(p_item.expires_on, p_day + keeps.min_days);
    item.expiry_basis := 'thawed';
  elsif item.opened_on is not null then
    keeps := private.shelf_life_after(item.name, item.category_id, 'opened', p_storage, false);
    item.expires_on := least(item.package_expires_on, item.opened_on + keeps.min_days);
    item.expiry_basis := 'opened';
  elsif item.expiry_basis = 'package' and (p_storage = 'fridge' or p_storage = usual.storage) then
    return item; -- the date on the package holds where the food belongs, and where it is colder
  elsif item.expiry_basis = 'thawed' then
    return item;
  else
    keeps := private.shelf_life(item.name, item.category_id, p_storage);
    until := greatest(bought + keeps.min_days, p_day);
    item.expires_on := least(item.package_expires_on, until);
    item.expiry_basis := case when item.expires_on = item.package_expires_on then 'package' else 'purchase' end;
  end if;

  if keeps.min_days is null then
    -- No rule for that place: the date that is known is better than none, unless no date applies at all.
    item.expires_on :=
      case when keeps.source is distinct from 'not_applicable' then p_item.expires_on else item.package_expires_on end;
    item.expiry_basis := case when item.expires_on is not null then p_item.expiry_basis end;
    return item;
  end if;
  item.expiry_source := case when item.expiry_basis <> 'package' then keeps.source end;
  return item;
end
$$;
comment on function private.moved(public.inventory, text, date) is
  'An inventory row as it is once it was put into another place on a day. Freezing counts from that day and does not renew what is past its date; thawing never lengthens.';
revoke all on function private.moved(public.inventory, text, date) from public, anon;

create function public.move_inventory_item(item_id uuid, storage text, moved_on date default null)
returns public.inventory
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  item public.inventory := private.lock_inventory_item($1);
  day constant date := coalesce($3, private.today());
  latest public.inventory_history;
begin
  perform private.check_step(item, coalesce($2, ''), day);
  if item.storage = $2 then
    return item;
  end if;
  select * into latest from public.inventory_history where inventory_id = item.id order by id desc limit 1;
  if latest.action = 'moved' and latest.changes #>> '{storage,0}' = $2
    and (latest.changed_at at time zone 'Asia/Seoul')::date = private.today()
  then
    -- Put back the same day: as if it had stayed.
    item := jsonb_populate_record(item, (select jsonb_object_agg(key, value -> 0) from jsonb_each(latest.changes)));
  else
    item := private.moved(item, $2, day);
  end if;
  update public.inventory
  set storage = item.storage, expires_on = item.expires_on, expiry_basis = item.expiry_basis,
      expiry_source = item.expiry_source
  where id = item.id
  returning * into item;
  return item;
end
$$;
comment on function public.move_inventory_item(uuid, text, date) is
  'Puts an inventory item of the caller into pantry, fridge or freezer, today or on the day given, and counts its date anew. Again is nothing; back on the same day undoes it. Errors by hint: inventory_item_not_found, already_consumed, unknown_storage, date_in_future.';
revoke all on function public.move_inventory_item(uuid, text, date) from public, anon;
grant execute on function public.move_inventory_item(uuid, text, date) to authenticated;

create function public.open_inventory_item(item_id uuid, opened_on date default null, storage text default null)
returns public.inventory
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  item public.inventory := private.lock_inventory_item($1);
  day constant date := coalesce($2, item.opened_on, private.today());
  keeps private.shelf_life;
  unopened date := item.expires_on;
begin
  perform private.check_step(item, coalesce($3, item.storage), day);
  if item.opened_on = day and ($3 is null or $3 = item.storage) then
    return item;
  end if;
  if item.expiry_basis = 'opened' then
    -- A day that is corrected starts from the date that the item had unopened.
    keeps := private.shelf_life(item.name, item.category_id, item.storage);
    unopened := coalesce(item.package_expires_on, item.purchased_on + keeps.min_days);
  end if;
  keeps := private.shelf_life_after(
    item.name, item.category_id, 'opened', coalesce($3, item.storage),
    -- From the shelf to the fridge; nobody thaws what is frozen by opening it.
    p_elsewhere => $3 is null and item.storage = 'pantry'
  );
  item.storage := coalesce($3, keeps.storage, item.storage);
  if day + keeps.min_days < coalesce(unopened, 'infinity') then
    item.expires_on := day + keeps.min_days;
    item.expiry_basis := 'opened';
    item.expiry_source := keeps.source;
  elsif item.expiry_basis = 'opened' then
    item.expires_on := unopened;
    item.expiry_basis := case when unopened = item.package_expires_on then 'package' else 'purchase' end;
  end if;
  update public.inventory
  set opened_on = day, storage = item.storage, expires_on = item.expires_on, expiry_basis = item.expiry_basis,
      expiry_source = item.expiry_source
  where id = item.id
  returning * into item;
  return item;
end
$$;
comment on function public.open_inventory_item(uuid, date, text) is
  'Notes that an inventory item of the caller was opened, today or on the day given. Its date becomes the earlier of the one it has and the one of opened food; from the pantry it goes to where opened food of its kind is kept, or to the storage given. Again is nothing; another day corrects it. Errors by hint: inventory_item_not_found, already_consumed, unknown_storage, date_in_future.';
revoke all on function public.open_inventory_item(uuid, date, text) from public, anon;
grant execute on function public.open_inventory_item(uuid, date, text) to authenticated;

create function public.consume_inventory_item(item_id uuid, remaining double precision default 0)
returns public.inventory
language plpgsql security definer set search_path = ''
as $$
declare
  item public.inventory := private.lock_inventory_item($1);
begin
  if $2 is null or not $2 between 0 and item.quantity then
    perform private.refuse(422, 'invalid_remaining', format('There can be 0 to %s left.', item.quantity));
  end if;
  update public.inventory
  set quantity = $2, consumed_at = case when $2 = 0 then coalesce(consumed_at, now()) end
  where id = item.id
  returning * into item;
  return item;
end
$$;
comment on function public.consume_inventory_item(uuid, double precision) is
  'Notes how much of an inventory item of the caller is left; with nothing left it is used up. What is left, not what is taken, so that a call may be repeated. Errors by hint: inventory_item_not_found, invalid_remaining.';
revoke all on function public.consume_inventory_item(uuid, double precision) from public, anon;
grant execute on function public.consume_inventory_item(uuid, double precision) to authenticated;
