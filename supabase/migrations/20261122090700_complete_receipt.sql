-- What was read becomes rows: the receipt and its items in one transaction, or nothing.

create function public.complete_receipt(p_receipt_id uuid, p_lease_token uuid, p_result jsonb) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  receipt public.receipts;
  result jsonb;
  store text;
  bought_at timestamp;
  paid integer;
  original uuid;
begin
  select * into receipt from public.receipts where id = p_receipt_id and lease_token = p_lease_token for update;
  if not found then
    return 'stale';
  end if;
  if receipt.status <> 'processing' then
    -- The same answer, delivered twice, or one that comes after giving up.
    return case receipt.status when 'done' then 'done' else 'stale' end;
  end if;

  result := private.json_argument(p_result);
  store := result #>> '{receipt,store}';
  bought_at := result #>> '{receipt,purchased_at}';
  paid := result #>> '{receipt,total}';

  -- Two photos of one receipt that are read at the same time see each other.
  perform pg_advisory_xact_lock(hashtextextended(receipt.user_id::text, 0));
  select r.id into original
  from public.receipts r
  where r.user_id = receipt.user_id and r.id <> receipt.id and r.status = 'done'
    and private.text_key(r.store_name) = private.text_key(store)
    and r.purchased_at = bought_at and r.total = paid
    and store is not null
  order by r.created_at
  limit 1;

  insert into public.receipt_items (
    receipt_id, line_no, raw_text, predicted_name, name, quantity, unit, unit_price, amount, discount, barcode,
    kind, predicted_category_id, category_id, confidence, uncertain, storage, expires_on, box
  )
  select
    receipt.id, item.line_no, item.raw_text, item.name, coalesce(alias.name, item.name), item.quantity, item.unit,
    item.unit_price, item.amount, coalesce(item.discount, 0), item.barcode,
    case when category.is_food then 'food' else 'non_food' end,
    predicted.id, category.id, (item.category ->> 'confidence')::real, item.uncertain and alias.name is null,
    case when category.id = predicted.id then item.storage else category.default_storage end,
    case when category.id = predicted.id then item.expires_on
      else private.use_by(category.id, category.default_storage, private.purchase_day(bought_at, receipt.created_at))
    end,
    item.box
  from jsonb_to_recordset(result -> 'items') as item (
    line_no integer, raw_text text, name text, quantity double precision, unit text, unit_price integer, amount integer,
    discount integer, barcode text, category jsonb, uncertain boolean, storage text, expires_on date, box jsonb
  )
  -- A code that is not seeded stays null, which the table refuses: the answer is not what the contract says.
  left join public.categories predicted on predicted.code = item.category ->> 'code'
  left join lateral (
    select a.name, a.category_id
    from public.item_aliases a
    where a.user_id = receipt.user_id and a.text_key = private.text_key(item.name)
    order by (a.store_key = private.text_key(store)) desc, a.uses desc
    limit 1
  ) alias on true
  left join public.categories category on category.id = coalesce(alias.category_id, predicted.id);

  update public.receipts
  set status = 'done', processed_at = now(), lease_until = null, error_code = null, error_detail = null,
      store_name = store, purchased_at = bought_at, total = paid,
      currency = coalesce(result #>> '{receipt,currency}', 'KRW'),
      duplicate_of = original,
      raw_lines = result -> 'lines', warnings = result -> 'warnings',
      contract_version = result ->> 'contract_version',
      model_versions = result -> 'model_versions', timings = result -> 'timings_ms'
  where id = receipt.id;
  return 'done';
exception when data_exception or integrity_constraint_violation then
  raise exception using errcode = 'invalid_parameter_value', message = 'The result does not fit: ' || sqlerrm;
end
$$;
comment on function public.complete_receipt(uuid, uuid, jsonb) is
  'Stores an answer of the OCR service (contract version 1). Returns done, or stale when the lease has passed to somebody else; then nothing changes. A result that is not what the contract says ends with SQLSTATE 22023.';
revoke all on function public.complete_receipt(uuid, uuid, jsonb) from public, anon, authenticated;
grant execute on function public.complete_receipt(uuid, uuid, jsonb) to service_role;

create function private.purchase_day(p_purchased_at timestamp, p_uploaded_at timestamptz) returns date
language sql stable set search_path = ''
as $$
  select coalesce(p_purchased_at, p_uploaded_at at time zone 'Asia/Seoul')::date
$$;
comment on function private.purchase_day(timestamp, timestamptz) is
  'The day that days are counted from: the printed one, else that of the upload.';
revoke all on function private.purchase_day(timestamp, timestamptz) from public, anon;
grant execute on function private.purchase_day(timestamp, timestamptz) to authenticated;
