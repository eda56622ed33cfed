-- Calls to product providers, counted and limited across all instances: quotas, concurrency and a circuit breaker per
-- provider.

create table public.provider_quota (
  provider text not null,
  period text not null check (period in ('minute', 'hour', 'day')),
  window_start timestamptz not null,
  used integer not null default 0 check (used >= 0),
  primary key (provider, period, window_start)
);
comment on table public.provider_quota is 'Calls made to each product provider in each of its quota windows.';
alter table public.provider_quota enable row level security;
revoke all on public.provider_quota from anon, authenticated;
grant all on public.provider_quota to service_role;

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

create table private.provider_outcomes (
  day date not null,
  provider text not null,
  outcome text not null,
  calls bigint not null check (calls >= 1),
  primary key (provider, outcome, day)
);
comment on table private.provider_outcomes is
  'How often asking a provider ended how (hit, miss, closed, quota, auth, transient, invalid, skipped). Days are Korea''s.';
alter table private.provider_outcomes enable row level security;

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
    insert into private.provider_outcomes as known (day, provider, outcome, calls)
    select (p_now at time zone 'Asia/Seoul')::date, report.provider, report.outcome, 1
    where report.outcome is not null
    on conflict (provider, outcome, day) do update set calls = known.calls + 1;
  end loop;
end
$$;
comment on function private.settle_provider_calls(jsonb, timestamptz) is
  'What became of reserved calls: each outcome is counted, unused calls are given back, failures in a row open the breaker, and a provider that says until when it refuses is left alone until then. healthy null: nothing was learnt.';
revoke all on function private.settle_provider_calls(jsonb, timestamptz) from public, anon, authenticated;
