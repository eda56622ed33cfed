-- Everything that monitoring reads from the database, in one call: counts and ages, without personal data.

create table private.api_answers (
  day date not null,
  function text not null check (function ~ '^[a-z_]{1,40}$'),
  status smallint not null check (status between 100 and 599),
  answers bigint not null check (answers >= 1),
  primary key (function, status, day)
);
comment on table private.api_answers is
  'Number of responses per function, HTTP status and day in Korea. Instances send their counts after a response is '
  'out, and keep them while the database is unavailable, so that outages are counted too. '
  'Without a policy: for services only.';
alter table private.api_answers enable row level security;

create function public.count_api_answers(p_answers jsonb) returns void
language sql security definer set search_path = ''
as $$
  insert into private.api_answers as a (day, function, status, answers)
  select private.korean_day(now()), c.function, c.status, c.answers
  from jsonb_to_recordset(private.json_argument(p_answers)) as c (function text, status smallint, answers bigint)
  order by c.function, c.status -- a fixed order prevents deadlocks
  on conflict (function, status, day) do update set answers = a.answers + excluded.answers
$$;
comment on function public.count_api_answers(jsonb) is
  'Adds responses to today''s counts: [{function, status, answers}].';
revoke all on function public.count_api_answers(jsonb) from public, anon, authenticated;
grant execute on function public.count_api_answers(jsonb) to service_role;

create function private.is_dead_letter(p_error_code text) returns boolean
language sql immutable set search_path = ''
as $$
  select p_error_code not in (
    'no_text', 'not_a_receipt', 'foreign_receipt', 'several_receipts', 'broken_image', 'unsupported_image',
    'too_large', 'photo_missing', 'photo_too_large', 'photo_type_mismatch', 'photo_replaced', 'rate_limited',
    'deleted'
  )
$$;
comment on function private.is_dead_letter(text) is
  'Whether a receipt that failed with this error code failed for a reason other than its photo or its user. '
  'infra/modules/monitoring/platform.tf lists the same codes.';
revoke all on function private.is_dead_letter(text) from public, anon, authenticated, service_role;

create function private.pipeline_figures(p_now timestamptz)
returns table (metric text, labels jsonb, value double precision)
language sql stable security definer set search_path = ''
as $$
  with open as materialized (
    select r.status, r.attempts, r.created_at,
      case r.status when 'queued' then r.next_attempt_at else r.lease_until end as due_at
    from public.receipts r
    where r.status in ('queued', 'processing')
  ), ended as materialized (
    select c.labels ->> 'state' as state, c.labels ->> 'attempts' as attempts, c.labels ->> 'code' as code,
      (c.labels ->> 'seconds')::double precision as seconds, sum(c.n) as receipts
    from private.counts c
    where c.metric = 'receipts_ended' and c.at > p_now - interval '24 hours'
    group by 1, 2, 3, 4
    having sum(c.n) > 0
  ), done as (
    select e.seconds, sum(e.receipts) over (order by e.seconds) as up_to, sum(e.receipts) over () as all_receipts
    from ended e where e.seconds is not null
  )
  select 'receipts_open', jsonb_build_object('state', s.state), (select count(*) from open where status = s.state)
  from unnest(array['queued', 'processing']) s (state)
  union all
  select 'oldest_open_receipt_seconds', '{}', coalesce(extract(epoch from p_now - min(created_at)), 0) from open
  union all
  select 'oldest_due_receipt_seconds', '{}', greatest(coalesce(extract(epoch from p_now - min(due_at)), 0), 0) from open
  union all
  select 'receipts_recent', jsonb_build_object('state', r.state, 'attempts', r.attempts), sum(r.receipts)
  from (
    select e.state, e.attempts, e.receipts from ended e
    union all
    select o.status, least(o.attempts, 9)::text, 1 from open o where o.created_at > p_now - interval '24 hours'
  ) r
  group by 2
  union all
  select 'receipts_failed_recent',
    jsonb_build_object('code', code, 'dead_letter', private.is_dead_letter(code)::text), sum(receipts)
  from ended where state = 'failed' group by 2
  union all
  select 'upload_to_done_seconds', jsonb_build_object('quantile', q.quantile::text),
    min(d.seconds) filter (where d.up_to >= q.quantile * d.all_receipts)
  from done d, unnest(array[0.5, 0.95]) q (quantile)
  group by q.quantile
$$;
comment on function private.pipeline_figures(timestamptz) is
  'Metrics of open receipts, and of receipts uploaded in the last 24 hours, the first hour in part.';
