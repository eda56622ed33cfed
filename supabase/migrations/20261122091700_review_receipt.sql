-- The review of a receipt: everything the result screen and the category picker show, in one call, and the correction
-- of a line item's category.

create function private.review_item(p_receipt_item_id uuid) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'id', i.id,
      'line_no', i.line_no,
      'status', i.status,
      'raw_text', i.raw_text,
      'name', i.name,
      'quantity', i.quantity,
      'unit', i.unit,
      'unit_price', i.unit_price,
      'amount', i.amount,
      'discount', i.discount,
      'barcode', i.barcode,
      'box', i.box,
      'object_path', case when i.photo_of is null then r.object_path else private.part_path(i.photo_of) end,
      'purchased_on', i.purchased_on,
      'category', category.code,
      'is_food', category.is_food,
      'uncertain', i.uncertain,
      'uncertain_fields', i.uncertain_fields,
      'why', jsonb_build_object('decided_by', i.decided_by, 'model_version', coalesce(i.model_versions, r.model_versions) ->> 'category'),
      'prediction', jsonb_build_object('name', nullif(i.predicted_name, ''), 'category', prediction.code, 'confidence', i.confidence),
      'alternatives', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object('category', c.code, 'confidence', (other.value ->> 'confidence')::real)
            order by other.place
          ),
          '[]'
        )
        from jsonb_array_elements(i.alternatives) with ordinality as other (value, place)
        join public.categories c on c.code = other.value ->> 'code'
      ),
      'suggestion', jsonb_build_object(
        'storage', i.storage,
        'expires_on', i.expires_on,
        'min_days', estimate.min_days,
        'max_days', estimate.max_days,
        'basis', estimate.basis,
        'source', estimate.source
      ),
      'offer', private.offered_product(i),
      'inventory_id', v.id
    )
    from public.receipt_items i
    join public.receipts r on r.id = i.receipt_id
    join public.categories category on category.id = i.category_id
    left join public.categories prediction on prediction.id = i.predicted_category_id
    left join public.inventory v on v.receipt_item_id = i.id
    cross join lateral private.shelf_life(i.name, i.category_id, i.storage) estimate
    where i.id = p_receipt_item_id
  );
end
$$;
comment on function private.review_item(uuid) is
  'A line item as the review shows it; null if row level security hides it from the user.';
revoke all on function private.review_item(uuid) from public, anon;
grant execute on function private.review_item(uuid) to authenticated;

create function public.review_receipt(receipt_id uuid) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  receipt public.receipts;
begin
  select * into receipt from public.receipts where id = $1;
  if not found then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  end if;
  return jsonb_build_object(
    'receipt', jsonb_build_object(
      'id', receipt.id,
      'status', receipt.status,
      'error_code', receipt.error_code,
      'store_name', receipt.store_name,
      'purchased_at', receipt.purchased_at,
      'total', receipt.total,
      'currency', receipt.currency,
      'duplicate_of', receipt.duplicate_of,
      'warnings', receipt.warnings,
      'uncertain_fields', receipt.uncertain_fields,
      'created_at', receipt.created_at
    ),
    'items', (
      select coalesce(jsonb_agg(private.review_item(i.id) order by i.line_no), '[]')
      from public.receipt_items i where i.receipt_id = receipt.id
    ),
    'categories', (
      select jsonb_agg(
        jsonb_build_object(
          'code', c.code, 'name_ko', c.name_ko, 'name_en', c.name_en, 'is_food', c.is_food,
          'default_storage', c.default_storage
        )
        order by c.sort
      )
      from public.categories c
    )
  );
end
$$;
comment on function public.review_receipt(uuid) is
  'A receipt of the calling user with its line items for review, and the categories to choose from. Errors by hint: '
  'receipt_not_found.';
revoke all on function public.review_receipt(uuid) from public, anon;
grant execute on function public.review_receipt(uuid) to authenticated;

create function private.estimated(p_lot public.inventory) returns public.inventory
language plpgsql stable set search_path = ''
as $$
declare
  lot public.inventory := p_lot;
  estimate constant private.shelf_life := private.shelf_life(lot.name, lot.category_id, lot.storage);
begin
  lot.expires_on := coalesce(lot.purchased_on, (lot.created_at at time zone 'Asia/Seoul')::date) + estimate.min_days;
  lot.expiry_basis := case when lot.expires_on is not null then 'purchase' end;
  lot.expiry_source := case when lot.expires_on is not null then estimate.source end;
  return lot;
