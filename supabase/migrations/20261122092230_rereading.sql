-- Reading old photos again with newer models: what a run covers, how far it is, and what it changed. A run is fixed
-- when it is planned. A dry run finds out what would change, by the same function that changes it.

create table private.reread_runs (
  name text primary key check (name ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
  rules jsonb not null check (jsonb_typeof(rules) = 'object' and octet_length(rules::text) <= 5000),
  planned_to timestamptz,
  planned_receipt_id uuid,
  is_planned boolean not null default false,
  created_at timestamptz not null default now()
);
comment on table private.reread_runs is
  'Runs that read photos again. rules: {applies, models, since, until, user_id, limit}; models: the versions, by kind, '
  'that read, such as {"category": "category-fc879c662ef4"}. planned_to and planned_receipt_id: the last receipt that '
  'was considered while the run was planned. Deleted after 90 days, or with the last of its rereads. '
  'Without a policy: for services only.';
alter table private.reread_runs enable row level security;

create table private.rereads (
  run_name text not null check (length(run_name) <= 60) references private.reread_runs (name) on delete cascade,
  place integer not null check (place >= 1),
  receipt_id uuid not null references public.receipts (id) on delete cascade,
  state text not null default 'waiting' check (state in ('waiting', 'same', 'changed', 'skipped', 'failed')),
  attempts smallint not null default 0 check (attempts >= 0),
  outages smallint not null default 0 check (outages >= 0),
  code text check (length(code) <= 200),
  changes jsonb not null default '[]'
    check (jsonb_typeof(changes) = 'array' and octet_length(changes::text) <= 1000000),
  models jsonb check (octet_length(models::text) <= 20000),
  ended_at timestamptz,
  primary key (run_name, place),
  unique (receipt_id, run_name),
  check ((state = 'waiting') = (ended_at is null))
);
comment on table private.rereads is
  'The manifest of a run, and its progress: one row per receipt. Task i of n reads the places that leave i when '
  'divided by n. changes: what a dry run would change, or what a run changed, [{what, line_no, field, from, to}]; '
  'models: those that had read the receipt before. Deleted after 90 days; what was changed, with the receipt. '
  'Without a policy: for services only.';
create index rereads_waiting on private.rereads (run_name, outages, place) where state = 'waiting';
alter table private.rereads enable row level security;

create function private.is_reviewed(p_receipt_id uuid) returns boolean
language sql stable set search_path = ''
as $$
  select coalesce(bool_or(i.status <> 'pending') and not bool_or(i.status = 'pending' and i.kind = 'food'), false)
  from public.receipt_items i where i.receipt_id = p_receipt_id
$$;
comment on function private.is_reviewed(uuid) is
  'Whether a user has decided on a receipt: no food on it waits any more. Receipts without items are not reviewed.';
revoke all on function private.is_reviewed(uuid) from public, anon, authenticated, service_role;

create function private.reread_obstacle(p_receipt_id uuid) returns text
language sql stable set search_path = ''
as $$
  select case
    when r.deleted_at is not null then 'receipt_deleted'
    when r.photo_deleted_at is not null then 'photo_missing'
    when r.status <> 'done' then 'not_done'
    -- Another photo is in its place, and the event is still to be applied.
    when not exists (
      select from storage.objects o
      where o.bucket_id = r.bucket and o.name = r.object_path and coalesce(o.version, o.id::text) = r.object_version
    ) then 'photo_missing'
    when private.is_reviewed(r.id) then 'reviewed'
    -- Its items are from several photos.
    when exists (select from public.receipts p where p.joined_into = r.id) then 'reviewed'
  end
  from public.receipts r where r.id = p_receipt_id
$$;
comment on function private.reread_obstacle(uuid) is 'Why a receipt is not read again, otherwise null.';
revoke all on function private.reread_obstacle(uuid) from public, anon, authenticated, service_role;

create function private.forget_rereads(p_limit integer) returns void
language sql set search_path = ''
as $$
  delete from private.rereads x
  where (x.run_name, x.place) in (
    select old.run_name, old.place
    from private.reread_runs o join private.rereads old on old.run_name = o.name
    where o.created_at < now() - interval '90 days'
      -- The receipt's story tells what was changed.
      and not (old.state = 'changed' and (o.rules ->> 'applies')::boolean)
    limit p_limit
  );
  delete from private.reread_runs o
  where o.created_at < now() - interval '90 days'
    and not exists (select from private.rereads x where x.run_name = o.name)
$$;
comment on function private.forget_rereads(integer) is
  'Deletes, up to p_limit, rows of runs that are older than 90 days, but not what was changed.';
revoke all on function private.forget_rereads(integer) from public, anon, authenticated, service_role;

create function public.plan_reread(p_run text, p_rules jsonb, p_limit integer)
returns table (receipts integer, is_planned boolean)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  rules constant jsonb := private.json_argument(p_rules);
  run private.reread_runs;
  planned integer;
  considered integer;
begin
  if coalesce(jsonb_typeof(rules -> 'models') <> 'object' or rules -> 'models' = '{}'
    or jsonb_typeof(rules -> 'applies') <> 'boolean', true)
  then
    perform private.refuse(422, 'invalid_rules', 'The rules must name the models and whether the run applies changes.');
  end if;
  insert into private.reread_runs (name, rules) values (p_run, rules) on conflict do nothing;
  select o.* into run from private.reread_runs o where o.name = p_run for update;
  if run.rules <> rules then
    perform private.refuse(409, 'other_rules', 'A run of this name was planned with other rules.');
  end if;
  select coalesce(max(x.place), 0) into planned from private.rereads x where x.run_name = run.name;
  if not run.is_planned then
    with batch as materialized (
      select r.id, r.created_at, row_number() over (order by r.created_at, r.id) as place
      from public.receipts r
      where r.photo_deleted_at is null and r.created_at < run.created_at
        and (run.planned_to is null or (r.created_at, r.id) > (run.planned_to, run.planned_receipt_id))
        and r.created_at >= coalesce((rules ->> 'since')::timestamptz, '-infinity')
        and r.created_at < coalesce((rules ->> 'until')::timestamptz, 'infinity')
        and (rules ->> 'user_id' is null or r.user_id = (rules ->> 'user_id')::uuid)
      order by r.created_at, r.id
      limit p_limit
    ), chosen as (
      insert into private.rereads (run_name, place, receipt_id)
      select run.name, planned + row_number() over (order by b.place), b.id
      from batch b
      join public.receipts r on r.id = b.id
      where private.reread_obstacle(r.id) is null and not private.is_canary(r.object_path)
        and not r.model_versions @> (rules -> 'models')
        -- Photos that this model could not read, or whose receipts it left as they are.
        and not exists (
          select from private.rereads x join private.reread_runs o on o.name = x.run_name
          where x.receipt_id = r.id and x.state in ('same', 'changed', 'failed')
            and (o.rules ->> 'applies')::boolean and o.rules -> 'models' = rules -> 'models'
        )
      order by b.place
      limit coalesce((rules ->> 'limit')::integer, 2000000) - planned
      returning 1
    ), seen as (
      select count(*) as n, (array_agg(b.id order by b.place desc))[1] as id, max(b.created_at) as created_at
      from batch b
    ), moved as (
      update private.reread_runs o
      set planned_to = coalesce(seen.created_at, o.planned_to),
          planned_receipt_id = coalesce(seen.id, o.planned_receipt_id)
      from seen
      where o.name = run.name
    )
    select planned + (select count(*) from chosen), seen.n into planned, considered from seen;
    update private.reread_runs o
    set is_planned = considered < p_limit or planned >= coalesce((rules ->> 'limit')::integer, 2000000)
    where o.name = run.name
    returning o.* into run;
  end if;
  return query select planned, run.is_planned;
end
$$;
comment on function public.plan_reread(text, jsonb, integer) is
  'Plans a run, the next p_limit receipts of it; to be called until it is planned. Chosen are receipts with a photo '
  'that other models than those of the rules have read and that their users have not finished reviewing, oldest first. '
  'Returns how many are chosen, and whether that is all. Idempotent. Errors by hint: invalid_rules, other_rules.';
revoke all on function public.plan_reread(text, jsonb, integer) from public, anon, authenticated;
grant execute on function public.plan_reread(text, jsonb, integer) to service_role;

create function private.end_reread(
  p_run text, p_receipt_id uuid, p_state text, p_code text, p_changes jsonb default '[]'
)
returns text
language sql set search_path = ''
as $$
  update private.rereads x
  set state = p_state, code = p_code, changes = p_changes, ended_at = now(), attempts = x.attempts + 1
  where x.run_name = p_run and x.receipt_id = p_receipt_id
  returning x.state
$$;
comment on function private.end_reread(text, uuid, text, text, jsonb) is 'Stores the outcome of a receipt of a run.';
revoke all on function private.end_reread(text, uuid, text, text, jsonb) from public, anon, authenticated, service_role;

create function public.due_rereads(p_run text, p_task integer, p_tasks integer, p_limit integer)
returns table (receipt_id uuid, bucket text, object_path text)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  if not exists (select from private.reread_runs o where o.name = p_run and o.is_planned) then
    perform private.refuse(404, 'run_not_planned', 'The run has not been planned, or has been planned only in part.');
  end if;
  return query
  select r.id, r.bucket, r.object_path
  from private.rereads x
  join public.receipts r on r.id = x.receipt_id
  where x.run_name = p_run and x.state = 'waiting' and x.place % p_tasks = p_task
  order by x.outages, x.place
  limit p_limit;
end
$$;
comment on function public.due_rereads(text, integer, integer, integer) is
  'The next receipts of a run that task p_task (from 0) of p_tasks has to read; those whose photos could not be had '
  'come last. Errors by hint: run_not_planned.';
revoke all on function public.due_rereads(text, integer, integer, integer) from public, anon, authenticated;
grant execute on function public.due_rereads(text, integer, integer, integer) to service_role;

create function public.begin_reread(p_run text, p_receipt_id uuid) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  obstacle text;
begin
  perform from private.rereads x
  where x.run_name = p_run and x.receipt_id = p_receipt_id and x.state = 'waiting' for update;
  if not found then
    return null;
  end if;
  obstacle := private.reread_obstacle(p_receipt_id);
  if obstacle is not null then
    perform private.end_reread(p_run, p_receipt_id, 'skipped', obstacle);
    return null;
  end if;
  return (select r.object_path from public.receipts r where r.id = p_receipt_id);
end
$$;
comment on function public.begin_reread(text, uuid) is
  'The path of the photo of a receipt that is still to be read, which may have been moved since due_rereads; null if the '
  'receipt has been read, deleted or reviewed meanwhile, or its photo is gone.';
revoke all on function public.begin_reread(text, uuid) from public, anon, authenticated;
grant execute on function public.begin_reread(text, uuid) to service_role;

create function public.fail_reread(p_run text, p_receipt_id uuid, p_code text, p_is_final boolean) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  reread private.rereads;
begin
  select x.* into reread from private.rereads x
  where x.run_name = p_run and x.receipt_id = p_receipt_id for update;
  if not found then
    return 'skipped';
  elsif reread.state <> 'waiting' then
    return reread.state;
  elsif p_is_final or reread.attempts >= 2 then
    return private.end_reread(p_run, p_receipt_id, 'failed', p_code);
  end if;
  update private.rereads x set attempts = x.attempts + 1, code = p_code
  where x.run_name = p_run and x.receipt_id = p_receipt_id;
  return 'waiting';
end
$$;
comment on function public.fail_reread(text, uuid, text, boolean) is
  'Notes that a photo could not be read again. Unless that is final it is tried three times. The receipt stays as it '
  'is. Returns the state: failed, waiting, or that in which the receipt was.';
revoke all on function public.fail_reread(text, uuid, text, boolean) from public, anon, authenticated;
grant execute on function public.fail_reread(text, uuid, text, boolean) to service_role;

create function public.postpone_reread(p_run text, p_receipt_id uuid, p_code text) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  most constant integer := 5;
  outages_in_all integer;
begin
  update private.rereads x set outages = x.outages + 1, code = p_code
  where x.run_name = p_run and x.receipt_id = p_receipt_id and x.state = 'waiting'
  returning x.outages into outages_in_all;
  if outages_in_all is null then
    return 'skipped';
  elsif outages_in_all >= most then
    return private.end_reread(p_run, p_receipt_id, 'failed', p_code);
  end if;
  return 'waiting';
end
$$;
comment on function public.postpone_reread(text, uuid, text) is
  'Notes that Storage did not deliver a photo, whose receipt is then read after the others; an outage that never ends '
  'is the photo''s own, so the fifth fails it. Returns the state: waiting, failed or skipped.';
revoke all on function public.postpone_reread(text, uuid, text) from public, anon, authenticated;
grant execute on function public.postpone_reread(text, uuid, text) to service_role;

create function private.box_overlap(p_one jsonb, p_other jsonb) returns double precision
language sql immutable set search_path = ''
as $$
  with b as (
    select (p_one ->> 0)::double precision x0, (p_one ->> 1)::double precision y0, (p_one ->> 2)::double precision x1,
      (p_one ->> 3)::double precision y1, (p_other ->> 0)::double precision u0, (p_other ->> 1)::double precision v0,
      (p_other ->> 2)::double precision u1, (p_other ->> 3)::double precision v1
  ), common as (
    select b.*, greatest(0, least(x1, u1) - greatest(x0, u0)) * greatest(0, least(y1, v1) - greatest(y0, v0)) as area
    from b
  )
  select coalesce(area / nullif((x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - area, 0), 0) from common
$$;
comment on function private.box_overlap(jsonb, jsonb) is
  'The common area of two boxes [x0, y0, x1, y1], as a share of the area that they cover together.';
revoke all on function private.box_overlap(jsonb, jsonb) from public, anon, authenticated, service_role;

create function private.is_corrected(p_receipt_id uuid, p_field text) returns boolean
language sql stable set search_path = ''
as $$
  select exists (select from public.receipt_feedback f where f.receipt_id = p_receipt_id and f.field = p_field)
$$;
comment on function private.is_corrected(uuid, text) is 'Whether the user corrected a field of a receipt.';
revoke all on function private.is_corrected(uuid, text) from public, anon, authenticated, service_role;

create function private.category_code(p_category_id jsonb) returns jsonb
language sql stable set search_path = ''
as $$
  select to_jsonb(c.code) from public.categories c where c.id = (p_category_id #>> '{}')::smallint
$$;
comment on function private.category_code(jsonb) is 'The code of a category.';
revoke all on function private.category_code(jsonb) from public, anon, authenticated, service_role;

create function public.store_reread(p_run text, p_receipt_id uuid, p_result jsonb) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  result constant jsonb := private.json_argument(p_result);
  run private.reread_runs;
  reread private.rereads;
  receipt public.receipts;
  obstacle text;
  items jsonb; -- those of the receipt, with is_decided, and the line_no of the one in the same place of the result
  read_items jsonb; -- the items of the result
  matches jsonb; -- line_no in the result, by id of the item
  adds_items boolean;
  store text;
  purchase_time timestamp;
  total_amount integer;
  changes jsonb;
begin
  select o.* into run from private.reread_runs o where o.name = p_run;
  -- The user first, as in every correction.
  perform private.lock_user(r.user_id) from public.receipts r where r.id = p_receipt_id;
  select r.* into receipt from public.receipts r where r.id = p_receipt_id for update;
  select x.* into reread from private.rereads x where x.run_name = p_run and x.receipt_id = p_receipt_id for update;
  if not found then
    return 'skipped'; -- deleted with its receipt
  elsif reread.state <> 'waiting' then
    return reread.state;
  end if;
  obstacle := private.reread_obstacle(receipt.id);
  if obstacle is not null then
    return private.end_reread(p_run, p_receipt_id, 'skipped', obstacle);
  elsif not result -> 'model_versions' @> (run.rules -> 'models') then
    return 'other_models';
  end if;

  -- A field that the user corrected stays.
  store := case when private.is_corrected(receipt.id, 'store_name') then receipt.store_name
    else result #>> '{receipt,store}' end;
  purchase_time := case when private.is_corrected(receipt.id, 'purchased_at') then receipt.purchased_at
    else (result #>> '{receipt,purchased_at}')::timestamp end;
  total_amount := case when private.is_corrected(receipt.id, 'total') then receipt.total
    else (result #>> '{receipt,total}')::integer end;

  select coalesce(jsonb_agg(to_jsonb(n) order by n.line_no), '[]') into read_items
  from private.items_of_result(receipt, result, store, purchase_time) n;
  -- The item in the same place on the photo.
  with pair as (
    select i.id, n.line_no, private.box_overlap(i.box, n.box) as overlap
    from public.receipt_items i
    cross join jsonb_to_recordset(read_items) as n (line_no integer, box jsonb)
    where i.receipt_id = receipt.id and i.box is not null
  ), ranked as (
    select p.*, row_number() over (partition by p.id order by p.overlap desc, p.line_no) as of_item,
      row_number() over (partition by p.line_no order by p.overlap desc, p.id) as of_read
    from pair p where p.overlap > 0.4
  )
  select coalesce(jsonb_object_agg(r.id, r.line_no), '{}') into matches
  from ranked r where r.of_item = 1 and r.of_read = 1;
  select coalesce(jsonb_agg(
    (to_jsonb(i) - 'box' - 'alternatives') || jsonb_build_object(
      'match', matches -> i.id::text,
      -- An item on which the user has decided anything stays as it is.
      'is_decided', i.status <> 'pending' or i.decided_by = 'user' or i.predicted_category_id is null
        or exists (select from public.item_feedback f where f.receipt_item_id = i.id)
        or exists (select from public.user_category_feedback f where f.receipt_item_id = i.id)
    ) order by i.line_no
  ), '[]') into items
  from public.receipt_items i where i.receipt_id = receipt.id;
  -- Who typed what was not read has a complete list. An item that the user decided on and that is not found again may
  -- be one of those that would be added. Then nothing is added, and nothing that is not found again is removed.
  adds_items := not exists (
    select from jsonb_array_elements(items) i
    where i.value ->> 'predicted_category_id' is null
      or (i.value ->> 'is_decided')::boolean and i.value -> 'match' = 'null'
  );
  if not adds_items then
    select jsonb_agg(
      case when i.value -> 'match' = 'null' then i.value || '{"is_decided": true}' else i.value end
    ) into items
    from jsonb_array_elements(items) i;
  end if;
  -- What is new or may change.
  select coalesce(
    jsonb_agg(n.value || jsonb_build_object('id', coalesce(i.value ->> 'id', gen_random_uuid()::text))), '[]'
  ) into read_items
  from jsonb_array_elements(read_items) n
  left join jsonb_array_elements(items) i on (i.value ->> 'match')::integer = (n.value ->> 'line_no')::integer
  where not coalesce((i.value ->> 'is_decided')::boolean, not adds_items);

  with change (place, line_no, what, field, was, becomes) as (
    select 0, null::integer, 'receipt', f.field, f.was, f.becomes
    from (
      values ('store_name', to_jsonb(receipt.store_name), to_jsonb(store)),
        ('purchased_at', to_jsonb(receipt.purchased_at), to_jsonb(purchase_time)),
        ('total', to_jsonb(receipt.total), to_jsonb(total_amount))
    ) f (field, was, becomes)
    union all
    select 1, (n.value ->> 'line_no')::integer, 'item', f.field,
      case when f.field = 'category' then private.category_code(i.value -> 'category_id') else i.value -> f.field end,
      case when f.field = 'category' then private.category_code(n.value -> 'category_id') else n.value -> f.field end
    from jsonb_array_elements(read_items) n
    join jsonb_array_elements(items) i on i.value ->> 'id' = n.value ->> 'id'
    cross join unnest(array[
      'name', 'category', 'quantity', 'unit', 'unit_price', 'amount', 'discount', 'barcode', 'purchased_on', 'storage',
      'expires_on'
    ]) f (field)
    union all
    select 2, (n.value ->> 'line_no')::integer, 'added', 'item', null, n.value -> 'name'
    from jsonb_array_elements(read_items) n
    where not exists (select from jsonb_array_elements(items) i where i.value ->> 'id' = n.value ->> 'id')
    union all
    select 3, (i.value ->> 'line_no')::integer, 'removed', 'item', i.value -> 'name', null
    from jsonb_array_elements(items) i
    where not (i.value ->> 'is_decided')::boolean and i.value -> 'match' = 'null'
  )
  select coalesce(jsonb_agg(
    jsonb_build_object('what', c.what, 'line_no', c.line_no, 'field', c.field, 'from', c.was, 'to', c.becomes)
    order by c.place, c.line_no, c.field
  ), '[]') into changes
  from change c where coalesce(c.was, 'null') <> coalesce(c.becomes, 'null');

  if (run.rules ->> 'applies')::boolean then
    update public.receipt_items i set model_versions = coalesce(i.model_versions, receipt.model_versions)
    where i.receipt_id = receipt.id and i.predicted_category_id is not null
      and exists (
        select from jsonb_array_elements(items) o
        where o.value ->> 'id' = i.id::text and (o.value ->> 'is_decided')::boolean
      );
    delete from public.receipt_items i
    where i.receipt_id = receipt.id
      and exists (
        select from jsonb_array_elements(items) o
        where o.value ->> 'id' = i.id::text and not (o.value ->> 'is_decided')::boolean
      );
    insert into public.receipt_items (
      id, receipt_id, line_no, raw_text, predicted_name, name, quantity, unit, unit_price, amount, discount, barcode,
      gtin14, kind, predicted_category_id, category_id, confidence, alternatives, decided_by, uncertain_fields,
      storage, purchased_on, expires_on, box, status
    )
    select n.id, receipt.id,
      -- A line number that an item has which stays: the next ones after all.
      case when kept.id is null then n.line_no
        else last.line_no + row_number() over (partition by kept.id is null order by n.line_no)
      end,
      n.raw_text, n.predicted_name, n.name, n.quantity, n.unit, n.unit_price, n.amount, n.discount, n.barcode,
      n.gtin14, n.kind, n.predicted_category_id, n.category_id, n.confidence, n.alternatives, n.decided_by,
      n.uncertain_fields, n.storage, n.purchased_on, n.expires_on, n.box, n.status
    from jsonb_populate_recordset(null::public.receipt_items, read_items) n
    left join public.receipt_items kept on kept.receipt_id = receipt.id and kept.line_no = n.line_no
    cross join (
      select greatest(
        (select coalesce(max((m.value ->> 'line_no')::integer), 0) from jsonb_array_elements(read_items) m),
        (select coalesce(max(i.line_no), 0) from public.receipt_items i where i.receipt_id = receipt.id)
      ) as line_no
    ) last;
    update public.receipts r
    set store_name = store, purchased_at = purchase_time, total = total_amount,
        currency = case when private.is_corrected(r.id, 'total') then r.currency
          else coalesce(result #>> '{receipt,currency}', 'KRW') end,
        raw_lines = result -> 'lines',
        warnings = case when corrected.is_corrected then r.warnings else result -> 'warnings' end,
        uncertain_fields = case when corrected.is_corrected then r.uncertain_fields
          else private.uncertain_fields_of_result(receipt, result) end,
        contract_version = result ->> 'contract_version', model_versions = result -> 'model_versions',
        timings = result -> 'timings_ms',
        version = r.version + (changes <> '[]')::integer
    from (
      -- Corrections have settled warnings and uncertain fields.
      select exists (select from public.receipt_feedback f where f.receipt_id = p_receipt_id)
        or exists (select from jsonb_array_elements(items) i where (i.value ->> 'is_decided')::boolean) as is_corrected
    ) corrected
    where r.id = receipt.id;
    if changes <> '[]' then
      perform private.compare_duplicates(receipt.id);
      perform private.request_products(receipt.id);
      perform private.note_printed_names(receipt.id);
    end if;
    insert into private.changed_receipts (receipt_id) values (receipt.id);
    update private.rereads x set models = receipt.model_versions
    where x.run_name = p_run and x.receipt_id = p_receipt_id;
  end if;
  return private.end_reread(
    p_run, p_receipt_id, case when changes = '[]' then 'same' else 'changed' end, null, changes
  );
exception when data_exception or integrity_constraint_violation then
  raise exception using
    errcode = 'invalid_parameter_value', message = 'The result does not match the contract: ' || sqlerrm;
end
$$;
comment on function public.store_reread(text, uuid, jsonb) is
  'Compares a new result of the OCR service (contract version 1.1) with a receipt of a run and, if the run applies '
  'changes, stores it where the user has decided nothing: fields of the receipt that were not corrected, and items '
  'that wait untouched. Items keep their ids if they are in the same place on the photo. Returns the outcome: same, '
  'changed, skipped; or other_models, if other models than those of the run have read, and then nothing is stored. '
  'Idempotent. '
  'A result that does not match the contract raises SQLSTATE 22023.';
revoke all on function public.store_reread(text, uuid, jsonb) from public, anon, authenticated;
grant execute on function public.store_reread(text, uuid, jsonb) to service_role;

create function public.reread_rules(p_run text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  run private.reread_runs;
begin
  select o.* into run from private.reread_runs o where o.name = p_run;
  if run.name is null then
    perform private.refuse(404, 'run_not_planned', 'The run has not been planned.');
  end if;
  return run.rules;
end
$$;
comment on function public.reread_rules(text) is 'The rules of a run. Errors by hint: run_not_planned.';
revoke all on function public.reread_rules(text) from public, anon, authenticated;
grant execute on function public.reread_rules(text) to service_role;

create function public.reread_outcomes(p_run text, p_after integer, p_limit integer)
returns table (place integer, state text, code text, store_kind text, items bigint, changes jsonb)
language sql stable security definer set search_path = ''
as $$
  select x.place, x.state, x.code, private.store_kind(r.store_name),
    (select count(*) from public.receipt_items i where i.receipt_id = r.id), x.changes
  from private.rereads x
  join public.receipts r on r.id = x.receipt_id
  where x.run_name = p_run and x.place > p_after
  order by x.place
  limit p_limit
$$;
comment on function public.reread_outcomes(text, integer, integer) is
  'The receipts of a run after a place, without users and ids, with the kind of their store and what changes.';
revoke all on function public.reread_outcomes(text, integer, integer) from public, anon, authenticated;
grant execute on function public.reread_outcomes(text, integer, integer) to service_role;