revoke all on function private.pipeline_figures(timestamptz) from public, anon, authenticated, service_role;

create function private.quality_figures(p_now timestamptz)
returns table (metric text, labels jsonb, value double precision)
language sql stable security definer set search_path = ''
as $$
  with spans as (
    select w.span, private.korean_midnight(private.korean_day(p_now) - w.days + 1) as since
    from (values ('7d', 7), ('28d', 28)) w (span, days)
  ), sums as materialized (
    select s.span, c.metric, c.labels, sum(c.n) as n
    from spans s
    join private.counts c on c.at >= s.since and c.metric in (
      'photos', 'photos_reviewed', 'right_items', 'photos_with_three_right_items', 'items', 'reviewed_items'
    )
    group by s.span, c.metric, c.labels
    having sum(c.n) > 0
  )
  select u.metric, u.labels || jsonb_build_object('window', u.span), sum(u.n)
  from (
    select s.span, s.metric, s.labels, s.n from sums s
    union all
    -- Zeros: a share of no photos is not the share of a missing metric.
    select s.span, z.metric, z.labels::jsonb, 0
    from spans s, (
      values ('photos', '{"result": "processed"}'), ('photos', '{"result": "failed"}'), ('photos_reviewed', '{}'),
        ('right_items', '{}'), ('photos_with_three_right_items', '{}')
    ) z (metric, labels)
  ) u
  group by u.span, u.metric, u.labels
$$;
comment on function private.quality_figures(timestamptz) is
  'Metrics of photos, line items and users'' reviews, by window of days in Korea.';
revoke all on function private.quality_figures(timestamptz) from public, anon, authenticated, service_role;

create function private.month_figures(p_now timestamptz)
returns table (metric text, labels jsonb, value double precision)
language sql stable security definer set search_path = ''
as $$
  select 'reviewed_items_by_month',
    jsonb_build_object('month', to_char(c.at at time zone 'Asia/Seoul', 'YYYY-MM'), 'result', c.labels -> 'result'),
    sum(c.n)
  from private.counts c
  where c.metric = 'reviewed_items' and c.at > p_now - interval '400 days'
  group by 2
  having sum(c.n) > 0
$$;
comment on function private.month_figures(timestamptz) is 'Metrics of reviewed line items by month of upload.';
revoke all on function private.month_figures(timestamptz) from public, anon, authenticated, service_role;

create function private.audit_figures(p_now timestamptz)
returns table (metric text, labels jsonb, value double precision)
language sql stable security definer set search_path = ''
as $$
  with audited as (
    select date_trunc('month', a.week)::date as month, count(*)::double precision as n,
      (count(*) filter (where a.predicted_code = a.category_code))::double precision as n_right
    from public.finished_audits a
    where a.is_random and a.week > private.korean_day(p_now) - 400
    group by 1
  ), measured as (
    select a.month, to_char(a.month, 'YYYY-MM') as name, a.n, a.n_right, a.n_right / a.n as share,
      -- Wilson's interval, of 95 %.
      (a.n_right / a.n + 1.92 / a.n) / (1 + 3.84 / a.n) as middle,
      1.96 * sqrt(a.n_right / a.n * (1 - a.n_right / a.n) / a.n + 0.96 / a.n ^ 2) / (1 + 3.84 / a.n) as width,
      (extract(year from age(a.month, first.month)) * 12 + extract(month from age(a.month, first.month))) as months
    from audited a, (select min(date_trunc('month', week)::date) as month from public.audit_items) first
  )
  select 'audited_items', jsonb_build_object('month', m.name, 'result', r.result), r.n
  from measured m cross join lateral (values ('right', m.n_right), ('wrong', m.n - m.n_right)) r (result, n)
  union all
  select 'audit_accuracy', jsonb_build_object('month', m.name, 'bound', b.bound), b.value
  from measured m
  cross join lateral (
    values ('low', m.middle - m.width), ('estimate', m.share), ('high', m.middle + m.width)
  ) b (bound, value)
  union all
  -- The product's goal: 80 % in the first month, two points more each month, at most 95 %.
  select 'audit_goal', jsonb_build_object('month', m.name), least(0.95, 0.80 + 0.02 * m.months) from measured m
$$;
comment on function private.audit_figures(timestamptz) is
  'Metrics of the accuracy of predictions by month, in the random audit samples that annotators have decided, with its '
  '95 % interval and the goal.';
revoke all on function private.audit_figures(timestamptz) from public, anon, authenticated, service_role;

