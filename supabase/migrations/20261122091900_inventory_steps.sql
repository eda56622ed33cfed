-- What a user does with the inventory: add a product without a receipt, move, open and consume it. Dates follow, and
-- each call is idempotent.

create function public.add_to_inventory(
  inventory_id uuid,
  name text,
  category text,
  gtin text default null,
  quantity double precision default 1,
  unit text default null,
  storage text default null,
  purchased_on text default null,
  expires_on text default null
)
returns public.inventory
language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  lot public.inventory;
  purchase_date date;
  package_date date;
  rule record;
begin
  purchase_date := coalesce(private.day($8), private.today());
  package_date := private.day($9);
  select * into rule from private.rule_for($2, $3, $7);
  if purchase_date > private.today() + 1 then
    perform private.refuse(422, 'date_in_future', 'The date is in the future.');
  elsif not private.dates_are_plausible(purchase_date, package_date) then
    perform private.refuse(422, 'date_out_of_range', 'A date is before 2000 or too far in the future.');
  elsif $4 is not null and private.gtin14($4) is null then
    perform private.refuse(422, 'invalid_item', 'gtin is not a valid product number.');
  end if;

  insert into public.inventory (
    id, name, category_id, gtin14, quantity, unit, storage, purchased_on, expires_on, expiry_basis, expiry_source
  )
  values (
    $1, btrim($2), rule.category_id, private.gtin14($4), coalesce($5, 1), nullif(btrim($6), ''),
    (rule.estimate).storage, purchase_date, coalesce(package_date, purchase_date + (rule.estimate).min_days),
    -- The trigger take_given_date records a date without a basis as the date on the package.
    case when package_date is null and (rule.estimate).min_days is not null then 'purchase' end,
    case when package_date is null and (rule.estimate).min_days is not null then (rule.estimate).source end
  )
  on conflict (id) do nothing
  returning * into lot;
  if not found then
    select * into lot from public.inventory where id = $1;
    if not found then
      perform private.refuse(409, 'inventory_id_taken', 'The id is already in use; choose another one.');
    end if;
  end if;
  return lot;
exception
  when check_violation or not_null_violation or data_exception then
    -- Not sqlerrm: it contains the value.
    perform private.refuse(422, 'invalid_item', 'An argument has an invalid value.');
end
$$;
comment on function public.add_to_inventory(uuid, text, text, text, double precision, text, text, text, text) is
  'Adds a product to the calling user''s inventory under an id that the client chooses, and returns its row. '
  'Idempotent. expires_on is the date on the package; without it the date is estimated from the day of purchase, '
  'today by default. Dates may be moments, of which the day in Korea counts. Errors by hint: unknown_category, unknown_storage, date_in_future, date_out_of_range, '
  'invalid_item, inventory_id_taken, rate_limited, limit_reached. After an error nothing has changed.';
revoke all on function public.add_to_inventory(uuid, text, text, text, double precision, text, text, text, text)
  from public, anon;
grant execute on function public.add_to_inventory(uuid, text, text, text, double precision, text, text, text, text)
  to authenticated;

create function private.lock_inventory_item(p_inventory_id uuid) returns public.inventory
language plpgsql security definer set search_path = ''
as $$
declare
  item public.inventory;
begin
  select * into item from public.inventory where id = p_inventory_id and user_id = (select auth.uid()) for update;
  if not found then
    perform private.refuse(404, 'inventory_item_not_found', 'The inventory item was not found.');
  end if;
  return item;
end
$$;
comment on function private.lock_inventory_item(uuid) is
  'An inventory row of the calling user, locked for a change. Errors by hint: inventory_item_not_found.';
revoke all on function private.lock_inventory_item(uuid) from public, anon;

create function private.check_step(p_item public.inventory, p_storage text, p_day date) returns void
language plpgsql stable set search_path = ''
as $$
begin
  if p_item.consumed_at is not null then
    perform private.refuse(409, 'already_consumed', 'The item is already consumed.');
  elsif p_storage not in ('pantry', 'fridge', 'freezer') then
    perform private.refuse(422, 'unknown_storage', 'storage must be pantry, fridge or freezer.');
  -- A phone in another time zone may be a day ahead.
  elsif p_day > private.today() + 1 then
    perform private.refuse(422, 'date_in_future', 'The date is in the future.');
  elsif not private.dates_are_plausible(p_day) then
    perform private.refuse(422, 'date_out_of_range', 'The date is before 2000.');
  end if;
