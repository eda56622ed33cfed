-- The end of a review: line items of a receipt become inventory rows, corrections become aliases and feedback.

create function private.lock_receipt_items(p_receipt_id uuid) returns setof public.receipt_items
language sql security definer set search_path = ''
as $$
  select i.*
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id
  where r.id = p_receipt_id and r.user_id = (select private.owner_id())
  order by i.line_no
  for update of i
$$;
comment on function private.lock_receipt_items(uuid) is
  'The line items of a receipt of the calling user, locked until the transaction ends.';
revoke all on function private.lock_receipt_items(uuid) from public, anon;
grant execute on function private.lock_receipt_items(uuid) to authenticated;

create function private.decide_receipt_item(
  p_receipt_item_id uuid, p_status text, p_name text, p_category_id smallint, p_category_given boolean default false
)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  item public.receipt_items;
  receipt public.receipts;
  estimate private.shelf_life;
  chosen boolean; -- whether the user decided on the category; a new name alone says nothing about it
begin
  select i.* into item
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id
  where i.id = p_receipt_item_id and r.user_id = (select private.owner_id())
  for update of i;
  if (p_name, p_category_id) <> (item.name, item.category_id) then
    select r.* into receipt from public.receipts r where r.id = item.receipt_id;
    estimate := private.shelf_life(
      p_name, p_category_id, case when p_category_id = item.category_id then item.storage end
    );
    item.storage := estimate.storage;
    item.expires_on :=
      coalesce(item.purchased_on, private.purchase_day(receipt.purchased_at, receipt.created_at)) + estimate.min_days;
  end if;
  -- Giving the category that an uncertain line item already has confirms it.
  chosen := p_category_id <> item.category_id or p_category_given and item.uncertain;
  update public.receipt_items i
  set status = p_status, name = p_name, category_id = p_category_id, storage = item.storage,
      expires_on = item.expires_on,
      kind = case when c.is_food then 'food' else 'non_food' end,
      decided_by = case when chosen then 'user' else i.decided_by end,
      uncertain_fields = private.unsettled(
        i.uncertain_fields,
        case when chosen then array['category', 'expires_on'] else '{}' end
          || case when p_name <> item.name then array['name'] else '{}' end
      )
  from public.categories c
  where i.id = item.id and c.id = p_category_id;
  if chosen then
    perform private.note_feedback(item.id);
  end if;
  -- Stores an alias for a new name or category, and counts the use of an alias that was accepted.
  if (p_name, p_category_id) <> (item.name, item.category_id)
    or p_status = 'added' and item.decided_by in ('alias', 'alias_elsewhere')
  then
    perform private.learn(item.id);
  end if;
end
$$;
comment on function private.decide_receipt_item(uuid, text, text, smallint, boolean) is
  'Stores the calling user''s decision on a line item, with its feedback and alias. What is suggested for it follows a '
  'new name and category. Users cannot write these tables directly.';
revoke all on function private.decide_receipt_item(uuid, text, text, smallint, boolean) from public, anon;
grant execute on function private.decide_receipt_item(uuid, text, text, smallint, boolean) to authenticated;

create function private.restore_receipt_item(p_receipt_item_id uuid) returns void
language sql security definer set search_path = ''
as $$
  update public.receipt_items i
  set status = 'pending'
  from public.receipts r
  where i.id = p_receipt_item_id and i.status = 'dismissed' and r.id = i.receipt_id and r.user_id = (select private.owner_id());
  delete from public.item_feedback f
  where f.receipt_item_id = p_receipt_item_id and f.field = 'dismissed' and f.user_id = (select private.owner_id())
$$;
comment on function private.restore_receipt_item(uuid) is
  'Makes a dismissed line item of the calling user pending again and deletes the feedback on its dismissal.';
revoke all on function private.restore_receipt_item(uuid) from public, anon;
grant execute on function private.restore_receipt_item(uuid) to authenticated;

create function public.add_receipt_to_inventory(receipt_id uuid, items jsonb default null)
returns setof public.inventory
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  receipt public.receipts;
  item public.receipt_items;
  category public.categories;
  estimate private.shelf_life;
  types constant jsonb := jsonb '{
    "receipt_item_id": "string", "name": "string", "category": "string", "quantity": "number", "unit": "string",
    "storage": "string", "expires_on": "string", "dismiss": "boolean", "restore": "boolean"
  }';
  list jsonb;
  edits jsonb; -- the list by line item id; null adds all food as predicted
  edit jsonb;
  new_name text;
  new_quantity double precision;
  new_unit text;
  new_expires_on date;
  purchase_date date;
  item_ids uuid[] := array[]::uuid[];
