-- Storing a result of the OCR service: the receipt and its line items in one transaction.

create function private.items_of_result(
  p_receipt public.receipts, p_result jsonb, p_store_name text, p_purchased_at timestamp
)
returns table (
  line_no integer, raw_text text, predicted_name text, name text, quantity double precision, unit text,
  unit_price integer, amount integer, discount integer, barcode text, gtin14 text, kind text,
  predicted_category_id smallint, category_id smallint, confidence real, alternatives jsonb, decided_by text,
  uncertain_fields text[], storage text, purchased_on date, expires_on date, box jsonb, status text
)
language sql stable set search_path = ''
as $$
  select
    item.line_no, item.raw_text, item.name, named.name, item.quantity,
    item.unit, item.unit_price, item.amount, coalesce(item.discount, 0), item.barcode,
    private.gtin14(item.barcode), case when category.is_food then 'food' else 'non_food' end,
    predicted.id, category.id, (item.category ->> 'confidence')::real,
    coalesce(nullif(item.category -> 'alternatives', 'null'), '[]'),
    coalesce(alias.decided_by, case when product.category_id is not null or named.name <> item.name then 'product' else 'model' end),
    private.unsettled(
      coalesce(item.uncertain_fields, '{}'),
      case when alias.name is not null or named.name <> item.name then array['name'] else '{}' end
        || case when coalesce(alias.category_id, product.category_id) is not null then array['category', 'expires_on']
          else '{}' end
    ),
    -- What was predicted holds for the printed name and the predicted category only.
    case when category.id = predicted.id and named.name = item.name and product.name is null then item.storage
      else (private.shelf_life(named.name, category.id)).storage
    end,
    item.purchased_on,
    case when category.id = predicted.id and named.name = item.name and product.name is null then item.expires_on
      else coalesce(item.purchased_on, private.purchase_day(p_purchased_at, p_receipt.created_at))
        + (private.shelf_life(named.name, category.id)).min_days
    end,
    item.box,
    -- What was brought back is shown, but not added with the rest.
    case when item.amount < 0 then 'dismissed' else 'pending' end
  from jsonb_to_recordset(p_result -> 'items') as item (
    line_no integer, raw_text text, name text, quantity double precision, unit text, unit_price integer, amount integer,
    discount integer, barcode text, category jsonb, uncertain_fields text[], storage text, purchased_on date,
    expires_on date, box jsonb
  )
  -- An unknown category code stays null and violates the table's constraint: the result does not match the contract.
  left join public.categories predicted on predicted.code = item.category ->> 'code'
  left join lateral private.alias_of(p_receipt.user_id, p_store_name, item.name) alias on true
  -- The user's alias takes precedence over the product's name.
  -- What other households call it is offered during the review instead.
  left join lateral private.known_product(private.gtin14(item.barcode), p_receipt.user_id) product
    on alias.name is null and product.source not in ('receipt', 'users', 'receipts')
  cross join lateral (
    -- A Korean name that was read is not replaced by a foreign one.
    select coalesce(
      alias.name,
      case when product.source = 'user' or product.name ~ '[가-힣]' or item.name !~ '[가-힣]' then product.name end,
      item.name
    ) as name
  ) named
  left join public.categories category on category.id = coalesce(alias.category_id, product.category_id, predicted.id)
$$;
comment on function private.items_of_result(public.receipts, jsonb, text, timestamp) is
  'The line items of a result of the OCR service as they are offered to the user: with the aliases of the user and with '
  'what is known of products.';
revoke all on function private.items_of_result(public.receipts, jsonb, text, timestamp)
  from public, anon, authenticated, service_role;