end
$$;
comment on function private.check_step(public.inventory, text, date) is
  'Checks a step on an inventory row. Errors by hint: already_consumed, unknown_storage, date_in_future, '
  'date_out_of_range.';
revoke all on function private.check_step(public.inventory, text, date) from public, anon;

create function private.moved(p_item public.inventory, p_storage text, p_day date) returns public.inventory
language plpgsql stable set search_path = ''
as $$
declare
  item public.inventory := p_item;
  estimate private.shelf_life;
  usual constant private.shelf_life := private.shelf_life(p_item.name, p_item.category_id);
  purchase_date constant date := coalesce(p_item.purchased_on, (p_item.created_at at time zone 'Asia/Seoul')::date);
  estimated_on date;
begin
  item.storage := p_storage;
  item.moved_on := p_day;
  if item.expires_on < p_day then
    return item; -- expired food does not get a new date
  end if;

  if p_storage = 'freezer' then
    estimate := private.shelf_life(item.name, item.category_id, 'freezer');
    item.expires_on := greatest(p_day + estimate.min_days, item.package_expires_on);
    item.expiry_basis := case when item.expires_on = item.package_expires_on then 'package' else 'frozen' end;
  elsif p_item.storage = 'freezer' then
    estimate := private.shelf_life_after(item.name, item.category_id, 'thawed', p_storage, false);
    if estimate.min_days is null then
      estimate := private.shelf_life(item.name, item.category_id, p_storage);
    end if;
    item.expires_on := least(p_item.expires_on, p_day + estimate.min_days);
    item.expiry_basis := 'thawed';
  elsif item.opened_on is not null then
    estimate := private.shelf_life_after(item.name, item.category_id, 'opened', p_storage, false);
    item.expires_on := least(item.package_expires_on, item.opened_on + estimate.min_days);
    item.expiry_basis := 'opened';
  elsif item.expiry_basis = 'package' and (p_storage = 'fridge' or p_storage = usual.storage) then
    return item; -- the date on the package is valid at the usual storage and where it is colder
  elsif item.expiry_basis = 'thawed' then
    return item;
  else
    estimate := private.shelf_life(item.name, item.category_id, p_storage);
    estimated_on := greatest(purchase_date + estimate.min_days, p_day);
    item.expires_on := least(item.package_expires_on, estimated_on);
    item.expiry_basis := case when item.expires_on = item.package_expires_on then 'package' else 'purchase' end;
  end if;

  if estimate.min_days is null then
    -- Without a rule for this storage the previous date stays, unless the product needs no date.
    item.expires_on :=
      case when estimate.source = 'not_applicable' then item.package_expires_on else p_item.expires_on end;
    item.expiry_basis := case when item.expires_on is not null then p_item.expiry_basis end;
    return item;
  end if;
  item.expiry_source := case when item.expiry_basis <> 'package' then estimate.source end;
  return item;
end
$$;
comment on function private.moved(public.inventory, text, date) is
  'The inventory row after a move to another storage on p_day. Freezing counts from that day; thawing never extends '
  'the date; expired food estimate its date.';
revoke all on function private.moved(public.inventory, text, date) from public, anon;

create function public.move_inventory_item(inventory_id uuid, storage text, moved_on text default null)
returns public.inventory
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  item public.inventory := private.lock_inventory_item($1);
  day constant date := coalesce(private.day($3), private.today());
  latest public.inventory_history;
begin
  perform private.check_step(item, coalesce($2, ''), day);
  if item.storage = $2 then
    return item;
  end if;
  select * into latest from public.inventory_history where inventory_id = item.id order by id desc limit 1;
  if latest.action = 'moved' and latest.changes #>> '{storage,0}' = $2
    and (latest.changed_at at time zone 'Asia/Seoul')::date = private.today() and item.moved_on = day
  then
    -- Entered today, and moved back on the day of the move: undo the move.
    item := jsonb_populate_record(item, (select jsonb_object_agg(key, value -> 0) from jsonb_each(latest.changes)));
  else
    item := private.moved(item, $2, day);
  end if;
  update public.inventory
  set storage = item.storage, moved_on = item.moved_on, expires_on = item.expires_on,
      expiry_basis = item.expiry_basis, expiry_source = item.expiry_source
  where id = item.id
  returning * into item;
  return item;
