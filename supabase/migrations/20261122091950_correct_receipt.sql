-- What a user corrects on a receipt that has been read: store, date, total, the items and their prices; and deleting
-- it, which can be undone for a while. What was read is kept as feedback.

create table public.receipt_feedback (
  receipt_id uuid not null references public.receipts (id) on delete cascade,
  field text not null check (field in ('store_name', 'purchased_at', 'total')),
  user_id uuid not null references auth.users (id) on delete cascade,
  offered jsonb not null check (octet_length(offered::text) <= 10000),
  chosen jsonb not null check (octet_length(chosen::text) <= 10000),
  created_at timestamptz not null default now(),
  primary key (receipt_id, field)
);
comment on table public.receipt_feedback is
  'What a user corrected on a receipt, per field, with the value that was read. Deleted with the receipt.';
create index receipt_feedback_user_id on public.receipt_feedback (user_id, created_at desc);
alter table public.receipt_feedback enable row level security;
create policy "Users read their own receipt feedback" on public.receipt_feedback
  for select to authenticated using (user_id = (select private.owner_id()));
revoke all on public.receipt_feedback from anon, authenticated;
grant select on public.receipt_feedback to authenticated;
grant all on public.receipt_feedback to service_role;

create trigger limit_receipt_feedback after insert on public.receipt_feedback
  referencing new table as added for each statement execute function private.limit_rows('200000');

create function private.lock_receipt(p_receipt_id uuid) returns public.receipts
language plpgsql security definer set search_path = ''
as $$
declare
  receipt public.receipts;
begin
  perform private.lock_user((select private.owner_id()));
  select r.* into receipt from public.receipts r
  where r.id = p_receipt_id and r.user_id = (select private.owner_id()) and r.deleted_at is null
  for update;
  if not found then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  elsif receipt.status <> 'done' then
    perform private.refuse(409, 'receipt_not_done', format('The receipt must be done; it is %s.', receipt.status));
  end if;
  return receipt;
end
$$;
comment on function private.lock_receipt(uuid) is
  'A receipt of the calling user that has been read, locked for a change. Errors by hint: receipt_not_found, '
  'receipt_not_done.';
revoke all on function private.lock_receipt(uuid) from public, anon, authenticated, service_role;

create function private.local_moment(p_moment text) returns timestamp
language plpgsql set search_path = ''
as $$
begin
  if p_moment is null then
    return null;
  elsif p_moment ~ '^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}(:?\d{2})?)$' then
    return p_moment::timestamptz at time zone 'Asia/Seoul';
  elsif p_moment ~ '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$' then
    return p_moment::timestamp;
  end if;
  raise exception using errcode = 'invalid_datetime_format', message = 'A moment has the form 2026-11-28T18:31.';
end
$$;
comment on function private.local_moment(text) is
  'The time in Korea that a client sent: 2026-11-28, 2026-11-28T18:31, or a moment with its zone.';
revoke all on function private.local_moment(text) from public, anon, authenticated, service_role;

create function private.original_of(p_receipt public.receipts) returns uuid
language sql stable set search_path = ''
as $$
  select r.id
  from public.receipts r
  where r.user_id = p_receipt.user_id and r.id <> p_receipt.id and r.status = 'done' and r.deleted_at is null
    and r.duplicate_of is null and r.purchased_at = p_receipt.purchased_at and r.total = p_receipt.total
    and r.store_key = p_receipt.store_key
    and p_receipt.store_name is not null and p_receipt.deleted_at is null
  order by r.created_at
  limit 1
$$;
comment on function private.original_of(public.receipts) is
  'The receipt of the same user with the same store, time and total that this one repeats, otherwise null. A '
  'duplicate is never an original.';
revoke all on function private.original_of(public.receipts) from public, anon, authenticated, service_role;

create function private.compare_duplicates(p_receipt_id uuid) returns void
language plpgsql set search_path = ''
as $$
declare
  receipt public.receipts;
