-- Counts of what happens to receipts: how well they are read, how fast, and what users change. They are kept up to date
-- with each change, so that reading them takes the same time at any number of receipts. The counts contain no user and
-- stay when an account is deleted.
--
-- A change of a receipt only notes its id. The sweep then counts the noted receipts anew: what each counted for before
-- is taken back, and what it counts for now is added.

create function private.is_canary(p_object_path text) returns boolean
language sql immutable set search_path = ''
as $$
  select p_object_path ~ '^[^/]+/canary-[0-9a-f]+\.jpg$'
$$;
comment on function private.is_canary(text) is
  'Whether a photo was uploaded by the canary, which tries the whole pipeline at intervals. Its receipts do not count as '
  'users'' receipts. A user who names a photo so only hides it from the statistics.';
revoke all on function private.is_canary(text) from public, anon, authenticated, service_role;

create table private.counts (
  metric text not null check (length(metric) <= 60),
  at timestamptz not null,
  labels jsonb not null check (octet_length(labels::text) <= 2000),
  n bigint not null,
  primary key (metric, at, labels)
);
comment on table private.counts is
  'Sums over all receipts of what private.facts_of says of each. at is the start of the day in Korea on which the photo '
  'was uploaded; of the hour, for receipts_ended (upload) and changes (of the change). '
  'Without a policy: for services only.';
alter table private.counts enable row level security;

create table private.receipt_facts (
  receipt_id uuid primary key references public.receipts (id) on delete cascade,
  day date not null,
  facts jsonb not null check (octet_length(facts::text) <= 1000000)
);
comment on table private.receipt_facts is
  'What a receipt counts for in private.counts, as [[metric, at, labels, n], ...]. Deleted after 60 days: later changes '
  'of the receipt are not counted any more. Without a policy: for services only.';
create index receipt_facts_day on private.receipt_facts (day);
alter table private.receipt_facts enable row level security;

-- Not unique, so that noting a change does not wait for another one.
create table private.changed_receipts (
  id bigint generated always as identity primary key,
  receipt_id uuid not null references public.receipts (id) on delete cascade
);
create index changed_receipts_receipt_id on private.changed_receipts (receipt_id);
comment on table private.changed_receipts is 'Receipts that have changed since they were counted. '
  'Without a policy: for services only.';
alter table private.changed_receipts enable row level security;

create table private.cached_figures (
  metric text not null check (length(metric) <= 60),
  labels jsonb not null check (octet_length(labels::text) <= 2000),
  value double precision not null,
  made_at timestamptz not null,
  primary key (metric, labels)
);
comment on table private.cached_figures is 'Metrics that take long to compute and are refreshed every few minutes. '
  'Without a policy: for services only.';
alter table private.cached_figures enable row level security;

create function private.note_changed_receipts() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_table_name = 'receipts' then
    insert into private.changed_receipts (receipt_id) values (new.id);
  elsif tg_table_name = 'receipt_items' then
    -- Items of a receipt that is being deleted change if it was joined: they lose their other photo.
    insert into private.changed_receipts (receipt_id)
    select distinct r.id from changed c join public.receipts r on r.id = c.receipt_id;
  else
    insert into private.changed_receipts (receipt_id)
    select distinct r.id
    from changed c
    join public.receipt_items i on i.id = c.receipt_item_id
    join public.receipts r on r.id = i.receipt_id;
  end if;
  return null;
end
$$;
comment on function private.note_changed_receipts() is 'Notes receipts whose counts may have changed.';
revoke all on function private.note_changed_receipts() from public, anon, authenticated, service_role;

create trigger note_new_ended_receipts after insert on public.receipts
  for each row when (new.status in ('done', 'failed')) execute function private.note_changed_receipts();
create trigger note_ended_receipts after update on public.receipts
  for each row when (
    old.status is distinct from new.status and (old.status in ('done', 'failed') or new.status in ('done', 'failed'))
  )
  execute function private.note_changed_receipts();
create trigger note_reviewed_items after update on public.receipt_items
  referencing new table as changed for each statement execute function private.note_changed_receipts();
create trigger note_new_category_feedback after insert on public.user_category_feedback
  referencing new table as changed for each statement execute function private.note_changed_receipts();
create trigger note_changed_category_feedback after update on public.user_category_feedback
  referencing new table as changed for each statement execute function private.note_changed_receipts();