create function private.uncertain_fields_of_result(p_receipt public.receipts, p_result jsonb) returns text[]
language sql stable set search_path = ''
as $$
  select private.unsettled(
    array(
      select case f.field when 'store' then 'store_name' else f.field end
      from jsonb_array_elements_text(coalesce(p_result #> '{receipt,uncertain_fields}', '[]'))
        with ordinality f (field, place)
      order by f.place
    ),
    case
      when exists (
        select from public.receipts o
        where o.user_id = p_receipt.user_id and o.id <> p_receipt.id and o.status = 'done'
          and o.deleted_at is null -- nor joined into another one, which then has the store that counts
          and o.store_key = private.text_key(p_result #>> '{receipt,store}')
          and not 'store_name' = any (o.uncertain_fields)
      ) then array['store_name'] else '{}'
    end
  )
$$;
comment on function private.uncertain_fields_of_result(public.receipts, jsonb) is
  'The uncertain fields of the receipt as a whole in a result of the OCR service, as our columns are called, without a '
  'store that is certain on another receipt that the user has kept.';
revoke all on function private.uncertain_fields_of_result(public.receipts, jsonb)
  from public, anon, authenticated, service_role;

create function private.request_products(p_receipt_id uuid) returns void
language sql set search_path = ''
as $$
  -- The sweep calls providers for products that are unknown or expired.
  insert into public.product_lookups (gtin14, requested_at, next_attempt_at)
  select distinct i.gtin14, now(), now()
  from public.receipt_items i
  where i.receipt_id = p_receipt_id and i.gtin14 is not null and not private.is_publication(i.gtin14)
    and not private.product_is_settled(i.gtin14, now())
    and not exists (select from public.products_bulk b where b.gtin14 = i.gtin14)
  order by i.gtin14
  on conflict (gtin14) do nothing
$$;
comment on function private.request_products(uuid) is 'Queues lookups of the barcodes on a receipt.';
revoke all on function private.request_products(uuid) from public, anon, authenticated, service_role;

create function public.complete_receipt(p_receipt_id uuid, p_lease_token uuid, p_result jsonb) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  receipt public.receipts;
  result jsonb;
  store text;
  purchase_time timestamp;
  total_amount integer;
  original uuid;
  photo_is_stored boolean;
begin
  select r.* into receipt
  from public.receipts r join private.receipt_leases l on l.receipt_id = r.id
  where r.id = p_receipt_id and l.token = p_lease_token
  for update of r;
  if not found then
    return 'stale';
  end if;
  if receipt.status <> 'processing' then
    -- The same result, repeated, or a result that arrives after the receipt was given up.
    return case receipt.status when 'done' then 'done' else 'stale' end;
  end if;

  result := private.json_argument(p_result);
  store := result #>> '{receipt,store}';
  purchase_time := (result #>> '{receipt,purchased_at}')::timestamp;
  total_amount := (result #>> '{receipt,total}')::integer;

  -- Serialises two photos of one receipt that complete at the same time, so that the second is marked as a duplicate.
  perform private.lock_user(receipt.user_id);
  receipt.store_name := store;
  receipt.store_key := private.text_key(store);
  receipt.purchased_at := purchase_time;
  receipt.total := total_amount;
  original := private.original_of(receipt);

  -- The photo may have been deleted while it was read. Its deletion waits for the lock on the receipt, or has committed.
  photo_is_stored := receipt.photo_deleted_at is null and exists (
    select from storage.objects o
    where o.bucket_id = receipt.bucket and o.name = receipt.object_path
      and coalesce(o.version, o.id::text) = receipt.object_version
  );

  insert into public.receipt_items (
    receipt_id, line_no, raw_text, predicted_name, name, quantity, unit, unit_price, amount, discount, barcode,
    gtin14, kind, predicted_category_id, category_id, confidence, alternatives, decided_by, uncertain_fields, storage,
    purchased_on, expires_on, box, status
  )
  select receipt.id, n.* from private.items_of_result(receipt, result, store, purchase_time) n;
  perform private.request_products(receipt.id);

  update public.receipts
  set status = 'done', processed_at = now(), lease_until = null, error_code = null, error_detail = null,
      attempts = receipt.attempts + 1, outages = 0, reads_alone = false,
      store_name = store, purchased_at = purchase_time, total = total_amount,
      currency = coalesce(result #>> '{receipt,currency}', 'KRW'),
      duplicate_of = original,
      raw_lines = case when photo_is_stored then result -> 'lines' else '[]' end,
      photo_deleted_at = case when not photo_is_stored then coalesce(receipt.photo_deleted_at, now()) end,
      warnings = result -> 'warnings', uncertain_fields = private.uncertain_fields_of_result(receipt, result),
      contract_version = result ->> 'contract_version',
      model_versions = result -> 'model_versions', timings = result -> 'timings_ms'
  where id = receipt.id;
  perform private.note_printed_names(receipt.id);
  return 'done';
exception when data_exception or integrity_constraint_violation then
  raise exception using
    errcode = 'invalid_parameter_value', message = 'The result does not match the contract: ' || sqlerrm;
end
$$;
comment on function public.complete_receipt(uuid, uuid, jsonb) is
  'Stores a result of the OCR service (contract version 1.1), without the printed lines if the photo has been deleted '
  'meanwhile. Returns done, or stale if another worker holds the lease; '
  'then nothing changes. A result that does not match the contract raises SQLSTATE 22023.';
revoke all on function public.complete_receipt(uuid, uuid, jsonb) from public, anon, authenticated;
grant execute on function public.complete_receipt(uuid, uuid, jsonb) to service_role;