begin
  for receipt in
    select r.* from public.receipts r
    -- A deleted one stays what it was, for the case that it is restored.
    where (r.id = p_receipt_id or r.duplicate_of = p_receipt_id) and r.deleted_at is null
    order by r.id <> p_receipt_id, r.created_at
  loop
    update public.receipts r set duplicate_of = private.original_of(receipt)
    where r.id = receipt.id and r.duplicate_of is distinct from private.original_of(receipt);
  end loop;
end
$$;
comment on function private.compare_duplicates(uuid) is
  'Decides again whether a receipt that was changed, deleted or restored is a duplicate, and those that repeat it.';
revoke all on function private.compare_duplicates(uuid) from public, anon, authenticated, service_role;

create function private.settle_receipt(p_receipt_id uuid, p_warnings text[], p_fields text[] default '{}') returns void
language sql set search_path = ''
as $$
  update public.receipts r
  set warnings = (
        select coalesce(jsonb_agg(w.warning order by w.place), '[]')
        from jsonb_array_elements(r.warnings) with ordinality w (warning, place)
        where w.warning #>> '{}' <> all (p_warnings || case when s.adds_up then '{totals_mismatch}' else '{}'::text[] end)
      ),
      uncertain_fields = private.unsettled(
        r.uncertain_fields, p_fields || case when s.adds_up then '{total}' else '{}'::text[] end
      )
  from (
    select coalesce(sum(coalesce(i.amount, 0)::bigint + i.discount) = (
      select t.total from public.receipts t where t.id = p_receipt_id
    ), false) as adds_up
    from public.receipt_items i where i.receipt_id = p_receipt_id
  ) s
  where r.id = p_receipt_id
$$;
comment on function private.settle_receipt(uuid, text[], text[]) is
  'Removes warnings and uncertain fields that a correction has settled. If the items now add up to the total, both are '
  'right.';
revoke all on function private.settle_receipt(uuid, text[], text[]) from public, anon, authenticated, service_role;

create function private.bought_later(p_lot public.inventory, p_days integer) returns public.inventory
language plpgsql immutable set search_path = ''
as $$
declare
  lot public.inventory := p_lot;
begin
  lot.purchased_on := lot.purchased_on + p_days;
  if lot.expiry_basis = 'purchase' and lot.moved_on is null and lot.opened_on is null then
    lot.expires_on := lot.expires_on + p_days;
  end if;
  return lot;
end
$$;
comment on function private.bought_later(public.inventory, integer) is
  'The inventory row as if it had been bought so many days later: its estimate follows if it was neither moved nor '
  'opened.';
revoke all on function private.bought_later(public.inventory, integer) from public, anon, authenticated, service_role;

create function private.move_purchase_day(p_receipt_id uuid, p_from date, p_to date) returns void
language plpgsql set search_path = ''
as $$
declare
  lot public.inventory;
begin
  if p_from = p_to then
    return;
  end if;
  for lot in
    select v.* from public.inventory v
    join public.receipt_items i on i.id = v.receipt_item_id
    where i.receipt_id = p_receipt_id and i.purchased_on is null and v.purchased_on = p_from
    order by v.id
    for update of v
  loop
    perform private.check_purchase_day(lot, p_to);
  end loop;
  update public.inventory v
  set (purchased_on, expires_on) = (
    select later.purchased_on, later.expires_on from private.bought_later(v, p_to - p_from) later
  )
  from public.receipt_items i
  where i.receipt_id = p_receipt_id and i.purchased_on is null and v.receipt_item_id = i.id and v.purchased_on = p_from;
  -- Those that the user may restore, too, unless the day may come after a step.
  update private.deleted_inventory d
  set lot = to_jsonb(private.bought_later(jsonb_populate_record(null::public.inventory, d.lot), p_to - p_from))
  from public.receipts r
  join public.receipt_items i on i.receipt_id = r.id
  where r.id = p_receipt_id and d.user_id = r.user_id and i.purchased_on is null
    and (d.lot ->> 'receipt_item_id')::uuid = i.id and (d.lot ->> 'purchased_on')::date = p_from
    and coalesce(d.lot ->> 'moved_on', d.lot ->> 'opened_on') is null;
  update public.receipt_items i set expires_on = i.expires_on + (p_to - p_from)
  where i.receipt_id = p_receipt_id and i.purchased_on is null and i.expires_on is not null;