create function private.change_figures(p_now timestamptz)
returns table (metric text, labels jsonb, value double precision)
language sql stable security definer set search_path = ''
as $$
  select f.metric, f.labels || jsonb_build_object('window', f.span),
    coalesce((
      select sum(c.n) from private.counts c
      where c.metric = 'changes' and c.at > p_now - f.length and c.labels = f.labels
    ), 0)
  from (
    select 'feedback' as metric, jsonb_build_object('kind', k.kind) as labels, w.span, w.length
    from (values ('1d', interval '1 day'), ('7d', interval '7 days')) w (span, length),
      unnest(array['correction', 'confirmation']) k (kind)
    union all
    select 'item_changes', jsonb_build_object('field', f.field), w.span, w.length
    from (values ('7d', interval '7 days'), ('28d', interval '28 days')) w (span, length),
      unnest(array['name', 'quantity', 'unit', 'storage', 'expires_on', 'dismissed']) f (field)
  ) f
$$;
comment on function private.change_figures(timestamptz) is
  'Metrics of users'' corrections and confirmations of categories, and of their changes to other fields.';
revoke all on function private.change_figures(timestamptz) from public, anon, authenticated, service_role;

create function private.service_figures(p_now timestamptz)
returns table (metric text, labels jsonb, value double precision)
language sql stable security definer set search_path = ''
as $$
  -- Includes zeros: a counter that appears only with its first error would hide that error from rate().
  select 'api_answers', jsonb_build_object('function', f.function, 'class', c.class),
    coalesce((
      select sum(a.answers) from private.api_answers a
      where a.function = f.function and a.status / 100 = left(c.class, 1)::integer
    ), 0)
  from (select distinct a.function from private.api_answers a) f,
    unnest(array['2xx', '4xx', '5xx']) c (class)
  union all
  select 'provider_outcomes', jsonb_build_object('provider', p.provider, 'outcome', o.outcome),
    coalesce((
      select sum(c.calls) from private.provider_outcomes c where c.provider = p.provider and c.outcome = o.outcome
    ), 0)
  from public.provider_states p,
    unnest(array['hit', 'miss', 'closed', 'quota', 'auth', 'transient', 'invalid', 'skipped']) o (outcome)
  union all
  select 'provider_held_back',
    jsonb_build_object('provider', s.provider, 'reason', case when now.is_held then s.reason else 'none' end),
    now.is_held::integer
  from public.provider_states s cross join lateral (select coalesce(s.refuse_until > p_now, false) as is_held) now
  union all
  select 'provider_calls', jsonb_build_object('provider', q.provider, 'period', q.period), max(q.used)
  from public.provider_quota q
  where q.window_start <= p_now and q.window_start > p_now - ('1 ' || q.period)::interval
  group by 2
  union all
  select 'barcode_lookups_waiting', '{}', count(*) from public.product_lookups
  union all
  select 'oldest_barcode_lookup_seconds', '{}',
    greatest(coalesce(extract(epoch from p_now - min(l.next_attempt_at)), 0), 0)
  from public.product_lookups l
  union all
  select 'product_index_age_seconds', jsonb_build_object('source', l.source), extract(epoch from p_now - l.finished_at)
  from public.product_bulk_loads l where l.finished_at is not null
  union all
  select 'product_index_set_aside', jsonb_build_object('source', l.source), l.set_aside
  from public.product_bulk_loads l
  union all
  select 'product_names_reported', '{}', (select count(distinct r.gtin14) from private.name_reports r)
$$;
comment on function private.service_figures(timestamptz) is
  'Metrics of the functions'' responses and of product providers.';
revoke all on function private.service_figures(timestamptz) from public, anon, authenticated, service_role;

create function private.lock_figures()
returns table (metric text, labels jsonb, value double precision)
language sql volatile security definer set search_path = ''
as $$
  select 'oldest_table_lock_seconds', '{}'::jsonb,
    coalesce(max(extract(epoch from clock_timestamp() - a.xact_start)), 0)::double precision
  from pg_catalog.pg_locks l
  join pg_catalog.pg_class c on c.oid = l.relation
  join pg_catalog.pg_stat_activity a on a.pid = l.pid
  where l.granted
    and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
    and c.relkind in ('r', 'p')
    and c.relnamespace::regnamespace::text in ('public', 'private', 'storage', 'net')
$$;
comment on function private.lock_figures() is
  'Age of the oldest transaction that holds a lock on a table against writes, such as a migration. Uploads wait a second '
  'for it, are noted, and get their receipts when it ends.';
revoke all on function private.lock_figures() from public, anon, authenticated, service_role;

