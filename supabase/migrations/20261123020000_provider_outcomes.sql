-- What asking each product provider came to, counted by day, in the call that settles the quota anyway.

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

create or replace function private.settle_provider_calls(p_reports jsonb, p_now timestamptz) returns void
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