end
$$;
comment on function private.move_purchase_day(uuid, date, date) is
  'Makes the use-by dates of a receipt follow its day, and those of inventory rows, also deleted ones, that are '
  'estimates and were neither moved nor opened. Days of orders stay. Errors by hint: purchase_after_step.';
revoke all on function private.move_purchase_day(uuid, date, date) from public, anon, authenticated, service_role;

create function public.correct_receipt(
  receipt_id uuid,
  store_name text default null,
  purchased_at text default null,
  total integer default null
)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  receipt public.receipts;
  new_store text;
  new_time timestamp;
begin
  perform private.require_user();
  receipt := private.lock_receipt($1);
  new_store := case when $2 is null then receipt.store_name else nullif(private.clean_name($2), '') end;
  new_time := coalesce(private.local_moment($3), receipt.purchased_at);
  if $3 ~ '^\d{4}-\d{2}-\d{2}$' then
    new_time := new_time + coalesce(receipt.purchased_at::time, '00:00');
  end if;
  if length($2) > 1000 or length(new_store) > 200 and $2 is not null then
    perform private.refuse(422, 'invalid_receipt', 'store_name must have at most 200 characters.');
  elsif not coalesce($4, 0) between -100000000 and 100000000 then
    perform private.refuse(422, 'invalid_receipt', 'total must be between -100,000,000 and 100,000,000.');
  elsif $3 is not null and new_time::date > private.today() + 1 then
    perform private.refuse(422, 'date_in_future', 'The date is in the future.');
  elsif $3 is not null and not private.dates_are_plausible(new_time::date) then
    perform private.refuse(422, 'date_out_of_range', 'The date is before 2000.');
  end if;
  perform private.count_call('correct_receipt', 60);

  insert into public.receipt_feedback as f (receipt_id, field, user_id, offered, chosen)
  select receipt.id, c.field, receipt.user_id, coalesce(c.offered, 'null'), coalesce(c.chosen, 'null')
  from (
    values
      ('store_name', to_jsonb(receipt.store_name), to_jsonb(new_store)),
      ('purchased_at', to_jsonb(receipt.purchased_at), to_jsonb(new_time)),
      ('total', to_jsonb(receipt.total), to_jsonb(coalesce($4, receipt.total)))
  ) c (field, offered, chosen)
  where c.offered is distinct from c.chosen
  on conflict (receipt_id, field) do update set chosen = excluded.chosen, created_at = now();
  delete from public.receipt_feedback f where f.receipt_id = receipt.id and f.chosen = f.offered;

  perform private.move_purchase_day(
    receipt.id, private.purchase_day(receipt.purchased_at, receipt.created_at),
    private.purchase_day(new_time, receipt.created_at)
  );
  update public.receipts r
  set store_name = new_store, purchased_at = new_time, total = coalesce($4, receipt.total)
  where r.id = receipt.id;
  perform private.settle_receipt(
    receipt.id,
    case when $2 is not null and new_store is not null then array['no_store'] else '{}' end
      || case when $3 is not null then array['no_purchase_date', 'unsure_purchase_date'] else '{}' end
      || case when $4 is not null then array['no_total'] else '{}' end,
    array_remove(array[
      case when $2 is not null then 'store_name' end, case when $3 is not null then 'purchased_at' end,
      case when $4 is not null then 'total' end
    ], null)
  );
  perform private.compare_duplicates(receipt.id);
  return public.review_receipt(receipt.id);
exception when data_exception then
  -- Not sqlerrm: it contains the value.
  perform private.refuse(422, 'invalid_receipt', 'An argument has an invalid value.');
  return null; -- not reached