create function private.account_figures(p_now timestamptz)
returns table (metric text, labels jsonb, value double precision)
language sql stable security definer set search_path = ''
as $$
  select 'account_deletion_oldest_seconds', '{}'::jsonb,
    greatest(coalesce(extract(epoch from p_now - min(d.requested_at)), 0), 0)
  from public.account_deletions d
  union all
  select 'deletions_set_aside', '{}', (select count(*) from private.deletions_set_aside)
$$;
comment on function private.account_figures(timestamptz) is
  'Metrics of accounts that are waiting for their deletion, and of receipts whose deletion fails.';
revoke all on function private.account_figures(timestamptz) from public, anon, authenticated, service_role;

create function private.use_figures(p_now timestamptz)
returns table (metric text, labels jsonb, value double precision)
language sql stable security definer set search_path = ''
as $$
  select f.metric, jsonb_build_object('action', a.action), f.value
  from unnest(array['receipts', 'stored_bytes', 'barcode_lookups']) a (action)
  cross join lateral (
    select coalesce(sum(u.used), 0) as total, coalesce(max(u.used), 0) as largest
    from private.daily_use u
    where u.action = a.action and u.day = private.korean_day(p_now)
  ) today
  cross join lateral (
    values ('daily_use', today.total), ('daily_use_of_largest_user', today.largest)
  ) f (metric, value)
$$;
comment on function private.use_figures(timestamptz) is
  'Metrics of the daily quotas: what all users used today, and what the user with the largest use did.';
revoke all on function private.use_figures(timestamptz) from public, anon, authenticated, service_role;

create function private.drift_figures(p_reference jsonb, p_now timestamptz)
returns table (metric text, labels jsonb, value double precision)
language sql stable security definer set search_path = ''
as $$
  with item as materialized (
    select c.code, i.confidence, char_length(i.predicted_name) as length,
      char_length(regexp_replace(i.predicted_name, '[가-힣]', '', 'g')) as without_syllables,
      char_length(regexp_replace(i.predicted_name, training.pattern, '', 'g')) as without_known
    from (
      select r.id from public.receipts r
      where r.created_at > p_now - interval '7 days' and r.status = 'done'
      order by r.created_at desc
      limit 500
    ) latest
    join public.receipt_items i on i.receipt_id = latest.id
    join public.categories c on c.id = i.predicted_category_id
    cross join (select '[' || (p_reference ->> 'syllables') || ']' as pattern) training
  ), edges as materialized (
    select e.feature, array(select x::double precision from jsonb_array_elements_text(e.edges) x) as edges
    from jsonb_each(p_reference -> 'edges') e (feature, edges)
  ), feature as (
    select 'category' as feature, code as bucket from item
    union all
    select e.feature, width_bucket(v.value, e.edges)::text
    from item
    cross join lateral (
      values
        ('confidence', confidence::double precision),
        ('name_length', length::double precision),
        (
          'unknown_syllables',
          (without_known - without_syllables)::double precision / nullif(length - without_syllables, 0)
        )
    ) v (feature, value)
    join edges e using (feature)
    where v.value is not null
  )
  select 'drift', jsonb_build_object('feature', feature, 'bucket', bucket), count(*) from feature group by 2
$$;
comment on function private.drift_figures(jsonb, timestamptz) is
  'Histogram of the line items of up to 500 receipts of the last week, in the buckets of the training distribution '
  'p_reference: {syllables, edges: {feature: [lower bounds]}}. A bucket is a category, or the number of bounds that '
  'the value reaches.';
revoke all on function private.drift_figures(jsonb, timestamptz) from public, anon, authenticated, service_role;

create function private.monitoring_snapshot(p_reference jsonb, p_now timestamptz default now())
returns table (metric text, labels jsonb, value double precision)
language plpgsql stable security definer set search_path = ''
as $$
begin
  return query
    select * from private.pipeline_figures(p_now)
    union all
    select * from private.quality_figures(p_now)
    union all
    select * from private.change_figures(p_now)
    union all
    select * from private.service_figures(p_now)
    union all
    select * from private.account_figures(p_now)
    union all
    select * from private.lock_figures()
    union all
    select c.metric, c.labels, c.value from private.cached_figures c
    union all
    select * from private.drift_figures(p_reference, p_now);
end
$$;
comment on function private.monitoring_snapshot(jsonb, timestamptz) is
  'All metrics that the exporter reads. It writes nothing, so it also works on a read replica. Not exposed by the Data '
  'API; grant it to the role that the exporter connects as.';
revoke all on function private.monitoring_snapshot(jsonb, timestamptz) from public, anon, authenticated, service_role;
