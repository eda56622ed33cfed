-- Monitoring sees for how long somebody has waited to be deleted.

create function private.account_figures(p_now timestamptz)
returns table (metric text, labels jsonb, value double precision)
language sql stable security definer set search_path = ''
as $$
  select 'account_deletion_oldest_seconds', '{}'::jsonb,
    greatest(coalesce(extract(epoch from p_now - min(d.requested_at)), 0), 0)
  from public.account_deletions d
$$;
comment on function private.account_figures(timestamptz) is 'Accounts whose users asked for their deletion and that are still there.';
revoke all on function private.account_figures(timestamptz) from public, anon, authenticated, service_role;

-- Replaced, not made anew: who was allowed to call it still is.
create or replace function private.monitoring_snapshot(p_reference jsonb, p_now timestamptz default now())
returns table (metric text, labels jsonb, value double precision)
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.close_days(private.korean_day(p_now) - 6);
  return query
    select * from private.pipeline_figures(p_now)
    union all
    select * from private.quality_figures(p_now)
    union all
    select * from private.service_figures(p_now)
    union all
    select * from private.account_figures(p_now)
    union all
    select * from private.drift_figures(p_reference, p_now);
end
$$;