end
$$;
comment on function public.correct_receipt(uuid, text, text, integer) is
  'Corrects store, time or total of a receipt of the calling user; what is not given stays. An empty store_name '
  'removes it. The time is local, or a moment with its zone; a day alone keeps the time. With the day, the use-by '
  'dates of its items follow, and those of inventory rows that are estimates and were neither moved nor opened; days '
  'of orders stay. What is given is no longer uncertain, and settled warnings go. What was read is kept as feedback. '
  'Returns what review_receipt does. Idempotent. Errors by hint: receipt_not_found, receipt_not_done, invalid_receipt, '
  'date_in_future, date_out_of_range, purchase_after_step, rate_limited. Runs as its owner, because users may not '
  'write receipts.';
revoke all on function public.correct_receipt(uuid, text, text, integer) from public, anon;
grant execute on function public.correct_receipt(uuid, text, text, integer) to authenticated;

create function private.check_item_values(
  p_name text, p_quantity double precision, p_unit text, p_unit_price integer, p_amount integer, p_discount integer
)
returns void
language plpgsql stable set search_path = ''
as $$
begin
  if coalesce(btrim(p_name), '') = '' or length(p_name) > 200 then
    perform private.refuse(422, 'invalid_item', 'name must have 1 to 200 characters.');
  elsif not coalesce(p_quantity > 0 and p_quantity < 1000000, false) then
    perform private.refuse(422, 'invalid_item', 'quantity must be more than 0 and less than 1,000,000.');
  elsif length(p_unit) > 20 then
    perform private.refuse(422, 'invalid_item', 'unit must have at most 20 characters.');
  elsif not (
    coalesce(p_unit_price, 0) between -100000000 and 100000000
    and coalesce(p_amount, 0) between -100000000 and 100000000
    and coalesce(p_discount, 0) between -100000000 and 0
  ) then
    perform private.refuse(
      422, 'invalid_item', 'Prices must be between -100,000,000 and 100,000,000, and discount at most 0.'
    );
  end if;
end
$$;
comment on function private.check_item_values(text, double precision, text, integer, integer, integer) is
  'Checks what a user enters for a line item. Errors by hint: invalid_item.';
revoke all on function private.check_item_values(text, double precision, text, integer, integer, integer)
  from public, anon, authenticated, service_role;

create function public.correct_receipt_item(
  receipt_item_id uuid,
  name text default null,
  quantity double precision default null,
  unit text default null,
  unit_price integer default null,
  amount integer default null,
  discount integer default null,
  confirmed boolean default false
)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  item public.receipt_items;
  receipt public.receipts;
  lot public.inventory;
  new_item public.receipt_items;
  estimate private.shelf_life;
