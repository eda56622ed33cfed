-- Why an item has its name and category, and what else the model held possible.

alter table public.receipt_items
  add column alternatives jsonb not null default '[]' check (jsonb_typeof(alternatives) = 'array'),
  add column decided_by text not null default 'model'
    check (decided_by in ('model', 'alias', 'alias_elsewhere', 'user'));
comment on column public.receipt_items.alternatives is
  'The next likeliest categories of the model, [{code, confidence}], the likeliest first.';
comment on column public.receipt_items.decided_by is
  'Where name and category come from: the model, what the user called it at this store (alias) or at another one (alias_elsewhere), or the user''s choice for this very item.';

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
    kind, predicted_category_id, category_id, confidence, alternatives, decided_by, uncertain, storage, expires_on, box
  )
  select
    receipt.id, item.line_no, item.raw_text, item.name, coalesce(alias.name, item.name), item.quantity, item.unit,
    item.unit_price, item.amount, coalesce(item.discount, 0), item.barcode,
    case when category.is_food then 'food' else 'non_food' end,
    predicted.id, category.id, (item.category ->> 'confidence')::real, coalesce(nullif(item.category -> 'alternatives', 'null'), '[]'),
    coalesce(alias.decided_by, 'model'), item.uncertain and alias.name is null,
    case when category.id = predicted.id then item.storage else (private.shelf_life(alias.name, category.id)).storage end,
    case when category.id = predicted.id then item.expires_on
      else private.purchase_day(bought_at, receipt.created_at) + (private.shelf_life(alias.name, category.id)).min_days
    end,
    item.box
  from jsonb_to_recordset(result -> 'items') as item (
    line_no integer, raw_text text, name text, quantity double precision, unit text, unit_price integer, amount integer,
    discount integer, barcode text, category jsonb, uncertain boolean, storage text, expires_on date, box jsonb
  )
  -- A code that is not seeded stays null, which the table refuses: the answer is not what the contract says.
  left join public.categories predicted on predicted.code = item.category ->> 'code'
  left join lateral private.alias_of(receipt.user_id, store, item.name) alias on true
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

create function private.lock_user(p_user_id uuid) returns void
language sql set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended(p_user_id::text, 0))
$$;
comment on function private.lock_user(uuid) is
  'Lets one transaction at a time read and correct receipts of a user, who rarely has more than one.';
revoke all on function private.lock_user(uuid) from public, anon;
grant execute on function private.lock_user(uuid) to authenticated;

create function private.alias_of(p_user_id uuid, p_store text, p_text text)
returns table (name text, category_id smallint, decided_by text)
language sql stable set search_path = ''
as $$
  select a.name, a.category_id,
    case when a.store_key = private.text_key(p_store) then 'alias' else 'alias_elsewhere' end
  from public.item_aliases a
  where a.user_id = p_user_id and a.text_key = private.text_key(p_text)
  order by (a.store_key = private.text_key(p_store)) desc, a.uses desc
  limit 1
$$;
comment on function private.alias_of(uuid, text, text) is
  'What a user calls an item that this store prints so, or else what they call it when another store does.';
revoke all on function private.alias_of(uuid, text, text) from public, anon;
