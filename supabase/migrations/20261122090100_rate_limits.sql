-- Rate limits per user and minute.

create table private.call_counts (
  user_id uuid not null references auth.users (id) on delete cascade,
  action text not null,
  started_at timestamptz not null,
  calls integer not null check (calls >= 1),
  primary key (user_id, action)
);
comment on table private.call_counts is 'Calls per user and action in the minute that began at started_at.';
alter table private.call_counts enable row level security;

create function private.count_call(p_action text, p_default_limit integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  counter private.call_counts;
  minute constant interval := '1 minute';
  call_limit constant integer := coalesce(private.setting(p_action || '_per_minute')::integer, p_default_limit);
begin
  insert into private.call_counts as c (user_id, action, started_at, calls)
  values ((select auth.uid()), p_action, now(), 1)
  on conflict (user_id, action) do update
  set started_at = case when c.started_at <= now() - minute then now() else c.started_at end,
      calls = case when c.started_at <= now() - minute then 1 else c.calls + 1 end
  returning * into counter;
  if counter.calls > call_limit then
    raise exception using
      errcode = 'PT429', message = 'Too many calls per minute.', hint = 'rate_limited',
      detail = ceil(extract(epoch from counter.started_at + minute - now()))::integer::text;
  end if;
end
$$;
comment on function private.count_call(text, integer) is
  'Counts a call of the calling user and raises rate_limited above the limit per minute (setting '
  '{action}_per_minute). The error detail is the number of seconds until the next call is allowed.';
revoke all on function private.count_call(text, integer) from public, anon;