begin
  perform private.require_user();
  item := private.lock_receipt_item($1);
  new_item := item;
  if length($2) > 1000 then
    perform private.refuse(422, 'invalid_item', 'name must have 1 to 200 characters.');
  end if;
  new_item.name := case when $2 is null then item.name else private.clean_name($2) end;
  new_item.quantity := coalesce($3, item.quantity);
  new_item.unit := case when $4 is null then item.unit else private.clean_unit($4) end;
  new_item.unit_price := coalesce($5, item.unit_price);
  new_item.amount := coalesce($6, item.amount);
  new_item.discount := coalesce($7, item.discount);
  -- What the user gives is certain, also if it is what was read.
  new_item.uncertain_fields := case
    when coalesce($8, false) then '{}'
    else private.unsettled(item.uncertain_fields, array_remove(array[
      case when $2 is not null then 'name' end, case when $3 is not null then 'quantity' end,
      case when $5 is not null then 'unit_price' end, case when $6 is not null then 'amount' end
    ], null))
  end;
  perform private.check_item_values(
    case when $2 is null then '-' else new_item.name end, new_item.quantity,
    case when $4 is null then null else new_item.unit end, $5, $6, $7
  );
  perform private.count_call('correct_receipt_item', 120);
  if new_item is not distinct from item then
    return private.review_item(item.id);
  end if;

  perform private.note_item_feedback(
    item.id,
    jsonb_build_object(
      'name', new_item.name, 'quantity', new_item.quantity, 'unit', new_item.unit, 'unit_price', new_item.unit_price,
      'amount', new_item.amount, 'discount', new_item.discount
    ) || case when $8 then '{"uncertain_fields": []}' else '{}' end::jsonb
  );
  update public.receipt_items i
  set quantity = new_item.quantity, unit = new_item.unit, unit_price = new_item.unit_price, amount = new_item.amount,
      discount = new_item.discount, uncertain_fields = new_item.uncertain_fields
  where i.id = item.id;
  if new_item.name <> item.name then
    perform private.decide_receipt_item(item.id, item.status, new_item.name, item.category_id);
    select r.* into receipt from public.receipts r where r.id = item.receipt_id;
    estimate := private.shelf_life(new_item.name, item.category_id);
    update public.receipt_items i
    set storage = estimate.storage,
        expires_on = coalesce(i.purchased_on, private.purchase_day(receipt.purchased_at, receipt.created_at))
          + estimate.min_days
    where i.id = item.id and i.status <> 'added';
  end if;
  -- The inventory row follows as far as the user has not changed it.
  select v.* into lot from public.inventory v where v.receipt_item_id = item.id for update;
  if found then
    update public.inventory v
    set name = case when lot.name = item.name then new_item.name else lot.name end,
        unit = case when lot.unit is not distinct from left(item.unit, 20) then left(new_item.unit, 20) else lot.unit end,
        price = case
          when lot.price is not distinct from private.price(item.amount, item.discount)
            then private.price(new_item.amount, new_item.discount)
          else lot.price
        end,
        quantity = case
          when lot.quantity = item.quantity and lot.bought_quantity = item.quantity then new_item.quantity
          else lot.quantity
        end,
        bought_quantity = case
          when lot.quantity = item.quantity and lot.bought_quantity = item.quantity then new_item.quantity
          else lot.bought_quantity
        end
    where v.id = lot.id;
  end if;
  perform private.settle_receipt(item.receipt_id, '{}');
  return private.review_item(item.id);
end
$$;
comment on function public.correct_receipt_item(
  uuid, text, double precision, text, integer, integer, integer, boolean
) is
  'Corrects what was read of a line item of the calling user; what is not given stays, and an empty unit removes it. '
  'A field that is given, changed or not, is no longer uncertain; with confirmed, none is. '
  'amount is the printed amount before discount, which is 0 or less. The inventory row follows as far as it has the '
  'values of the line item. What was read is kept as feedback. Returns the line item as review_receipt does. '
  'Idempotent. Errors by hint: item_not_found, invalid_item, rate_limited. '
  'Runs as its owner, because users may not write receipt_items and feedback.';
revoke all on function public.correct_receipt_item(
  uuid, text, double precision, text, integer, integer, integer, boolean
) from public, anon;
grant execute on function public.correct_receipt_item(
  uuid, text, double precision, text, integer, integer, integer, boolean
) to authenticated;

create function public.add_receipt_item(
  receipt_id uuid,
  receipt_item_id uuid,
  name text,
  category text,
  quantity double precision default 1,
  unit text default null,
  unit_price integer default null,
  amount integer default null
)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  receipt public.receipts;
  new_category public.categories;
  estimate private.shelf_life;
  new_name text;
