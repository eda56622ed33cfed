-- How often users change what was read of an item, for monitoring.

create function private.item_feedback_figures(p_now timestamptz)
returns table (metric text, labels jsonb, value double precision)
language sql stable security definer set search_path = ''
as $$
  select 'item_changes', jsonb_build_object('window', w.span, 'field', f.field),
    (select count(*) from public.item_feedback i where i.field = f.field and i.created_at > p_now - w.length)
  from (values ('7d', interval '7 days'), ('28d', interval '28 days')) w (span, length),
    unnest(array['name', 'quantity', 'unit', 'storage', 'expires_on', 'dismissed']) f (field)
$$;
comment on function private.item_feedback_figures(timestamptz) is 'Changes that users made of items besides the category, by field.';
revoke all on function private.item_feedback_figures(timestamptz) from public, anon, authenticated, service_role;

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
    select * from private.item_feedback_figures(p_now)
    union all
    select * from private.service_figures(p_now)
    union all
    select * from private.account_figures(p_now)
    union all
    select * from private.drift_figures(p_reference, p_now);
end
$$;
