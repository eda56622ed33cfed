-- Calls to product providers, counted and limited across all instances: quotas, concurrency and a circuit breaker per
-- provider.

create table public.provider_quota (
  provider text not null check (length(provider) <= 200),
  period text not null check (period in ('minute', 'hour', 'day')),
  window_start timestamptz not null,
  used integer not null default 0 check (used >= 0),
  primary key (provider, period, window_start)
);
comment on table public.provider_quota is 'Number of calls per product provider and quota window. '
  'Without a policy: for services only.';
alter table public.provider_quota enable row level security;
revoke all on public.provider_quota from anon, authenticated;
grant all on public.provider_quota to service_role;

create table public.provider_states (
  provider text primary key check (length(provider) <= 200),
  failures integer not null default 0 check (failures >= 0),
  refuse_until timestamptz,
  reason text check (length(reason) <= 200),
  busy_until timestamptz,
  check ((refuse_until is null) = (reason is null))
);
comment on table public.provider_states is 'State of each provider: whether it may be called now. '
  'Without a policy: for services only.';
comment on column public.provider_states.failures is 'Number of consecutive failed calls.';
comment on column public.provider_states.reason is
  'Why the provider is not called: breaker (it keeps failing), closed (outside its hours), quota (it reported its '
  'quota as used up), auth (it rejects our key), probe (one trial call is running).';
comment on column public.provider_states.busy_until is
  'End of the current call to a provider that accepts one call at a time.';
alter table public.provider_states enable row level security;
revoke all on public.provider_states from anon, authenticated;
grant all on public.provider_states to service_role;

create table private.provider_outcomes (
  day date not null,
  provider text not null check (length(provider) <= 200),
  outcome text not null check (length(outcome) <= 200),
  calls bigint not null check (calls >= 1),
  primary key (provider, outcome, day)
);
comment on table private.provider_outcomes is
  'Number of calls per provider and outcome (hit, miss, closed, quota, auth, transient, invalid, skipped). Days in '
  'Korea. '
  'Without a policy: for services only.';
alter table private.provider_outcomes enable row level security;

create function public.take_provider_calls(p_wants jsonb, p_now timestamptz) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  want record;
  state public.provider_states;
  quota_resets_at timestamptz;
  answers jsonb := jsonb_build_object();
begin
  for want in
    select * from jsonb_to_recordset(private.json_argument(p_wants)) as w (
      provider text, calls integer, one_at_a_time boolean, hold_seconds double precision, threshold integer,
      windows jsonb
    )
    order by provider -- a fixed order prevents deadlocks
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

    select max(w.ends) into quota_resets_at
    from jsonb_to_recordset(want.windows) as w (period text, starts timestamptz, ends timestamptz, "limit" integer)
    left join public.provider_quota q
      on q.provider = want.provider and q.period = w.period and q.window_start = w.starts
    where coalesce(q.used, 0) + want.calls > w."limit";
    if quota_resets_at is not null then
      answers := answers || jsonb_build_object(
        want.provider, jsonb_build_object('reason', 'quota', 'until', quota_resets_at));
      continue;
    end if;
    insert into public.provider_quota as q (provider, period, window_start, used)
    select want.provider, w.period, w.starts, want.calls
    from jsonb_to_recordset(want.windows) as w (period text, starts timestamptz)
    on conflict (provider, period, window_start) do update set used = q.used + excluded.used;
    delete from public.provider_quota q where q.provider = want.provider and q.window_start < p_now - interval '2 days';

    update public.provider_states s
    set busy_until = case when want.one_at_a_time then p_now + make_interval(secs => want.hold_seconds) end,
        -- The breaker was open until now: allow one trial call while the others wait.
        refuse_until = case when s.failures >= want.threshold then p_now + make_interval(secs => want.hold_seconds) end,
        reason = case when s.failures >= want.threshold then 'probe' end
    where s.provider = want.provider;
    answers := answers || jsonb_build_object(want.provider, null);
  end loop;
  return answers;
end
$$;
comment on function public.take_provider_calls(jsonb, timestamptz) is
  'Reserves calls. Returns per provider null, if it may be called, or {reason, until} with the reason breaker, '
  'closed, quota, auth, probe or busy.';
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
      provider text, outcome text, unused integer, windows jsonb, healthy boolean, threshold integer,
      pause_seconds double precision, refuse_until timestamptz, reason text
    )
    order by provider
  loop
    update public.provider_states s
    set busy_until = null,
        failures = case report.healthy when true then 0 when false then s.failures + 1 else s.failures end,
        refuse_until = case
          when report.refuse_until is not null then report.refuse_until
          when report.healthy is null then s.refuse_until -- what another call was told still holds
          when not report.healthy and s.failures + 1 >= report.threshold
            then p_now + make_interval(secs => least(
              600, report.pause_seconds * 2 ^ least(s.failures + 1 - report.threshold, 10)
            ))
        end,
        reason = case
          when report.refuse_until is not null then report.reason
          when report.healthy is null then s.reason
          when not report.healthy and s.failures + 1 >= report.threshold then 'breaker'
        end
    where s.provider = report.provider;
    update public.provider_quota q
    set used = greatest(0, q.used - report.unused)
    from jsonb_to_recordset(report.windows) as w (period text, starts timestamptz)
    where q.provider = report.provider and q.period = w.period and q.window_start = w.starts;
    insert into private.provider_outcomes as o (day, provider, outcome, calls)
    select private.korean_day(p_now), report.provider, report.outcome, 1
    where report.outcome is not null
    on conflict (provider, outcome, day) do update set calls = o.calls + 1;
  end loop;
end
$$;
comment on function private.settle_provider_calls(jsonb, timestamptz) is
  'Settles reserved calls: counts each outcome, returns unused calls to the quota, opens the breaker after '
  'consecutive failures, and pauses a provider until the time it reported. healthy is null if the call says nothing '
  'about the provider''s health.';
revoke all on function private.settle_provider_calls(jsonb, timestamptz) from public, anon, authenticated;