begin
  perform private.require_user();
  receipt := private.lock_receipt($1);
  if exists (select from public.receipt_items i where i.id = $2) then
    if not exists (select from public.receipt_items i where i.id = $2 and i.receipt_id = receipt.id) then
      perform private.refuse(409, 'receipt_item_id_taken', 'The id is already in use; choose another one.');
    end if;
    return private.review_item($2);
  elsif $2 is null then
    perform private.refuse(422, 'invalid_item', 'receipt_item_id must not be null.');
  elsif length($3) > 1000 then
    perform private.refuse(422, 'invalid_item', 'name must have 1 to 200 characters.');
  end if;
  new_name := private.clean_name($3);
  perform private.check_item_values(new_name, $5, $6, $7, $8, null);
  select * into new_category from public.categories c where c.code = $4;
  if not found then
    perform private.refuse(422, 'unknown_category', 'Unknown category.');
  end if;
  if (
    select count(*) >= 100 or max(i.line_no) filter (where i.predicted_category_id is not null) >= 900
    from public.receipt_items i
    where i.receipt_id = receipt.id and (i.predicted_category_id is null or i.line_no >= 900)
  ) then
    perform private.refuse(409, 'limit_reached', 'A receipt has at most 100 items that were added by hand.');
  end if;
  perform private.use_quota('added_items', 1);

  estimate := private.shelf_life(new_name, new_category.id);
  insert into public.receipt_items (
    id, receipt_id, line_no, raw_text, predicted_name, name, quantity, unit, unit_price, amount, kind, category_id,
    decided_by, storage, expires_on, status
  )
  values (
    $2, receipt.id,
    (select coalesce(max(i.line_no), 0) + 1 from public.receipt_items i where i.receipt_id = receipt.id),
    '', '', new_name, $5, private.clean_unit($6), $7, $8,
    case when new_category.is_food then 'food' else 'non_food' end, new_category.id, 'user', estimate.storage,
    private.purchase_day(receipt.purchased_at, receipt.created_at) + estimate.min_days,
    case when $8 < 0 then 'dismissed' else 'pending' end -- what was brought back, as in items_of_result
  );
  insert into public.item_feedback (receipt_item_id, field, user_id, offered, chosen)
  values ($2, 'added', receipt.user_id, 'null', to_jsonb(new_name));
  perform private.settle_receipt(receipt.id, '{no_items}');
  return private.review_item($2);
end
$$;
comment on function public.add_receipt_item(uuid, uuid, text, text, double precision, text, integer, integer) is
  'Adds a line item that was not read to a receipt of the calling user, under an id that the client chooses. It is '
  'pending or, with a negative amount, dismissed, like those that were read, and has no prediction. Returns it as '
  'review_receipt does. Idempotent. Errors by hint: receipt_not_found, receipt_not_done, invalid_item, '
  'unknown_category, receipt_item_id_taken, rate_limited, limit_reached. Runs as its owner, because users may not '
  'write receipt_items and feedback.';
revoke all on function public.add_receipt_item(uuid, uuid, text, text, double precision, text, integer, integer)
  from public, anon;
grant execute on function public.add_receipt_item(uuid, uuid, text, text, double precision, text, integer, integer)
  to authenticated;

create function public.delete_receipt(receipt_id uuid, with_inventory boolean default false) returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
  receipt public.receipts;
  lot public.inventory;
begin
  perform private.count_call('delete_receipt', 120);
  perform private.lock_user((select private.owner_id()));
  select r.* into receipt from public.receipts r
  where r.id = $1 and r.user_id = (select private.owner_id())
  for update;
  if not found or not private.can_be_restored(receipt.deleted_at) or receipt.joined_into is not null then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  end if;
  if coalesce($2, false) then
    for lot in
      select v.* from public.inventory v
      join public.receipt_items i on i.id = v.receipt_item_id
      where i.receipt_id = receipt.id
      for update of v
    loop
      -- With the time of the receipt, which restore_receipt finds it by, also if that was deleted earlier.
      perform private.set_lot_aside(lot, coalesce(receipt.deleted_at, now()));
    end loop;
  end if;
  if receipt.deleted_at is null then
    if receipt.status in ('queued', 'processing') then
      delete from private.receipt_leases l where l.receipt_id = receipt.id;
    end if;
    update public.receipts r
    set deleted_at = now(), lease_until = null,
        status = case when r.status in ('queued', 'processing') then 'failed' else r.status end,
        error_code = case when r.status in ('queued', 'processing') then 'deleted' else r.error_code end,
        error_detail = case when r.status in ('queued', 'processing') then null else r.error_detail end
    where r.id = receipt.id
    returning * into receipt;
    perform private.compare_duplicates(receipt.id);
  end if;
  return receipt.deleted_at + private.undo_time();
