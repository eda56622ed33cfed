-- Rate limits per user and minute.

create table private.call_counts (
  user_id uuid not null references auth.users (id) on delete cascade,
  action text not null,
  started_at timestamptz not null,
  calls integer not null check (calls >= 1),
  primary key (user_id, action)
);
comment on table private.call_counts is 'Calls of each user in the minute that began with started_at.';
alter table private.call_counts enable row level security;

create function private.count_call(p_action text, p_default_limit integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  counted private.call_counts;
  minute constant interval := '1 minute';
  allowed constant integer := coalesce(private.setting(p_action || '_per_minute')::integer, p_default_limit);
begin
  insert into private.call_counts as known (user_id, action, started_at, calls)
  values ((select auth.uid()), p_action, now(), 1)
  on conflict (user_id, action) do update
  set started_at = case when known.started_at <= now() - minute then now() else known.started_at end,
      calls = case when known.started_at <= now() - minute then 1 else known.calls + 1 end
  returning * into counted;
  if counted.calls > allowed then
    raise exception using
      errcode = 'PT429', message = 'Too many calls in a minute.', hint = 'rate_limited',
      detail = ceil(extract(epoch from counted.started_at + minute - now()))::integer::text;
  end if;
end
$$;
comment on function private.count_call(text, integer) is
  'Counts a call of the caller and refuses it beyond the limit of a minute (setting {action}_per_minute); the detail says in how many seconds to come again.';
revoke all on function private.count_call(text, integer) from public, anon;