end
$$;
comment on function public.move_inventory_item(uuid, text, text) is
  'Moves an inventory item of the calling user to pantry, fridge or freezer, today or on the given day, and '
  'recalculates its use-by date. Idempotent; moving it back on the same day undoes the move. Errors by hint: '
  'inventory_item_not_found, already_consumed, unknown_storage, date_in_future. '
  'Runs as its owner, which writes the columns and the lock that users have no grant for.';
revoke all on function public.move_inventory_item(uuid, text, text) from public, anon;
grant execute on function public.move_inventory_item(uuid, text, text) to authenticated;

create function public.open_inventory_item(inventory_id uuid, opened_on text default null, storage text default null)
returns public.inventory
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  item public.inventory := private.lock_inventory_item($1);
  day constant date := coalesce(private.day($2), item.opened_on, private.today());
  estimate private.shelf_life;
  unopened_expires_on date := item.expires_on;
begin
  perform private.check_step(item, coalesce($3, item.storage), day);
  if item.opened_on = day and ($3 is null or $3 = item.storage) then
    return item;
  end if;
  if item.expiry_basis = 'opened' then
    -- A corrected day starts from the date of the unopened item.
    estimate := private.shelf_life(item.name, item.category_id, item.storage);
    unopened_expires_on := coalesce(item.package_expires_on, item.purchased_on + estimate.min_days);
  end if;
  estimate := private.shelf_life_after(
    item.name, item.category_id, 'opened', coalesce($3, item.storage),
    -- Opened food moves from the pantry to the fridge; opening frozen food does not thaw it.
    p_elsewhere => $3 is null and item.storage = 'pantry'
  );
  item.storage := coalesce($3, estimate.storage, item.storage);
  if day + estimate.min_days < coalesce(unopened_expires_on, 'infinity') then
    item.expires_on := day + estimate.min_days;
    item.expiry_basis := 'opened';
    item.expiry_source := estimate.source;
  elsif item.expiry_basis = 'opened' then
    item.expires_on := unopened_expires_on;
    item.expiry_basis := case when unopened_expires_on = item.package_expires_on then 'package' else 'purchase' end;
  end if;
  update public.inventory
  set opened_on = day, storage = item.storage, expires_on = item.expires_on, expiry_basis = item.expiry_basis,
      expiry_source = item.expiry_source
  where id = item.id
  returning * into item;
  return item;
end
$$;
comment on function public.open_inventory_item(uuid, text, text) is
  'Records that an inventory item of the calling user was opened, today or on the given day. Its use-by date becomes '
  'the earlier of its current date and that of opened food. An item in the pantry moves to the usual storage of such '
  'food once opened, or to the given storage. Idempotent; another day corrects the first. Errors by hint: '
  'inventory_item_not_found, already_consumed, unknown_storage, date_in_future. '
  'Runs as its owner, which writes the columns and the lock that users have no grant for.';
revoke all on function public.open_inventory_item(uuid, text, text) from public, anon;
grant execute on function public.open_inventory_item(uuid, text, text) to authenticated;

create function public.consume_inventory_item(inventory_id uuid, remaining double precision default 0)
returns public.inventory
language plpgsql security definer set search_path = ''
as $$
declare
  item public.inventory := private.lock_inventory_item($1);
begin
  if $2 is null or not $2 between 0 and item.quantity then
    perform private.refuse(422, 'invalid_remaining', format('remaining must be between 0 and %s.', item.quantity));
  end if;
  update public.inventory
  set quantity = $2, consumed_at = case when $2 = 0 then coalesce(consumed_at, now()) end
  where id = item.id
  returning * into item;
  return item;
end
$$;
comment on function public.consume_inventory_item(uuid, double precision) is
  'Sets the remaining quantity of an inventory item of the calling user; 0 marks it as consumed. Idempotent, because '
  'it takes the remaining quantity, not the quantity taken. Errors by hint: inventory_item_not_found, '
  'invalid_remaining. '
  'Runs as its owner, which writes the columns and the lock that users have no grant for.';
revoke all on function public.consume_inventory_item(uuid, double precision) from public, anon;
grant execute on function public.consume_inventory_item(uuid, double precision) to authenticated;