end
$$;
comment on function public.delete_receipt(uuid, boolean) is
  'Deletes a receipt of the calling user and, with with_inventory, the inventory rows that came from it, also if the '
  'receipt is deleted already. A receipt that '
  'waits to be read is not read any more. Returns the time until which restore_receipt undoes this; after it the photo '
  'and the rows are gone. Idempotent. Errors by hint: unauthorized, receipt_not_found, rate_limited. '
  'Runs as its owner, because users may not write receipts.';
revoke all on function public.delete_receipt(uuid, boolean) from public, anon;
grant execute on function public.delete_receipt(uuid, boolean) to authenticated;

create function public.restore_receipt(receipt_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  receipt public.receipts;
  copy private.deleted_inventory;
begin
  perform private.count_call('restore_receipt', 120);
  perform private.lock_user((select private.owner_id()));
  select r.* into receipt from public.receipts r
  where r.id = $1 and r.user_id = (select private.owner_id())
  for update;
  if not found or not private.can_be_restored(receipt.deleted_at) or receipt.joined_into is not null then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  elsif receipt.deleted_at is null then
    return;
  end if;
  if receipt.error_code = 'deleted' and receipt.photo_deleted_at is null then
    -- It may have been read in part: each reading counts.
    perform private.use_quota('retries', 1);
    update public.receipts r
    set deleted_at = null, status = 'queued', error_code = null, next_attempt_at = now(), queued_at = now(),
        turn = private.next_turn(r.user_id)
    where r.id = receipt.id;
    perform private.hint_receipt(receipt.id);
  else
    update public.receipts r
    set deleted_at = null,
        error_code = case when r.error_code = 'deleted' then 'photo_missing' else r.error_code end
    where r.id = receipt.id;
  end if;
  for copy in
    select d.* from private.deleted_inventory d
    join public.receipt_items i on i.id = (d.lot ->> 'receipt_item_id')::uuid
    where i.receipt_id = receipt.id and d.user_id = receipt.user_id and d.deleted_at = receipt.deleted_at
    for update of d
  loop
    perform private.put_lot_back(copy);
  end loop;
  if receipt.duplicate_of is null then
    receipt.deleted_at := null;
    -- It was an original. The receipt that took its place, and those that repeat that one, repeat it again.
    update public.receipts r set duplicate_of = receipt.id
    from public.receipts successor
    where successor.id = private.original_of(receipt) and successor.processed_at > receipt.processed_at
      and successor.id in (r.id, r.duplicate_of);
  end if;
  perform private.compare_duplicates(receipt.id);
end
$$;
comment on function public.restore_receipt(uuid) is
  'Undoes delete_receipt within 7 days (setting undo_days), with the inventory rows that it deleted. A receipt that had '
  'not been read is queued again, as one of the retries per day. Idempotent. Errors by hint: unauthorized, '
  'receipt_not_found, rate_limited, limit_reached. '
  'Runs as its owner, because users may not write receipts.';
revoke all on function public.restore_receipt(uuid) from public, anon;
grant execute on function public.restore_receipt(uuid) to authenticated;

create function private.forget_deleted(p_limit integer) returns void
language plpgsql set search_path = ''
as $$
declare
  old_id uuid;
begin
  delete from private.deleted_inventory d
  where d.inventory_id in (
    select old.inventory_id from private.deleted_inventory old
    where old.deleted_at < now() - private.undo_time()
    order by old.deleted_at
    limit p_limit
  );
  -- One by one: a receipt that cannot be deleted must not keep those of other users.
  for old_id in
    select old.id from public.receipts old
    where old.deleted_at < now() - private.undo_time() and old.photo_deleted_at is not null
      and old.joined_into is null
      and not private.deletion_waits(old.id)
    order by old.deleted_at
    limit p_limit
  loop
    begin
      delete from public.receipts r where r.id = old_id;
    exception when others then
      perform private.set_deletion_aside(old_id, sqlstate);
    end;
  end loop;
end
$$;
comment on function private.forget_deleted(integer) is
  'Deletes for good, up to p_limit each, inventory rows and receipts without a photo that their users deleted too long '
  'ago to restore them. What fails is set aside.';
revoke all on function private.forget_deleted(integer) from public, anon, authenticated, service_role;
