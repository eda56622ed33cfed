-- What a barcode on a receipt says about its item: the product in our tables, from the receipt into the inventory.

alter table public.receipt_items
  add column gtin14 text check (gtin14 ~ '^[0-9]{14}$'),
  drop constraint receipt_items_decided_by_check,
  add constraint receipt_items_decided_by_check
    check (decided_by in ('model', 'alias', 'alias_elsewhere', 'product', 'user'));
comment on column public.receipt_items.gtin14 is 'The product number in barcode; null for none and for a shop''s own codes.';
comment on column public.receipt_items.decided_by is
  'Where name and category come from: the model, what the user called it at this store (alias) or at another one (alias_elsewhere), the product of its barcode, or the user''s choice for this very item.';
create index receipt_items_gtin14 on public.receipt_items (gtin14) where status = 'pending';

create or replace function public.complete_receipt(p_receipt_id uuid, p_lease_token uuid, p_result jsonb) returns text
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
  perform private.lock_user(receipt.user_id);
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
    gtin14, kind, predicted_category_id, category_id, confidence, alternatives, decided_by, uncertain, storage, expires_on, box
  )
  select
    receipt.id, item.line_no, item.raw_text, item.name, coalesce(alias.name, product.name, item.name), item.quantity, item.unit,
    item.unit_price, item.amount, coalesce(item.discount, 0), item.barcode,
    private.gtin14(item.barcode), case when category.is_food then 'food' else 'non_food' end,
    predicted.id, category.id, (item.category ->> 'confidence')::real, coalesce(nullif(item.category -> 'alternatives', 'null'), '[]'),
    coalesce(alias.decided_by, case when product.name is not null then 'product' else 'model' end),
    item.uncertain and alias.name is null and product.category_id is null,
    case when category.id = predicted.id and product.name is null then item.storage
      else (private.shelf_life(coalesce(alias.name, product.name, item.name), category.id)).storage
    end,
    case when category.id = predicted.id and product.name is null then item.expires_on
      else private.purchase_day(bought_at, receipt.created_at)
        + (private.shelf_life(coalesce(alias.name, product.name, item.name), category.id)).min_days
    end,
    item.box
  from jsonb_to_recordset(result -> 'items') as item (
    line_no integer, raw_text text, name text, quantity double precision, unit text, unit_price integer, amount integer,
    discount integer, barcode text, category jsonb, uncertain boolean, storage text, expires_on date, box jsonb
  )
  -- A code that is not seeded stays null, which the table refuses: the answer is not what the contract says.
  left join public.categories predicted on predicted.code = item.category ->> 'code'
  left join lateral private.alias_of(receipt.user_id, store, item.name) alias on true
  -- What the user calls it goes before what its maker does.
  left join lateral private.known_product(private.gtin14(item.barcode), receipt.user_id) product on alias.name is null
  left join public.categories category on category.id = coalesce(alias.category_id, product.category_id, predicted.id);

  -- No provider is asked here; the sweep does that for what is not known or is old.
  insert into public.product_lookups (gtin14, requested_at, next_attempt_at)
  select distinct i.gtin14, now(), now()
  from public.receipt_items i
  where i.receipt_id = receipt.id and i.gtin14 is not null
    and not private.product_is_settled(i.gtin14, now())
    and not exists (select from public.products_bulk b where b.gtin14 = i.gtin14)
  on conflict (gtin14) do nothing;

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

create function private.take_product() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.receipt_items i
  set name = new.name, category_id = c.id, decided_by = 'product', uncertain = i.uncertain and new.category_id is null,
      kind = case when c.is_food then 'food' else 'non_food' end,
      storage = keeps.storage,
      expires_on = private.purchase_day(r.purchased_at, r.created_at) + keeps.min_days
  from public.receipts r, public.categories c
  cross join lateral private.shelf_life(new.name, c.id) keeps
  where i.gtin14 = new.gtin14 and i.status = 'pending' and i.decided_by = 'model'
    and r.id = i.receipt_id and c.id = coalesce(new.category_id, i.category_id);
  return null;
end
$$;
comment on function private.take_product() is
  'Items that wait for their review take the product that was found for their barcode, unless the user has a word for them.';
revoke all on function private.take_product() from public, anon, authenticated, service_role;
create trigger take_product after insert or update of name, category_id on public.products
  for each row execute function private.take_product();

create function private.take_gtin14() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  select i.gtin14 into new.gtin14 from public.receipt_items i where i.id = new.receipt_item_id;
  return new;
end
$$;
comment on function private.take_gtin14() is 'What came from a receipt has the product number that was printed there.';
revoke all on function private.take_gtin14() from public, anon, authenticated, service_role;
create trigger take_gtin14 before insert on public.inventory
  for each row when (new.receipt_item_id is not null and new.gtin14 is null)
  execute function private.take_gtin14();