create trigger note_item_feedback after insert on public.item_feedback
  referencing new table as changed for each statement execute function private.note_changed_receipts();

create function private.korean_midnight(p_day date) returns timestamptz
language sql immutable set search_path = ''
as $$
  select p_day::timestamp at time zone 'Asia/Seoul'
$$;
comment on function private.korean_midnight(date) is 'When a day begins in Korea.';
revoke all on function private.korean_midnight(date) from public, anon, authenticated, service_role;

create function private.facts_of(p_receipt_ids uuid[])
returns table (receipt_id uuid, metric text, at timestamptz, labels jsonb, n bigint)
language sql stable set search_path = ''
as $$
  with receipt as materialized (
    select r.id, r.status, r.attempts, coalesce(r.error_code, '') as code, r.created_at,
      private.korean_midnight(private.korean_day(r.created_at)) as day,
      extract(epoch from r.processed_at - r.created_at) as seconds,
      coalesce(r.model_versions ->> 'category', '') as model_version
    from public.receipts r
    where r.id = any (p_receipt_ids) and r.status in ('done', 'failed')
      and coalesce(r.error_code, '') not in ('photo_replaced', 'deleted') and not private.is_canary(r.object_path)
  ), item as materialized (
    select r.id as receipt_id, r.day, coalesce(i.model_versions ->> 'category', r.model_version) as model_version,
      c.code as category, i.status,
      i.status = 'added'
        and (i.decided_by <> 'user' or (i.name, i.category_id) = (i.predicted_name, i.predicted_category_id))
        and not exists (
          select from public.item_feedback renamed where renamed.receipt_item_id = i.id and renamed.field = 'name'
        ) as is_right,
      case
        when i.status <> 'added' and f.id is null then null
        when i.category_id = i.predicted_category_id then 'right'
        when f.id is null then 'known'
        else 'corrected'
      end as result
    from receipt r
    join public.receipt_items i on i.receipt_id = r.id
    join public.categories c on c.id = i.predicted_category_id
    left join public.user_category_feedback f on f.receipt_item_id = i.id
  ), photo as (
    select r.id as receipt_id, r.day, coalesce(bool_or(i.status <> 'pending'), false) as is_reviewed,
      count(*) filter (where i.is_right) as right_items
    from receipt r left join item i on i.receipt_id = r.id
    group by r.id, r.day
  )
  select id, 'photos', day,
    jsonb_build_object('result', case status when 'done' then 'processed' else 'failed' end), 1
  from receipt
  union all
  select id, 'receipts_ended', date_trunc('hour', created_at),
    jsonb_build_object(
      'state', status, 'attempts', least(attempts, 9)::text, 'code', case status when 'failed' then code else '' end,
      -- Two digits are precise enough for percentiles, and few enough to be summed.
      'seconds', case
        when status = 'done' then
          round(greatest(seconds, 0.01)::numeric, 1 - floor(log(greatest(seconds, 0.01)::numeric))::integer)
      end
    ), 1
  from receipt
  union all
  select receipt_id, 'photos_reviewed', day, '{}', 1 from photo where is_reviewed
  union all
  select receipt_id, 'right_items', day, '{}', right_items from photo where is_reviewed and right_items > 0
  union all
  select receipt_id, 'photos_with_three_right_items', day, '{}', 1 from photo where is_reviewed and right_items >= 3
  union all
  select receipt_id, 'items', day, jsonb_build_object('model_version', model_version, 'category', category), count(*)
  from item group by receipt_id, day, model_version, category
  union all
  select receipt_id, 'reviewed_items', day,
    jsonb_build_object('model_version', model_version, 'category', category, 'result', result), count(*)
  from item where result is not null group by receipt_id, day, model_version, category, result
  union all
  select i.receipt_id, 'changes', date_trunc('hour', f.created_at),
    jsonb_build_object(
      'kind',
      case when f.predicted_category_id = f.corrected_category_id then 'confirmation' else 'correction' end
    ), count(*)
  from receipt r
  join public.receipt_items i on i.receipt_id = r.id
  join public.user_category_feedback f on f.receipt_item_id = i.id
  group by 1, 3, 4
  union all
  select i.receipt_id, 'changes', date_trunc('hour', f.created_at), jsonb_build_object('field', f.field), count(*)
  from receipt r
  join public.receipt_items i on i.receipt_id = r.id
  join public.item_feedback f on f.receipt_item_id = i.id
  group by 1, 3, 4
