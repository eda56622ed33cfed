-- The review of an item ends in the inventory, with what the user made of it.

drop function private.decide_receipt_item(uuid, text, text, smallint);
create function private.decide_receipt_item(p_item_id uuid, p_status text, p_name text, p_category_id smallint)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  item public.receipt_items;
begin
  select i.* into item
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id
  where i.id = p_item_id and r.user_id = (select auth.uid())
  for update of i;
  update public.receipt_items i
  set status = p_status, name = p_name, category_id = p_category_id,
      kind = case when c.is_food then 'food' else 'non_food' end,
      decided_by = case when (p_name, p_category_id) = (item.name, item.category_id) then i.decided_by else 'user' end
  from public.categories c
  where i.id = item.id and c.id = p_category_id;
  if p_category_id <> item.category_id then
    perform private.note_feedback(item.id);
  end if;
  -- Accepted as the user once called it, or called something new; a choice made before the review ended is known.
  if (p_name, p_category_id) <> (item.name, item.category_id)
    or p_status = 'added' and item.decided_by in ('alias', 'alias_elsewhere')
  then
    perform private.learn(item.id);
  end if;
end
$$;
comment on function private.decide_receipt_item(uuid, text, text, smallint) is
  'Notes the caller''s decision on an item, and learns from it; the tables themselves are closed to users.';
revoke all on function private.decide_receipt_item(uuid, text, text, smallint) from public, anon;
grant execute on function private.decide_receipt_item(uuid, text, text, smallint) to authenticated;

create or replace function public.add_receipt_to_inventory(receipt_id uuid, items jsonb default null)
returns setof public.inventory
language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  receipt public.receipts;
  item public.receipt_items;
  category public.categories;
  keeps private.shelf_life;
  list constant jsonb := private.json_argument($2);
  edits jsonb; -- the list by item id; null adds every food item as predicted
  edit jsonb;
  new_name text;
  new_expires_on date;
  bought_on date;
  addressed uuid[] := '{}';
begin
  select * into receipt from public.receipts where id = $1;
  if not found then
    perform private.refuse(404, 'receipt_not_found', 'There is no such receipt.');
  elsif receipt.status <> 'done' then
    perform private.refuse(409, 'receipt_not_done', format('The receipt is %s, not done.', receipt.status));
  end if;
  bought_on := private.purchase_day(receipt.purchased_at, receipt.created_at);

  if jsonb_typeof(list) <> 'null' then
    select coalesce(jsonb_object_agg((e ->> 'item_id')::uuid, e), '{}') into edits from jsonb_array_elements(list) e;
    if jsonb_array_length(list) <> (select count(*) from jsonb_object_keys(edits)) then
      perform private.refuse(422, 'duplicate_item', 'An item is named twice.');
    end if;
  end if;

  perform private.lock_user(receipt.user_id);
  for item in select * from private.lock_receipt_items(receipt.id) loop
    edit := edits -> item.id::text;
    if edit is null and (edits is not null or item.kind <> 'food' or item.status = 'dismissed') then
      continue;
    end if;
    edits := edits - item.id::text;
    addressed := addressed || item.id;
    if item.status = 'added' then
      continue;
    end if;
    if (edit ->> 'dismiss')::boolean then
      perform private.decide_receipt_item(item.id, 'dismissed', item.name, item.category_id);
      continue;
    end if;

    select * into category from public.categories c
    where case when edit ->> 'category' is null then c.id = item.category_id else c.code = edit ->> 'category' end;
    if not found then
      perform private.refuse(422, 'unknown_category', format('There is no category %s.', edit ->> 'category'));
    end if;
    new_name := coalesce(btrim(edit ->> 'name'), item.name);
    keeps := private.shelf_life(
      new_name, category.id,
      coalesce(edit ->> 'storage', case when category.id = item.category_id then item.storage end)
    );
    new_expires_on := case
      when edit ? 'expires_on' then (edit ->> 'expires_on')::date
      -- What was estimated holds for the predicted category and place only.
      when category.id = item.category_id and keeps.storage is not distinct from item.storage then item.expires_on
      else bought_on + keeps.min_days
    end;

    insert into public.inventory (
      user_id, receipt_item_id, name, category_id, quantity, unit, storage, purchased_on,
      expires_on, package_expires_on, expiry_basis, expiry_source
    )
    values (
      receipt.user_id, item.id, new_name, category.id,
      coalesce((edit ->> 'quantity')::double precision, item.quantity),
      case when edit ? 'unit' then edit ->> 'unit' else item.unit end,
      coalesce(edit ->> 'storage', keeps.storage), bought_on,
      new_expires_on,
      case when edit ? 'expires_on' then new_expires_on end,
      case when new_expires_on is not null then case when edit ? 'expires_on' then 'package' else 'purchase' end end,
      case when new_expires_on is not null and not edit ? 'expires_on' then keeps.source end
    );
    perform private.decide_receipt_item(item.id, 'added', new_name, category.id);
  end loop;

  if edits <> '{}' then
    perform private.refuse(422, 'unknown_item', 'The receipt has no item ' || (select min(k) from jsonb_object_keys(edits) k));
  end if;

  return query
    select v.* from public.inventory v
    join public.receipt_items i on i.id = v.receipt_item_id
    where i.id = any (addressed)
    order by i.line_no;
exception
  when data_exception or check_violation then
    perform private.refuse(422, 'invalid_items', 'The items cannot be taken as they are: ' || sqlerrm);
end
$$;

-- Dates come from the rules of categories and keywords now.
drop function private.use_by(smallint, text, date);