begin
  if octet_length($2::text) > 500000 then
    perform private.refuse(422, 'invalid_items', 'items is too long.');
  end if;
  list := private.json_argument($2);
  perform private.require_user();
  -- Before the receipt is read, whose date may be corrected at this moment.
  perform private.lock_user((select private.owner_id()));
  select * into receipt from public.receipts where id = $1 and user_id = (select private.owner_id()) and deleted_at is null;
  if not found then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  elsif receipt.status <> 'done' then
    perform private.refuse(409, 'receipt_not_done', format('The receipt must be done; it is %s.', receipt.status));
  end if;
  purchase_date := private.purchase_day(receipt.purchased_at, receipt.created_at);

  if jsonb_typeof(list) <> 'null' then
    if exists (select from jsonb_array_elements(list) e where not private.has_types(e, types)) then
      perform private.refuse(422, 'invalid_items', 'A field of an item is of another type than it must be.');
    end if;
    select coalesce(jsonb_object_agg((e ->> 'receipt_item_id')::uuid, e), '{}') into edits
    from jsonb_array_elements(list) e;
    if jsonb_array_length(list) <> (select count(*) from jsonb_object_keys(edits)) then
      perform private.refuse(422, 'duplicate_item', 'A line item is listed twice.');
    end if;
  end if;

  for item in select * from private.lock_receipt_items(receipt.id) loop
    edit := edits -> item.id::text;
    if edit is null and (edits is not null or item.kind <> 'food' or item.status = 'dismissed') then
      continue;
    end if;
    edits := edits - item.id::text;
    item_ids := item_ids || item.id;
    if item.status = 'added' then
      continue;
    elsif (edit ->> 'restore')::boolean then
      perform private.restore_receipt_item(item.id);
      continue;
    elsif (edit ->> 'dismiss')::boolean then
      if item.kind = 'food' then
        perform private.note_item_feedback(item.id, '{"dismissed": true}');
      end if;
      perform private.decide_receipt_item(item.id, 'dismissed', item.name, item.category_id);
      continue;
    elsif item.status = 'dismissed' then
      perform private.restore_receipt_item(item.id);
    end if;

    edit := coalesce(edit, '{}'); -- so that no test of its members is null
    select * into category from public.categories c
    where case when edit ->> 'category' is null then c.id = item.category_id else c.code = edit ->> 'category' end;
    if not found then
      perform private.refuse(422, 'unknown_category', 'Unknown category.');
    end if;
    -- What was read may be longer than what the inventory takes.
    new_name := coalesce(private.clean_name(edit ->> 'name'), left(item.name, 200));
    new_quantity := coalesce((edit ->> 'quantity')::double precision, item.quantity);
    new_unit := case when edit ? 'unit' then private.clean_unit(edit ->> 'unit') else left(item.unit, 20) end;
    estimate := private.shelf_life(
      new_name, category.id,
      coalesce(edit ->> 'storage', case when category.id = item.category_id then item.storage end)
    );
    new_expires_on := case
      when edit ? 'expires_on' then private.day(edit ->> 'expires_on')
      -- The stored estimate is valid for this name, category and storage only.
      when new_name = item.name and category.id = item.category_id
        and estimate.storage is not distinct from item.storage then item.expires_on
      else coalesce(item.purchased_on, purchase_date) + estimate.min_days
    end;

    insert into public.inventory (
      user_id, receipt_item_id, name, category_id, quantity, unit, storage, purchased_on,
      expires_on, package_expires_on, expiry_basis, expiry_source, price
    )
    values (
      receipt.user_id, item.id, new_name, category.id, new_quantity, new_unit,
      coalesce(edit ->> 'storage', estimate.storage), coalesce(item.purchased_on, purchase_date),
      new_expires_on,
      case when edit ? 'expires_on' then new_expires_on end,
      case when new_expires_on is not null then case when edit ? 'expires_on' then 'package' else 'purchase' end end,
      case when new_expires_on is not null and not edit ? 'expires_on' then estimate.source end,
      private.price(item.amount, item.discount)
    );
    if edit <> '{}' then -- otherwise nothing differs from what was offered
      perform private.note_item_feedback(
        item.id,
        jsonb_build_object('name', new_name, 'quantity', new_quantity, 'unit', new_unit)
        || case when edit ->> 'storage' is not null then jsonb_build_object('storage', edit ->> 'storage') else '{}' end
        || case when edit ? 'expires_on' then jsonb_build_object('expires_on', new_expires_on) else '{}' end
      );
    end if;
    perform private.decide_receipt_item(
      item.id, 'added', new_name, category.id, p_category_given => edit ->> 'category' is not null
    );
  end loop;

  if edits <> '{}' then
    perform private.refuse(422, 'unknown_item', 'One of the line items is not on this receipt.');
  end if;

  return query
    select v.* from public.inventory v
    join public.receipt_items i on i.id = v.receipt_item_id
    where i.id = any (item_ids)
    order by i.line_no;
exception
  when data_exception or check_violation then
    -- Not sqlerrm: it contains the value.
    perform private.refuse(422, 'invalid_items', 'A field of an item has an invalid value.');
  when sqlstate 'PT422' then
    declare
      code text;
    begin
      get stacked diagnostics code = pg_exception_hint;
      perform private.refuse(
        422, case when code in ('invalid_item', 'unknown_storage') then 'invalid_items' else code end, sqlerrm
      );
    end;
end
$$;
comment on function public.add_receipt_to_inventory(uuid, jsonb) is
  'Adds line items of a receipt of the calling user to their inventory and returns the inventory rows. Idempotent. '
  'items: null for all pending food as predicted, otherwise [{receipt_item_id, name?, category?, quantity?, unit?, '
  'storage?, expires_on?, dismiss?, restore?}]. Differences from what was offered are recorded as feedback. Errors by hint: '
  'receipt_not_found, receipt_not_done, unknown_item, duplicate_item, unknown_category, invalid_items, '
  'date_out_of_range, rate_limited, limit_reached. After an error nothing has changed. '
  'Runs as its owner, because users may not write inventory, receipt_items and feedback.';
revoke all on function public.add_receipt_to_inventory(uuid, jsonb) from public, anon;
grant execute on function public.add_receipt_to_inventory(uuid, jsonb) to authenticated;
