-- Calls to product providers, counted and held back across all instances: quotas, concurrency and a breaker for each.

alter table public.provider_quota
  add column period text not null check (period in ('minute', 'hour', 'day')),
  drop constraint provider_quota_pkey,
  add primary key (provider, period, window_start);

create table public.provider_states (
  provider text primary key,
  failures integer not null default 0 check (failures >= 0),
  refuse_until timestamptz,
  reason text,
  busy_until timestamptz,
  check ((refuse_until is null) = (reason is null))
);
comment on table public.provider_states is 'Whether a provider may be called.';
comment on column public.provider_states.failures is 'How many calls in a row failed.';
comment on column public.provider_states.reason is
  'Why it is not called: breaker (it fails), closed, quota (it said so), auth (it refuses our key), probe (one call tries it out).';
comment on column public.provider_states.busy_until is 'A call under way to a provider that takes one at a time.';
alter table public.provider_states enable row level security;
revoke all on public.provider_states from anon, authenticated;
grant all on public.provider_states to service_role;

create function public.take_provider_calls(p_wants jsonb, p_now timestamptz) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  want record;
  state public.provider_states;
  full_until timestamptz;
  answers jsonb := '{}';
begin
  for want in
    select * from jsonb_to_recordset(private.json_argument(p_wants)) as w (
      provider text, calls integer, one_at_a_time boolean, hold_seconds double precision, threshold integer, windows jsonb
    )
    order by provider -- always the same order, so that nobody waits for each other in a circle
  loop
    insert into public.provider_states (provider) values (want.provider) on conflict (provider) do nothing;
    select * into state from public.provider_states s where s.provider = want.provider for update;
    if state.refuse_until > p_now then
      answers := answers || jsonb_build_object(
        want.provider, jsonb_build_object('reason', state.reason, 'until', state.refuse_until));
      continue;
    elsif want.one_at_a_time and state.busy_until > p_now then
      answers := answers || jsonb_build_object(
        want.provider, jsonb_build_object('reason', 'busy', 'until', state.busy_until));
      continue;
    end if;

    select max(w.ends) into full_until
    from jsonb_to_recordset(want.windows) as w (period text, starts timestamptz, ends timestamptz, "limit" integer)
    left join public.provider_quota q
      on q.provider = want.provider and q.period = w.period and q.window_start = w.starts
    where coalesce(q.used, 0) + want.calls > w."limit";
    if full_until is not null then
      answers := answers || jsonb_build_object(
        want.provider, jsonb_build_object('reason', 'quota', 'until', full_until));
      continue;
    end if;
    insert into public.provider_quota as q (provider, period, window_start, used)
    select want.provider, w.period, w.starts, want.calls
    from jsonb_to_recordset(want.windows) as w (period text, starts timestamptz)
    on conflict (provider, period, window_start) do update set used = q.used + excluded.used;
    delete from public.provider_quota q where q.provider = want.provider and q.window_start < p_now - interval '2 days';

    update public.provider_states s
    set busy_until = case when want.one_at_a_time then p_now + make_interval(secs => want.hold_seconds) end,
        -- It failed until now: one call tries it out while the others wait.
        refuse_until = case when s.failures >= want.threshold then p_now + make_interval(secs => want.hold_seconds) end,
        reason = case when s.failures >= want.threshold then 'probe' end
    where s.provider = want.provider;
    answers := answers || jsonb_build_object(want.provider, null);
  end loop;
  return answers;
end
$$;
comment on function public.take_provider_calls(jsonb, timestamptz) is
  'Reserves calls. Answers for each provider null, which is leave to call, or {reason, until}: breaker, closed, quota, auth, probe, busy.';
revoke all on function public.take_provider_calls(jsonb, timestamptz) from public, anon, authenticated;
grant execute on function public.take_provider_calls(jsonb, timestamptz) to service_role;

