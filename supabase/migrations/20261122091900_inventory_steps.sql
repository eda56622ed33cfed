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
  expires_on text default null,
  price integer default null
)
returns public.inventory
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  lot public.inventory;
  new_name constant text := private.clean_name($2);
  purchase_date date;
  package_date date;
  rule record;
begin
  perform private.require_user();
  purchase_date := coalesce(private.day($8), private.today());
  package_date := private.day($9);
  select * into rule from private.rule_for(new_name, $3, $7);
  if purchase_date > private.today() + 1 then
    perform private.refuse(422, 'date_in_future', 'The date is in the future.');
  elsif not private.dates_are_plausible(purchase_date, package_date) then
    perform private.refuse(422, 'date_out_of_range', 'A date is before 2000 or too far in the future.');
  elsif $4 is not null and private.gtin14($4) is null then
    perform private.refuse(422, 'invalid_item', 'gtin is not a valid product number.');
  end if;

  insert into public.inventory (
    id, user_id, name, category_id, gtin14, quantity, unit, storage, purchased_on, expires_on, expiry_basis,
    expiry_source, price
  )
  values (
    $1, private.owner_id(), new_name, rule.category_id, private.gtin14($4), coalesce($5, 1), private.clean_unit($6),
    (rule.estimate).storage, purchase_date, coalesce(package_date, purchase_date + (rule.estimate).min_days),
    -- The trigger take_given_date records a date without a basis as the date on the package.
    case when package_date is null and (rule.estimate).min_days is not null then 'purchase' end,
    case when package_date is null and (rule.estimate).min_days is not null then (rule.estimate).source end, $10
  )
  on conflict (id) do nothing
  returning * into lot;
  if not found then
    select * into lot from public.inventory where id = $1 and user_id = (select private.owner_id());
    if not found then
      perform private.refuse(409, 'inventory_id_taken', 'The id is already in use; choose another one.');
    end if;
  else
    -- Looked up after the insertion, which waits for a deletion that is not committed yet. The row is not brought back:
    -- a repeated call whose answer was lost must not undo what the user has done since.
    delete from private.deleted_inventory d where d.inventory_id = $1 and not private.can_be_restored(d.deleted_at);
    if exists (select from private.deleted_inventory d where d.inventory_id = $1) then
      perform private.refuse(
        409, 'inventory_id_taken', 'The item with this id was deleted; restore it, or choose another id.'
      );
    end if;
  end if;
  return lot;
exception
  when check_violation or not_null_violation or data_exception then
    -- Not sqlerrm: it contains the value.
    perform private.refuse(422, 'invalid_item', 'An argument has an invalid value.');
    return null; -- not reached
end
$$;
comment on function public.add_to_inventory(uuid, text, text, text, double precision, text, text, text, text, integer) is
  'Adds a product to the calling user''s inventory under an id that the client chooses, and returns its row. '
  'Idempotent. expires_on is the date on the package; without it the date is estimated from the day of purchase, '
  'today by default. price is in won, for the whole quantity. Dates may be moments, of which the day in Korea counts. '
  'The id of a deleted item is taken as long as restore_inventory_item can undo the deletion. '
  'Errors by hint: unknown_category, unknown_storage, date_in_future, date_out_of_range, invalid_item, '
  'inventory_id_taken, rate_limited, limit_reached. After an error nothing has changed. '
  'Runs as its owner, because users may not write inventory.';
revoke all on function public.add_to_inventory(uuid, text, text, text, double precision, text, text, text, text, integer)
  from public, anon;
grant execute on function public.add_to_inventory(uuid, text, text, text, double precision, text, text, text, text, integer)
  to authenticated;

create function private.lock_inventory_item(p_inventory_id uuid) returns public.inventory
language plpgsql security definer set search_path = ''
as $$
declare
  item public.inventory;