$$;
comment on function private.facts_of(uuid[]) is
  'What receipts count for. Replaced and deleted photos and the canary''s count for nothing. A line item is reviewed if the user '
  'added it or changed its category. right: the user kept the prediction; known: the user''s alias or the product of '
  'the barcode replaced it, and the user kept that; corrected: the user chose another category.';
revoke all on function private.facts_of(uuid[]) from public, anon, authenticated, service_role;

create function public.count_receipts(p_limit integer default 1000) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  noted integer;
begin
  -- Counting twice at once would take back old counts twice.
  if not pg_try_advisory_xact_lock(hashtextextended('public.count_receipts', 0)) then
    return 0;
  end if;
  with batch as (
    delete from private.changed_receipts c
    where c.id in (select b.id from private.changed_receipts b order by b.id limit p_limit)
    returning c.receipt_id
  ), receipt as materialized (
    select r.id, private.korean_day(r.created_at) as day
    from public.receipts r
    left join private.receipt_facts f on f.receipt_id = r.id
    where r.id in (select b.receipt_id from batch b)
      and (f.receipt_id is not null or r.created_at > now() - interval '60 days')
  ), fact as materialized (
    select f.* from private.facts_of(array(select r.id from receipt r)) f
  ), difference as (
    select d.metric, d.at, d.labels, sum(d.n)::bigint as n
    from (
      select f.metric, f.at, f.labels, f.n from fact f
      union all
      select x.fact ->> 0, (x.fact ->> 1)::timestamptz, x.fact -> 2, -(x.fact ->> 3)::bigint
      from receipt r
      join private.receipt_facts s on s.receipt_id = r.id
      cross join lateral jsonb_array_elements(s.facts) x (fact)
    ) d
    group by d.metric, d.at, d.labels
    having sum(d.n) <> 0
  ), counted as (
    insert into private.counts as c (metric, at, labels, n)
    select d.metric, d.at, d.labels, d.n from difference d
    on conflict (metric, at, labels) do update set n = c.n + excluded.n
    returning 1
  ), kept as (
    insert into private.receipt_facts as s (receipt_id, day, facts)
    select r.id, r.day, coalesce(f.facts, '[]')
    from receipt r
    left join (
      select a.receipt_id, jsonb_agg(jsonb_build_array(a.metric, a.at, a.labels, a.n)) as facts
      from fact a group by a.receipt_id
    ) f on f.receipt_id = r.id
    on conflict (receipt_id) do update set facts = excluded.facts
    returning 1
  )
  select count(*)::integer into noted from batch, (select count(*) from counted) c, (select count(*) from kept) k;

  delete from private.receipt_facts f
  where f.receipt_id in (
    select o.receipt_id from private.receipt_facts o where o.day < private.today() - 60 order by o.day limit p_limit
  );
  delete from private.receipt_attempts a
  where a.id in (
    select o.id from private.receipt_attempts o where o.started_at < now() - interval '30 days'
    order by o.started_at limit p_limit
  );
  delete from private.counts c
  where (c.metric = 'receipts_ended' and c.at < now() - interval '3 days')
    or (c.metric = 'changes' and c.at < now() - interval '40 days');
  if not exists (select from private.cached_figures f where f.made_at > now() - interval '5 minutes') then
    -- The condition is true for every row: the Data API's connections refuse a DELETE without one (safeupdate).
    delete from private.cached_figures f where f.made_at <= now();
    insert into private.cached_figures (metric, labels, value, made_at)
    select u.metric, u.labels, u.value, now()
    from (
      select * from private.use_figures(now())
      union all
      select * from private.month_figures(now())
      union all
      select * from private.audit_figures(now())
      union all
      select * from private.reading_figures(now())
    ) u;
  end if;
  return noted;
end
$$;
comment on function public.count_receipts(integer) is
  'Counts the receipts that have changed, up to p_limit changes, and forgets what receipts of more than 60 days ago '
  'counted for, and attempts of more than 30 days ago. Refreshes private.cached_figures every five minutes. Returns the number of changes; 0 also if another call is counting.';
revoke all on function public.count_receipts(integer) from public, anon, authenticated;
grant execute on function public.count_receipts(integer) to service_role;
