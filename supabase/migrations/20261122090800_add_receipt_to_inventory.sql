-- The review ends here: items of a receipt become inventory rows, corrections become aliases and feedback.

create function private.lock_receipt_items(p_receipt_id uuid) returns setof public.receipt_items
language sql security definer set search_path = ''
as $$
  select i.*
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id
  where r.id = p_receipt_id and r.user_id = (select auth.uid())
  order by i.line_no
  for update of i
$$;
comment on function private.lock_receipt_items(uuid) is
  'The items of a receipt of the caller, which nobody else decides on until the transaction ends.';
revoke all on function private.lock_receipt_items(uuid) from public, anon;
grant execute on function private.lock_receipt_items(uuid) to authenticated;

create function private.decide_receipt_item(p_item_id uuid, p_status text, p_name text, p_category_id smallint)
returns void
language sql security definer set search_path = ''
as $$
  update public.receipt_items i
  set status = p_status, name = p_name, category_id = p_category_id
  from public.receipts r
  where i.id = p_item_id and r.id = i.receipt_id and r.user_id = (select auth.uid())
$$;
comment on function private.decide_receipt_item(uuid, text, text, smallint) is
  'Notes the caller''s decision on an item; the tables themselves are closed to users.';
revoke all on function private.decide_receipt_item(uuid, text, text, smallint) from public, anon;
grant execute on function private.decide_receipt_item(uuid, text, text, smallint) to authenticated;

create function public.add_receipt_to_inventory(receipt_id uuid, items jsonb default null)
returns setof public.inventory
language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  receipt public.receipts;
  item public.receipt_items;
  category public.categories;
  list constant jsonb := private.json_argument($2);
  edits jsonb; -- the list by item id; null adds every food item as predicted
  edit jsonb;
  new_name text;
  new_storage text;
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
    new_storage := coalesce(
      edit ->> 'storage',
      case when category.id = item.category_id then item.storage else category.default_storage end
    );

    insert into public.inventory (
      user_id, receipt_item_id, name, category_id, quantity, unit, storage, purchased_on, expires_on
    )
    values (
      receipt.user_id, item.id, new_name, category.id,
      coalesce((edit ->> 'quantity')::double precision, item.quantity),
      case when edit ? 'unit' then edit ->> 'unit' else item.unit end,
      new_storage, bought_on,
      case
        when edit ? 'expires_on' then (edit ->> 'expires_on')::date
        -- What was estimated holds for the predicted category and place only.
        when category.id = item.category_id and new_storage is not distinct from item.storage then item.expires_on
        else private.use_by(category.id, new_storage, bought_on)
      end
    );
    perform private.decide_receipt_item(item.id, 'added', new_name, category.id);

    if category.id not in (item.category_id, item.predicted_category_id) then
      insert into public.user_category_feedback (
        user_id, receipt_item_id, item_text, predicted_category_id, predicted_confidence, corrected_category_id,
        model_version
      )
      values (
        receipt.user_id, item.id, item.predicted_name, item.predicted_category_id, item.confidence, category.id,
        receipt.model_versions ->> 'category'
      );
    end if;
    if (new_name, category.id) is distinct from (item.predicted_name, item.predicted_category_id)
      or (new_name, category.id) is distinct from (item.name, item.category_id)
    then
      insert into public.item_aliases as known (user_id, store_key, text_key, name, category_id)
      values (
        receipt.user_id, private.text_key(receipt.store_name), private.text_key(item.predicted_name), new_name,
        category.id
      )
      on conflict (user_id, store_key, text_key) do update
      set name = excluded.name, category_id = excluded.category_id, uses = known.uses + 1;
    end if;
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
comment on function public.add_receipt_to_inventory(uuid, jsonb) is
  'Adds items of a receipt of the caller to their inventory, once however often it is called, and returns their inventory rows. items: null for every pending food item as predicted, else [{item_id, name?, category?, quantity?, unit?, storage?, expires_on?, dismiss?}]. Errors by hint: receipt_not_found, receipt_not_done, unknown_item, duplicate_item, unknown_category, invalid_items; then nothing changes.';
revoke all on function public.add_receipt_to_inventory(uuid, jsonb) from public, anon;
grant execute on function public.add_receipt_to_inventory(uuid, jsonb) to authenticated;