begin
  select * into item from public.inventory where id = p_inventory_id and user_id = (select private.owner_id()) for update;
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
  -- And a day behind that of the purchase, which is a day in Korea.
  elsif p_day < p_item.purchased_on - 1 then
    perform private.refuse(422, 'date_before_purchase', 'The date is before the purchase.');
  end if;
end
$$;
comment on function private.check_step(public.inventory, text, date) is
  'Checks a step on an inventory row. Errors by hint: already_consumed, unknown_storage, date_in_future, '
  'date_out_of_range, date_before_purchase.';
revoke all on function private.check_step(public.inventory, text, date) from public, anon;

create function private.check_purchase_day(p_item public.inventory, p_day date) returns void
language plpgsql volatile set search_path = ''
as $$
declare
  first_step constant date := least(p_item.moved_on, p_item.opened_on, (
    select min((moved.changes #>> '{moved_on,1}')::date)
    from public.inventory_history moved
    where moved.inventory_id = p_item.id and moved.changes ? 'moved_on'
      and not exists (
        select from public.inventory_history undone
        where undone.inventory_id = moved.inventory_id and undone.id > moved.id
          and undone.changes #> '{moved_on,0}' = moved.changes #> '{moved_on,1}'
          and undone.changes #> '{moved_on,1}' = moved.changes #> '{moved_on,0}'
      )
  ));
begin
  -- With the tolerance of check_step.
  if p_day > p_item.purchased_on is not false and p_day > first_step + 1 then
    raise exception using
      errcode = 'PT422', message = 'The item was moved or opened before this day.', hint = 'purchase_after_step',
      detail = first_step::text;
  end if;
end
$$;
comment on function private.check_purchase_day(public.inventory, date) is
  'Checks a later day of purchase of an inventory row against its moves that were not undone and its opening. Errors by '
  'hint: purchase_after_step, with the day of the first step as the detail.';
revoke all on function private.check_purchase_day(public.inventory, date) from public, anon, authenticated, service_role;

create function private.unopened(p_item public.inventory) returns public.inventory
language plpgsql stable set search_path = ''
as $$
begin
  if p_item.expiry_basis is distinct from 'opened' then
    return p_item;
  end if;
  return jsonb_populate_record(p_item, (
    select jsonb_object_agg(field.key, field.value -> 0)
    from (
      select h.changes from public.inventory_history h
      where h.inventory_id = p_item.id and h.changes #>> '{expiry_basis,1}' = 'opened'
        -- From frozen, it is a move to the freezer that was undone.
        and h.changes #>> '{expiry_basis,0}' is distinct from 'frozen'
      order by h.id desc limit 1
    ) opening
    cross join lateral jsonb_each(opening.changes) field
    where field.key in ('expires_on', 'expiry_basis', 'expiry_source')
  ));
end
$$;
comment on function private.unopened(public.inventory) is
  'The inventory row with the use-by date that it had before it was opened.';
revoke all on function private.unopened(public.inventory) from public, anon, authenticated, service_role;

create function private.moved(p_item public.inventory, p_storage text, p_day date) returns public.inventory
language plpgsql stable set search_path = ''
as $$
declare
  item public.inventory := p_item;
  estimate private.shelf_life;
  opened private.shelf_life;
  unopened constant public.inventory := private.unopened(p_item);
  thawed_until constant date := case when unopened.expiry_basis = 'thawed' then unopened.expires_on end;
  fresh_days integer;
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
      -- It keeps as fresh food does, but no longer than it would have when it was frozen.
      estimate := private.shelf_life(item.name, item.category_id, p_storage);
      fresh_days := coalesce(item.package_expires_on, purchase_date + estimate.min_days) - p_item.moved_on;
      if estimate.min_days > fresh_days then -- neither is null: it has a rule, and was not bought frozen
        estimate.min_days := least(estimate.min_days, greatest(fresh_days, 1));
      end if;
    end if;
    if item.opened_on is not null then
      opened := private.shelf_life_after(item.name, item.category_id, 'opened', p_storage, false);
      estimate := case when opened.min_days < estimate.min_days then opened else estimate end;
    end if;
    item.expires_on := least(p_item.expires_on, p_day + estimate.min_days);
    item.expiry_basis := 'thawed';
  elsif item.opened_on is not null then
    estimate := private.shelf_life_after(item.name, item.category_id, 'opened', p_storage, false);
    item.expires_on := least(item.package_expires_on, thawed_until, item.opened_on + estimate.min_days);
    item.expiry_basis := case item.expires_on
      when item.package_expires_on then 'package' when thawed_until then 'thawed' else 'opened'
    end;
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

create function private.latest_step_of_today(p_inventory_id uuid) returns public.inventory_history
language plpgsql stable set search_path = ''
as $$
declare
  step public.inventory_history;
  step_ids bigint[] := array[]::bigint[];
  last_changes jsonb;
begin
  for step in
    select h.* from public.inventory_history h
    where h.inventory_id = p_inventory_id and private.korean_day(h.changed_at) = private.today()
      -- The user may also have renamed the item or eaten some of it.
      and h.changes ?| array['storage', 'moved_on', 'opened_on', 'expires_on', 'package_expires_on', 'expiry_basis']
    order by h.id
  loop
    select h.changes into last_changes from public.inventory_history h where h.id = step_ids[cardinality(step_ids)];
    if step.action = 'moved' and step.changes = (
      select jsonb_object_agg(c.key, jsonb_build_array(c.value -> 1, c.value -> 0)) from jsonb_each(last_changes) c
    ) then
      step_ids := trim_array(step_ids, 1);
    else
      step_ids := step_ids || step.id;
    end if;
  end loop;
  select h.* into step from public.inventory_history h where h.id = step_ids[cardinality(step_ids)];
  return step;
end
$$;
comment on function private.latest_step_of_today(uuid) is
  'The latest entry of today in the history of an inventory row that changed its place or a date and was not undone by '
  'moving it back; null without one.';
revoke all on function private.latest_step_of_today(uuid) from public, anon, authenticated, service_role;

create function public.move_inventory_item(inventory_id uuid, storage text, moved_on text default null)
returns public.inventory
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  item public.inventory := private.lock_inventory_item($1);
  day constant date := coalesce(private.day($3), private.today());
  latest constant public.inventory_history := private.latest_step_of_today(item.id);
begin
  perform private.check_step(item, coalesce($2, ''), day);
  if item.storage = $2 then
    return item;
  end if;
  if latest.action = 'moved' and latest.changes #>> '{storage,0}' = $2 and item.moved_on = day then
    -- Entered today, and moved back on the day of the move: undo the move.
    item := jsonb_populate_record(item, (select jsonb_object_agg(key, value -> 0) from jsonb_each(latest.changes)));
    if item.expiry_basis = 'purchase' and exists (
      select from public.inventory_history h
      where h.inventory_id = item.id and h.id > latest.id and h.changes ?| array['category_id', 'purchased_on']
    ) then
      item := private.estimated(item); -- the date before the move was that of another category or day of purchase
    end if;
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
  'inventory_item_not_found, already_consumed, unknown_storage, date_in_future, date_out_of_range, '
  'date_before_purchase. After an error nothing has changed. '
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
  -- A corrected day starts from the date of the unopened item.
  unopened constant public.inventory := private.unopened(item);
begin
  perform private.check_step(item, coalesce($3, item.storage), day);
  if item.opened_on = day and ($3 is null or $3 = item.storage) then
    return item;
  end if;
  estimate := private.shelf_life_after(
    item.name, item.category_id, 'opened', coalesce($3, item.storage),
    -- Opened food moves from the pantry to the fridge; opening frozen food does not thaw it.
    p_elsewhere => $3 is null and item.storage = 'pantry'
  );
  item.storage := coalesce($3, estimate.storage, item.storage);
  if day + estimate.min_days < coalesce(unopened.expires_on, 'infinity') then
    item.expires_on := day + estimate.min_days;
    item.expiry_basis := 'opened';
    item.expiry_source := estimate.source;
  else
    item.expires_on := unopened.expires_on;
    item.expiry_basis := unopened.expiry_basis;
    item.expiry_source := unopened.expiry_source;
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
  'inventory_item_not_found, already_consumed, unknown_storage, date_in_future, date_out_of_range, '
  'date_before_purchase. After an error nothing has changed. '
  'Runs as its owner, which writes the columns and the lock that users have no grant for.';
revoke all on function public.open_inventory_item(uuid, text, text) from public, anon;
grant execute on function public.open_inventory_item(uuid, text, text) to authenticated;

create function public.consume_inventory_item(
  inventory_id uuid,
  remaining double precision default 0,
  reason text default 'eaten'
)
returns public.inventory
language plpgsql security definer set search_path = ''
as $$
declare
  item public.inventory := private.lock_inventory_item($1);
  used_up constant boolean := $2 = 0;
begin
  if $2 is null or not $2 between 0 and item.quantity then
    perform private.refuse(422, 'invalid_remaining', format('remaining must be between 0 and %s.', item.quantity));
  elsif $3 is null or $3 not in ('eaten', 'thrown_away', 'given_away') then
    perform private.refuse(422, 'unknown_reason', 'reason must be eaten, thrown_away or given_away.');
  end if;
  update public.inventory v
  set quantity = $2, consumed_at = case when used_up then coalesce(v.consumed_at, now()) end,
      consumed_reason = case when used_up then $3 end
  where v.id = item.id
  returning * into item;
  -- Also corrects the reason if the call is repeated with another one, unless the quantity was changed in between.
  update public.inventory_history h
  set reason = $3, share = greatest(1e-9, least(
    ((h.changes #>> '{quantity,0}')::double precision - item.quantity) / item.bought_quantity, 1
  ))
  where h.id = (
    select max(latest.id) from public.inventory_history latest
    where latest.inventory_id = item.id and latest.changes ? 'quantity'
  ) and h.action = 'consumed';
  return item;
end
$$;
comment on function public.consume_inventory_item(uuid, double precision, text) is
  'Sets the remaining quantity of an inventory item of the calling user; 0 marks it as used up. reason says what became '
  'of the rest: eaten, thrown_away or given_away. Idempotent, because it takes the remaining quantity, not the quantity '
  'taken; repeated with another reason, it corrects the reason. Errors by hint: inventory_item_not_found, '
  'invalid_remaining, unknown_reason. '
  'Runs as its owner, which writes the columns and the lock that users have no grant for.';
revoke all on function public.consume_inventory_item(uuid, double precision, text) from public, anon;
grant execute on function public.consume_inventory_item(uuid, double precision, text) to authenticated;

create function public.undo_consumption(inventory_id uuid, quantity double precision default null)
returns public.inventory
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  item public.inventory := private.lock_inventory_item($1);
  restored double precision := $2;
begin
  if restored is null and item.consumed_at is null then
    return item;
  elsif restored is null then
    select (h.changes #>> '{quantity,0}')::double precision into restored
    from public.inventory_history h
    where h.inventory_id = item.id and h.reason is not null and h.changes #>> '{quantity,1}' = '0'
    order by h.id desc limit 1;
    restored := coalesce(restored, item.bought_quantity);
  end if;
  -- The margin is for rounding: the quantity of the whole lot may have been rescaled.
  if not (restored >= item.quantity and restored > 0 and restored <= item.bought_quantity * 1.000001) then
    perform private.refuse(
      422, 'invalid_remaining', format('quantity must be between %s and %s.', item.quantity, item.bought_quantity)
    );
  end if;
  update public.inventory v
  set quantity = restored, consumed_at = null, consumed_reason = null
  where v.id = item.id
  returning * into item;
  -- What is there again was not consumed: of the latest consumptions first.
  update public.inventory_history h
  set reason = case when rest.share > 1e-9 then h.reason end,
      share = case when rest.share > 1e-9 then rest.share end
  from (
    select part.id, greatest(least(part.share, 1 - restored / item.bought_quantity - part.before), 0) as share
    from (
      select c.id, c.share, sum(c.share) over (order by c.id) - c.share as before
      from public.inventory_history c
      where c.inventory_id = item.id and c.reason is not null
    ) part
  ) rest
  where h.id = rest.id and h.share is distinct from rest.share;
  return item;
end
$$;
comment on function public.undo_consumption(uuid, double precision) is
  'Undoes consume_inventory_item: the item is in stock with that quantity again, by default that before it was used up. '
  'What is there again counts neither as eaten nor as thrown away. Idempotent. Errors by hint: inventory_item_not_found, invalid_remaining. '
  'Runs as its owner, because users may not write inventory.';
revoke all on function public.undo_consumption(uuid, double precision) from public, anon;
grant execute on function public.undo_consumption(uuid, double precision) to authenticated;

create function public.correct_inventory_item(inventory_id uuid, changes jsonb) returns public.inventory
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  types constant jsonb := jsonb '{
    "name": "string", "category": "string", "quantity": "number", "unit": "string", "price": "number",
    "purchased_on": "string", "expires_on": "string"
  }';
  edit jsonb;
  item public.inventory;
  before public.inventory;
  usual private.shelf_life; -- before the correction
  new_quantity double precision;
  new_category_id smallint;
begin
  edit := case when octet_length($2::text) <= 10000 then private.json_argument($2) end;
  if jsonb_typeof(edit) is distinct from 'object'
    or exists (select from jsonb_object_keys(edit) member where not types ? member)
  then
    perform private.refuse(
      422, 'invalid_item', 'changes may have name, category, quantity, unit, price, purchased_on and expires_on.'
    );
  elsif not private.has_types(edit, types) then
    perform private.refuse(422, 'invalid_item', 'quantity and price must be numbers, the other changes strings.');
  end if;
  item := private.lock_inventory_item($1);
  before := item;
  if item.consumed_at is not null and edit ? 'quantity' then
    perform private.refuse(409, 'already_consumed', 'The item is already consumed.');
  end if;
  if edit ? 'category' then
    select c.id into new_category_id from public.categories c where c.code = edit ->> 'category';
    if not found then
      perform private.refuse(422, 'unknown_category', 'Unknown category.');
    end if;
  end if;
  new_quantity := case when edit ? 'quantity' then (edit ->> 'quantity')::double precision else item.quantity end;
  if edit ? 'quantity' and not coalesce(new_quantity > 0 and new_quantity < 1000000, false) then
    perform private.refuse(422, 'invalid_item', 'quantity must be more than 0 and less than 1,000,000.');
  end if;
  item.name := case when edit ? 'name' then private.clean_name(edit ->> 'name') else item.name end;
  item.category_id := coalesce(new_category_id, item.category_id);
  item.unit := case when edit ? 'unit' then private.clean_unit(edit ->> 'unit') else item.unit end;
  item.price := case when edit ? 'price' then (edit ->> 'price')::integer else item.price end;
  if edit ? 'purchased_on' then
    item.purchased_on := private.day(edit ->> 'purchased_on');
    if item.purchased_on > private.today() + 1 then
      perform private.refuse(422, 'date_in_future', 'The date is in the future.');
    end if;
    perform private.check_purchase_day(before, item.purchased_on);
  end if;
  if edit ? 'expires_on' and (
    private.day(edit ->> 'expires_on') is distinct from item.expires_on
    -- That the package has the estimated date is news, too.
    or item.expires_on is not null and item.expiry_basis <> 'package'
  ) then
    item.expires_on := private.day(edit ->> 'expires_on');
    item.package_expires_on := item.expires_on;
    item.expiry_basis := case when item.expires_on is not null then 'package' end;
    item.expiry_source := null;
  elsif not edit ? 'expires_on'
    and (item.category_id, item.purchased_on) is distinct from (before.category_id, before.purchased_on)
    and num_nulls(item.moved_on, item.opened_on) = 2
  then
    usual := private.shelf_life(before.name, before.category_id);
    if item.category_id <> before.category_id and item.storage is not distinct from usual.storage then
      item.storage := (private.shelf_life(item.name, item.category_id)).storage;
    end if;
    -- A date that the user has removed does not come back.
    if item.expiry_basis = 'purchase' or item.expires_on is null and usual.min_days is null then
      item := private.estimated(item);
    end if;
  end if;
  update public.inventory v
  set name = item.name, category_id = item.category_id, quantity = new_quantity, storage = item.storage,
      bought_quantity = case when new_quantity = v.quantity then v.bought_quantity
        else least(greatest(v.bought_quantity * new_quantity / v.quantity, new_quantity), 999999) end,
      unit = item.unit, price = item.price, purchased_on = item.purchased_on, expires_on = item.expires_on,
      package_expires_on = item.package_expires_on, expiry_basis = item.expiry_basis,
      expiry_source = item.expiry_source
  where v.id = item.id
  returning * into item;
  return item;
exception
  when check_violation or not_null_violation or data_exception then
    -- Not sqlerrm: it contains the value.
    perform private.refuse(422, 'invalid_item', 'A field of changes has an invalid value.');
    return null; -- not reached
end
$$;
comment on function public.correct_inventory_item(uuid, jsonb) is
  'Corrects an inventory item of the calling user. changes: {name?, category?, quantity?, unit?, price?, purchased_on?, '
  'expires_on?}; null removes a unit, price or date. expires_on is the date on the package. An estimated date follows a '
  'corrected category or day of purchase, and the usual place the category, unless the item was moved or opened. A '
  'corrected quantity is not a consumed one. Idempotent. Errors by hint: inventory_item_not_found, already_consumed, '
  'invalid_item, unknown_category, date_in_future, date_out_of_range, purchase_after_step. '
  'Runs as its owner, because users may not write inventory.';
revoke all on function public.correct_inventory_item(uuid, jsonb) from public, anon;
grant execute on function public.correct_inventory_item(uuid, jsonb) to authenticated;

create table private.deleted_inventory (
  inventory_id uuid primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  lot jsonb not null check (octet_length(lot::text) <= 20000),
  history jsonb not null check (octet_length(history::text) <= 2000000),
  deleted_at timestamptz not null default now()
);
comment on table private.deleted_inventory is
  'Inventory rows that their user deleted, with their history, until they can no longer be restored. '
  'Without a policy: for services only.';
create index deleted_inventory_user_id on private.deleted_inventory (user_id, deleted_at desc);
create index deleted_inventory_deleted_at on private.deleted_inventory (deleted_at);
alter table private.deleted_inventory enable row level security;

create function private.set_lot_aside(p_lot public.inventory, p_deleted_at timestamptz default now()) returns void
language plpgsql set search_path = ''
as $$
begin
  insert into private.deleted_inventory (inventory_id, user_id, lot, history, deleted_at)
  select p_lot.id, p_lot.user_id, to_jsonb(p_lot), coalesce(jsonb_agg(to_jsonb(h) order by h.id), '[]'), p_deleted_at
  from (
    select * from public.inventory_history latest where latest.inventory_id = p_lot.id order by latest.id desc limit 100
  ) h;
  delete from private.deleted_inventory d
  where d.user_id = p_lot.user_id and d.inventory_id in (
    select oldest.inventory_id from private.deleted_inventory oldest
    where oldest.user_id = p_lot.user_id
    order by oldest.deleted_at desc, oldest.inventory_id
    offset 1000
  );
  delete from public.inventory v where v.id = p_lot.id;
  -- Not pending: it would wait for review again.
  update public.receipt_items i set status = 'dismissed' where i.id = p_lot.receipt_item_id and i.status = 'added';
end
$$;
comment on function private.set_lot_aside(public.inventory, timestamptz) is
  'Deletes an inventory row and keeps a copy of it. The latest 1000 copies of a user are kept.';
revoke all on function private.set_lot_aside(public.inventory, timestamptz)
  from public, anon, authenticated, service_role;

create function public.delete_inventory_item(inventory_id uuid) returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
  lot public.inventory;
  deletion_time timestamptz;
begin
  perform private.require_user();
  -- Before its row, as calls on the receipt do, which lock the line item first.
  perform private.lock_user((select private.owner_id()));
  select * into lot from public.inventory v
  where v.id = $1 and v.user_id = (select private.owner_id())
  for update;
  if found then
    perform private.set_lot_aside(lot);
  end if;
  select d.deleted_at into deletion_time
  from private.deleted_inventory d
  where d.inventory_id = $1 and d.user_id = (select private.owner_id()) and private.can_be_restored(d.deleted_at);
  if not found then
    perform private.refuse(404, 'inventory_item_not_found', 'The inventory item was not found.');
  end if;
  return deletion_time + private.undo_time();
end
$$;
comment on function public.delete_inventory_item(uuid) is
  'Deletes an inventory item of the calling user that was added by mistake, with its history: it counts neither as '
  'eaten nor as thrown away. Its line item becomes dismissed. Returns the time until which restore_inventory_item undoes '
  'this. Idempotent. Errors by hint: inventory_item_not_found. '
  'Runs as its owner, because users may not write inventory.';
revoke all on function public.delete_inventory_item(uuid) from public, anon;
grant execute on function public.delete_inventory_item(uuid) to authenticated;

create function private.put_lot_back(p_copy private.deleted_inventory) returns public.inventory
language plpgsql set search_path = ''
as $$
declare
  lot public.inventory := jsonb_populate_record(null::public.inventory, p_copy.lot);
begin
  -- The line item may have been added again, or deleted.
  update public.receipt_items i set status = 'added'
  where i.id = lot.receipt_item_id and i.status <> 'added'
    and not exists (select from public.inventory other where other.receipt_item_id = i.id);
  if not found then
    lot.receipt_item_id := null;
  end if;
  lot.version := lot.version + 2; -- the deletion was a change, too
  insert into public.inventory select lot.* returning * into lot;
  insert into public.inventory_history (inventory_id, user_id, action, changes, changed_at, reason, share)
  select lot.id, lot.user_id, h.action, h.changes, h.changed_at, h.reason, h.share
  from jsonb_populate_recordset(null::public.inventory_history, p_copy.history) h
  order by h.id;
  delete from private.deleted_inventory d where d.inventory_id = lot.id;
  return lot;
end
$$;
comment on function private.put_lot_back(private.deleted_inventory) is
  'Restores an inventory row and its history from the copy that private.set_lot_aside made.';
revoke all on function private.put_lot_back(private.deleted_inventory) from public, anon, authenticated, service_role;

create function public.restore_inventory_item(inventory_id uuid) returns public.inventory
language plpgsql security definer set search_path = ''
as $$
declare
  copy private.deleted_inventory;
  lot public.inventory;
begin
  perform private.require_user();
  perform private.lock_user((select private.owner_id()));
  select * into copy from private.deleted_inventory d
  where d.inventory_id = $1 and d.user_id = (select private.owner_id()) and private.can_be_restored(d.deleted_at)
  for update;
  if found then
    return private.put_lot_back(copy);
  end if;
  select * into lot from public.inventory v where v.id = $1 and v.user_id = (select private.owner_id());
  if not found then
    perform private.refuse(404, 'inventory_item_not_found', 'The inventory item was not found.');
  end if;
  return lot;
end
$$;
comment on function public.restore_inventory_item(uuid) is
  'Undoes delete_inventory_item within 7 days (setting undo_days), and returns the row. Idempotent. Errors by hint: '
  'inventory_item_not_found, rate_limited, limit_reached. '
  'Runs as its owner, because users may not write inventory.';
revoke all on function public.restore_inventory_item(uuid) from public, anon;
grant execute on function public.restore_inventory_item(uuid) to authenticated;
