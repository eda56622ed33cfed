-- Limits per user: calls per minute, quotas per day, and rows per table.

create function private.require_user() returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if not exists (select from auth.users u where u.id = (select auth.uid())) then
    perform private.refuse(401, 'unauthorized', 'The user no longer exists.');
  end if;
end
$$;
comment on function private.require_user() is
  'Raises unauthorized if the calling user has been deleted: an access token stays valid for up to an hour after that.';
revoke all on function private.require_user() from public, anon, authenticated, service_role;

create table private.call_counts (
  user_id uuid not null references auth.users (id) on delete cascade,
  action text not null check (length(action) <= 40),
  started_at timestamptz not null,
  calls integer not null check (calls >= 1),
  primary key (user_id, action)
);
comment on table private.call_counts is 'Calls per user and action in the minute that began at started_at. '
  'Without a policy: for services only.';
alter table private.call_counts enable row level security;

create function private.count_call(p_action text, p_default_limit integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  counter private.call_counts;
  minute constant interval := interval '1 minute';
  call_limit constant integer := coalesce(private.setting(p_action || '_per_minute')::integer, p_default_limit);
begin
  perform private.require_user();
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

create table private.daily_use (
  user_id uuid not null references auth.users (id) on delete cascade,
  action text not null check (length(action) <= 40),
  day date not null,
  used bigint not null check (used >= 0),
  primary key (user_id, action)
);
comment on table private.daily_use is
  'What each user has used of each daily quota on a day in Korea. Only the latest day is kept. '
  'Without a policy: for services only.';
create index daily_use_day on private.daily_use (day, action);
alter table private.daily_use enable row level security;

create function private.daily_limit(p_action text) returns bigint
language sql stable security definer set search_path = ''
as $$
  select coalesce(
    private.setting(p_action || '_per_day')::bigint,
    -- Generous for a household, and far below what one user must not take from the others.
    case p_action
      when 'receipts' then 200
      when 'stored_bytes' then 500 * 1024 * 1024
      when 'retries' then 50
      when 'retries_of_receipt' then 5
      when 'inventory' then 2000
      when 'inventory_history' then 5000
      when 'item_aliases' then 2000
      when 'user_category_feedback' then 2000
      when 'item_feedback' then 5000
      when 'product_names' then 500
      when 'barcode_lookups' then 100
      when 'name_reports' then 50
      when 'export_pages' then 100
      when 'added_items' then 500
      when 'receipt_feedback' then 2000
      when 'reading_samples' then 50
    end
  )
$$;
comment on function private.daily_limit(text) is
  'The quota of an action per user and day: the setting {action}_per_day, or its default.';
revoke all on function private.daily_limit(text) from public, anon, authenticated, service_role;

create function private.take_quota(p_user_id uuid, p_action text, p_amount bigint) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  quota constant bigint := private.daily_limit(p_action);
begin
  if p_amount > quota then
    return false;
  end if;
  insert into private.daily_use as u (user_id, action, day, used)
  values (p_user_id, p_action, private.today(), p_amount)
  on conflict (user_id, action) do update
  set day = excluded.day,
      used = case when u.day = excluded.day then u.used + excluded.used else excluded.used end
  where case when u.day = excluded.day then u.used + excluded.used else excluded.used end <= quota;
  return found;
end
$$;
comment on function private.take_quota(uuid, text, bigint) is
  'Takes an amount from a user''s quota of the day. Returns false, and takes nothing, if less than that is left. Locks '
  'the user''s count until the transaction ends.';
revoke all on function private.take_quota(uuid, text, bigint) from public, anon, authenticated, service_role;

create function private.quota_left(p_user_id uuid, p_action text) returns bigint
language sql stable security definer set search_path = ''
as $$
  select greatest(
    0,
    private.daily_limit(p_action) - coalesce(
      (
        select u.used from private.daily_use u
        where u.user_id = p_user_id and u.action = p_action and u.day = private.today()
      ),
      0
    )
  )
$$;
comment on function private.quota_left(uuid, text) is 'What is left of a user''s quota of the day.';
revoke all on function private.quota_left(uuid, text) from public, anon, authenticated, service_role;

create function private.seconds_until_tomorrow() returns integer
language sql stable set search_path = ''
as $$
  select ceil(extract(epoch from (private.today() + 1)::timestamp at time zone 'Asia/Seoul' - now()))::integer
$$;
comment on function private.seconds_until_tomorrow() is 'Seconds until midnight in Korea, when daily quotas are renewed.';
revoke all on function private.seconds_until_tomorrow() from public, anon, authenticated, service_role;

create function private.refuse_until_tomorrow(p_message text) returns void
language plpgsql volatile set search_path = ''
as $$
begin
  raise exception using
    errcode = 'PT429', message = p_message, hint = 'rate_limited', detail = private.seconds_until_tomorrow()::text;
end
$$;
comment on function private.refuse_until_tomorrow(text) is
  'Raises rate_limited. The error detail is the number of seconds until daily quotas are renewed.';
revoke all on function private.refuse_until_tomorrow(text) from public, anon, authenticated, service_role;

create function private.limit_rows() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  rows_limit constant bigint := coalesce(private.setting(tg_table_name || '_rows'), tg_argv[0])::bigint;
  owner_rows record;
  stored_rows bigint;
  -- How many more rows of which user this transaction may insert, so that a call that inserts one by one counts once.
  memo_name constant text := 'limits.' || tg_table_name;
  memo text[];
begin
  for owner_rows in
    select a.user_id, count(*) as added from added a where a.user_id is not null group by a.user_id order by a.user_id
  loop
    if not private.take_quota(owner_rows.user_id, tg_table_name, owner_rows.added) then
      perform private.refuse_until_tomorrow('The daily limit is reached.');
    end if;
    memo := string_to_array(current_setting(memo_name, true), ' ');
    if memo[1] = owner_rows.user_id::text and memo[2]::bigint >= owner_rows.added then
      perform set_config(memo_name, memo[1] || ' ' || memo[2]::bigint - owner_rows.added, true);
      continue;
    end if;
    execute format('select count(*) from (select from %s where user_id = $1 limit $2) counted', tg_relid::regclass)
    into stored_rows using owner_rows.user_id, rows_limit + 1;
    if stored_rows > rows_limit then
      perform private.refuse(409, 'limit_reached', 'The limit of stored rows is reached; delete some first.');
    end if;
    perform set_config(memo_name, owner_rows.user_id || ' ' || rows_limit - stored_rows, true);
  end loop;
  return null;
end
$$;
comment on function private.limit_rows() is
  'Limits the rows of a user: per day by private.daily_limit of the table''s name, and in total by the setting '
  '{table}_rows or the trigger''s argument. Errors by hint: rate_limited, limit_reached.';
revoke all on function private.limit_rows() from public, anon, authenticated, service_role;

create function private.use_quota(p_action text, p_amount bigint) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if not private.take_quota((select auth.uid()), p_action, p_amount) then
    perform private.refuse_until_tomorrow('The daily limit is reached.');
  end if;
end
$$;
comment on function private.use_quota(text, bigint) is
  'Takes an amount from the calling user''s quota of the day, or raises rate_limited.';
revoke all on function private.use_quota(text, bigint) from public, anon, authenticated, service_role;