end
$$;
comment on function private.estimated(public.inventory) is
  'The inventory row with the use-by date that its name, category, place and day of purchase suggest.';
revoke all on function private.estimated(public.inventory) from public, anon, authenticated, service_role;

create function private.recategorise_lot(p_item public.receipt_items, p_category_id smallint, p_storage text)
returns void
language plpgsql set search_path = ''
as $$
declare
  lot public.inventory;
begin
  select * into lot from public.inventory v
  where v.receipt_item_id = p_item.id and v.category_id = p_item.category_id
  for update;
  if not found then
    return;
  end if;
  lot.storage := case when lot.storage is not distinct from p_item.storage then p_storage else lot.storage end;
  lot.category_id := p_category_id;
  if lot.expiry_basis = 'purchase' or lot.expires_on is null and p_item.expires_on is null then
    lot := private.estimated(lot);
  end if;
  update public.inventory v
  set category_id = lot.category_id, storage = lot.storage, expires_on = lot.expires_on,
      expiry_basis = lot.expiry_basis, expiry_source = lot.expiry_source
  where v.id = lot.id;
end
$$;
comment on function private.recategorise_lot(public.receipt_items, smallint, text) is
  'Applies a corrected category to the inventory row of a line item, without overwriting what the user changed there. '
  'p_item is the line item before the correction, p_storage the usual storage for the new category.';
revoke all on function private.recategorise_lot(public.receipt_items, smallint, text) from public, anon;

create function private.lock_receipt_item(p_receipt_item_id uuid) returns public.receipt_items
language plpgsql security definer set search_path = ''
as $$
declare
  item public.receipt_items;
begin
  perform private.lock_user((select private.owner_id()));
  select i.* into item
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id
  where i.id = p_receipt_item_id and r.user_id = (select private.owner_id()) and r.deleted_at is null
  for update of i;
  if not found then
    perform private.refuse(404, 'item_not_found', 'The line item was not found.');
  end if;
  return item;
end
$$;
comment on function private.lock_receipt_item(uuid) is
  'A line item of the calling user, locked for a change. Errors by hint: item_not_found.';
revoke all on function private.lock_receipt_item(uuid) from public, anon, authenticated, service_role;

create function public.correct_category(receipt_item_id uuid, category text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  item public.receipt_items;
  receipt public.receipts;
  new_category public.categories;
  estimate private.shelf_life;
begin
  perform private.require_user();
  item := private.lock_receipt_item($1);
  select * into new_category from public.categories c where c.code = $2;
  if not found then
    perform private.refuse(422, 'unknown_category', 'Unknown category.');
  end if;
  perform private.count_call('category_feedback', 60);

  if item.decided_by <> 'user' or item.category_id <> new_category.id then
    select * into receipt from public.receipts r where r.id = item.receipt_id;
    estimate := private.shelf_life(item.name, new_category.id);
    update public.receipt_items
    set category_id = new_category.id, decided_by = 'user',
        uncertain_fields = private.unsettled(item.uncertain_fields, '{category,expires_on}'),
        kind = case when new_category.is_food then 'food' else 'non_food' end,
        storage = case when new_category.id = item.category_id then item.storage else estimate.storage end,
        expires_on = case when new_category.id = item.category_id then item.expires_on
          else coalesce(item.purchased_on, private.purchase_day(receipt.purchased_at, receipt.created_at))
            + estimate.min_days end
    where id = item.id;
    perform private.note_feedback(item.id);
    if new_category.id <> item.category_id or item.decided_by <> 'model' then
      perform private.learn(item.id);
    end if;
    if new_category.id <> item.category_id then
      perform private.recategorise_lot(item, new_category.id, estimate.storage);
    end if;
  end if;
  return private.review_item(item.id);
end
$$;
comment on function public.correct_category(uuid, text) is
  'Sets the category of a line item of the calling user, which may be in the inventory already. The category applies '
  'at once, is stored as an alias for their next receipts, and is recorded as feedback. Returns the line item as '
  'review_receipt does. Idempotent. Errors by hint: item_not_found, unknown_category, rate_limited. '
  'Runs as its owner, because users may not write receipt_items and feedback.';
revoke all on function public.correct_category(uuid, text) from public, anon;
grant execute on function public.correct_category(uuid, text) to authenticated;