create function private.settle_provider_calls(p_reports jsonb, p_now timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  report record;
begin
  for report in
    select * from jsonb_to_recordset(p_reports) as r (
      provider text, unused integer, windows jsonb, healthy boolean, threshold integer, pause_seconds double precision,
      refuse_until timestamptz, reason text
    )
    order by provider
  loop
    update public.provider_states s
    set busy_until = null,
        failures = case report.healthy when true then 0 when false then s.failures + 1 else s.failures end,
        refuse_until = case
          when report.refuse_until is not null then report.refuse_until
          when not report.healthy and s.failures + 1 >= report.threshold
            then p_now + make_interval(secs => least(600, report.pause_seconds * 2 ^ least(s.failures + 1 - report.threshold, 10)))
        end,
        reason = case
          when report.refuse_until is not null then report.reason
          when not report.healthy and s.failures + 1 >= report.threshold then 'breaker'
        end
    where s.provider = report.provider;
    update public.provider_quota q
    set used = greatest(0, q.used - report.unused)
    from jsonb_to_recordset(report.windows) as w (period text, starts timestamptz)
    where q.provider = report.provider and q.period = w.period and q.window_start = w.starts;
  end loop;
end
$$;
comment on function private.settle_provider_calls(jsonb, timestamptz) is
  'What became of reserved calls: unused ones are given back, failures in a row open the breaker, and a provider that says until when it refuses is left alone until then. healthy null: nothing was learnt.';
revoke all on function private.settle_provider_calls(jsonb, timestamptz) from public, anon, authenticated;

create function public.finish_product_lookup(p_gtin14 text, p_lease_token uuid, p_now timestamptz, p_result jsonb)
returns text
language plpgsql security definer set search_path = ''
as $$
declare
  result constant jsonb := private.json_argument(p_result);
  outcome constant text := result ->> 'outcome';
  mine boolean;
begin
  perform private.settle_provider_calls(result -> 'reports', p_now);
  select lease_token = p_lease_token into mine
  from public.product_lookups where gtin14 = p_gtin14 for update;

  if outcome = 'found' then -- true whoever holds the lease by now
    insert into public.products (
      gtin14, name, brand, category_id, quantity_text, image_url, source, source_payload, fetched_at, expires_at,
      confidence
    )
    select
      p_gtin14, p.name, p.brand, c.id, p.quantity_text, p.image_url, p.source, p.payload, p_now, p.expires_at,
      p.confidence
    from jsonb_to_record(result -> 'product') as p (
      name text, brand text, category text, quantity_text text, image_url text, source text, payload jsonb,
      expires_at timestamptz, confidence real
    )
    left join public.categories c on c.code = p.category
    on conflict (gtin14) do update
    set name = excluded.name, brand = excluded.brand, category_id = excluded.category_id,
        quantity_text = excluded.quantity_text, image_url = excluded.image_url, source = excluded.source,
        source_payload = excluded.source_payload, fetched_at = excluded.fetched_at,
        expires_at = excluded.expires_at, confidence = excluded.confidence;
    delete from public.product_misses where gtin14 = p_gtin14;
    delete from public.product_lookups where gtin14 = p_gtin14;
    return 'stored';
  elsif mine is distinct from true then
    return 'stale';
  elsif outcome = 'not_found' then
    -- What providers knew once, or users told us, is kept though nobody knows it now.
    update public.products
    set expires_at = p_now + make_interval(secs => (result ->> 'keep_seconds')::double precision)
    where gtin14 = p_gtin14;
    if not found then
      insert into public.product_misses as m (gtin14, checked_at, retry_after)
      values (p_gtin14, p_now, p_now + make_interval(secs => (result ->> 'miss_seconds')::double precision))
      on conflict (gtin14) do update
      set times = m.times + 1, checked_at = excluded.checked_at,
          retry_after = p_now + make_interval(secs => least(
            (result ->> 'longest_miss_seconds')::double precision,
            (result ->> 'miss_seconds')::double precision * 2 ^ least(m.times, 20)
          ));
    end if;
    delete from public.product_lookups where gtin14 = p_gtin14;
    return 'stored';
  end if;
  -- Incomplete. What nobody could say in two weeks is asked for anew or not at all.
  delete from public.product_lookups where gtin14 = p_gtin14 and requested_at < p_now - interval '14 days';
  update public.product_lookups
  set lease_until = null, lease_token = null, attempts = attempts + 1, tried = result -> 'tried',
      retry_at = p_now + make_interval(secs => (result ->> 'failure_seconds')::double precision),
      next_attempt_at = greatest(
        (result ->> 'not_before')::timestamptz,
        p_now + make_interval(secs => least(
          21600, (result ->> 'failure_seconds')::double precision * 2 ^ least(attempts, 10)
        ))
      )
  where gtin14 = p_gtin14;
  return 'queued';
end
$$;
comment on function public.finish_product_lookup(text, uuid, timestamptz, jsonb) is
  'Stores what providers said: {outcome: found, product} | {outcome: not_found, miss_seconds, longest_miss_seconds, keep_seconds} | {outcome: incomplete, tried, failure_seconds, not_before}, each with reports for the providers'' states. Returns stored, queued (for the sweep), or stale: somebody else has the lease.';
revoke all on function public.finish_product_lookup(text, uuid, timestamptz, jsonb) from public, anon, authenticated;
grant execute on function public.finish_product_lookup(text, uuid, timestamptz, jsonb) to service_role;
