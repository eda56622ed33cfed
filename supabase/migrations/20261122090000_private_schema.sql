-- The private schema: tables and functions that the Data API does not expose, and helpers that other migrations share.

create schema private;
revoke all on schema private from public;
-- Users may call the private functions that are granted to them, but only from within functions of the public schema.
grant usage on schema private to authenticated;

-- The roles of the model pipeline's jobs, which may read what they need and nothing else: no table of users. A deployment
-- lets them log in; roles belong to the whole server, so another database may have created them.
do $$
declare
  job text;
begin
  foreach job in array array['retraining', 'annotation'] loop
    if not exists (select from pg_catalog.pg_roles r where r.rolname = job) then
      execute format('create role %I nologin', job);
    end if;
  end loop;
end
$$;
grant usage on schema private to retraining, annotation;

create table private.settings (
  name text primary key check (length(name) <= 200),
  value text not null check (length(value) <= 2000)
);
comment on table private.settings is
  'Settings for databases without Vault, such as receipt_webhook_url, receipt_webhook_secret, max_attempts and '
  'photo_days. A secret of the same name in Vault takes precedence. '
  'Without a policy: for services only.';
alter table private.settings enable row level security;

create function private.setting(p_name text) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  setting_value text;
begin
  if to_regclass('vault.decrypted_secrets') is not null then
    execute 'select decrypted_secret from vault.decrypted_secrets where name = $1' into setting_value using p_name;
  end if;
  if setting_value is null then
    select s.value into setting_value from private.settings s where s.name = p_name;
  end if;
  return setting_value;
end
$$;
comment on function private.setting(text) is 'The value of a setting; null if it is not set.';
revoke all on function private.setting(text) from public, anon, authenticated, service_role;

create function private.refuse(p_status integer, p_code text, p_message text) returns void
language plpgsql volatile set search_path = ''
as $$
begin
  -- PostgREST takes the response status from an SQLSTATE of the form PTxxx.
  raise exception using errcode = 'PT' || p_status, message = p_message, hint = p_code;
end
$$;
comment on function private.refuse(integer, text, text) is
  'Raises an error with an HTTP status, a message for people and, as its hint, a code for programs.';
revoke all on function private.refuse(integer, text, text) from public, anon;
grant execute on function private.refuse(integer, text, text) to authenticated;

create function private.json_argument(p_json jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  select case jsonb_typeof(p_json) when 'string' then (p_json #>> '{}')::jsonb else p_json end
$$;
comment on function private.json_argument(jsonb) is
  'The JSON value of an argument. Supabase Lite, and clients that encode twice, pass JSON as a string that contains '
  'it.';
revoke all on function private.json_argument(jsonb) from public, anon;
grant execute on function private.json_argument(jsonb) to authenticated;

create function private.has_types(p_object jsonb, p_types jsonb) returns boolean
language sql immutable set search_path = ''
as $$
  -- The text of a member is no substitute: it exists for a list, too.
  select not exists (
    select from jsonb_each(p_object) member
    where jsonb_typeof(member.value) not in ('null', p_types ->> member.key)
  )
$$;
comment on function private.has_types(jsonb, jsonb) is
  'Whether the members of an object that p_types names are null or of that JSON type: {name: "string"}.';
revoke all on function private.has_types(jsonb, jsonb) from public, anon, authenticated, service_role;

create function private.dates_are_plausible(variadic p_dates date[]) returns boolean
language sql stable set search_path = ''
as $$
  -- Honey and spirits keep for decades; infinity and typing errors are out of range.
  select not exists (
    select from unnest(p_dates) d (day)
    where d.day < '2000-01-01' or d.day > now()::date + interval '50 years'
  )
$$;
comment on function private.dates_are_plausible(date[]) is
  'Whether the dates, null apart, are from 2000 on and at most 50 years in the future.';
revoke all on function private.dates_are_plausible(date[]) from public, anon;
grant execute on function private.dates_are_plausible(date[]) to authenticated;

create function private.day(p_day text) returns date
language plpgsql set search_path = ''
as $$
begin
  -- A cast to date would drop the time and the zone: 2026-12-05T15:00Z is 6 December in Korea.
  if p_day ~ '^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}(:?\d{2})?)$' then
    return (p_day::timestamptz at time zone 'Asia/Seoul')::date;
  elsif p_day ~ '^\d{4,7}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$' or p_day ~ '^-?infinity$' then
    return p_day::date;
  elsif p_day is not null then
    raise invalid_datetime_format;
  end if;
  return null;
exception when data_exception then
  -- Not sqlerrm: it contains the value.
  perform private.refuse(422, 'date_out_of_range', 'A date has the form 2026-11-28.');
  return null; -- not reached
end
$$;
comment on function private.day(text) is
  'The day that a client sent, as 2026-11-28 or as a moment, of which it is the day in Korea. Errors by hint: '
  'date_out_of_range.';
revoke all on function private.day(text) from public, anon;
grant execute on function private.day(text) to authenticated;

create function private.korean_day(p_at timestamptz) returns date
language sql stable set search_path = ''
as $$
  select (p_at at time zone 'Asia/Seoul')::date
$$;
comment on function private.korean_day(timestamptz) is 'The day in Korea at that moment.';
revoke all on function private.korean_day(timestamptz) from public, anon, authenticated, service_role;

create function private.today() returns date
language sql stable set search_path = ''
as $$
  select (now() at time zone 'Asia/Seoul')::date
$$;
comment on function private.today() is 'The current day in Korea.';
revoke all on function private.today() from public, anon;
grant execute on function private.today() to authenticated;

create function private.text_key(p_text text) returns text
language sql immutable set search_path = ''
as $$
  -- Text recognition sometimes drops spaces, so they are ignored. Printed names are far shorter than the cut, and
  -- normalising megabytes would take seconds.
  select regexp_replace(lower(normalize(left(coalesce(p_text, ''), 1000), nfkc)), '\s', '', 'g')
$$;
comment on function private.text_key(text) is 'The normalised form of a printed name, as a key to look it up by.';
revoke all on function private.text_key(text) from public, anon;
-- Services compute the generated columns of the rows that they write.
grant execute on function private.text_key(text) to authenticated, annotation, service_role;

create function private.owner_id() returns uuid
language plpgsql stable set search_path = ''
as $$
begin
  -- Nearly every statement asks: in SQL, the function would be planned again in each.
  return auth.uid();
end
$$;
comment on function private.owner_id() is
  'The account whose rows the calling user reads and changes: their own. Policies and functions ask here whose row it '
  'is, so that members of a household can share the rows of one account later.';
revoke all on function private.owner_id() from public, anon;
grant execute on function private.owner_id() to authenticated;

create function private.undo_time() returns interval
language sql stable security definer set search_path = ''
as $$
  select make_interval(days => coalesce(private.setting('undo_days')::integer, 7))
$$;
comment on function private.undo_time() is
  'How long a user can restore what they deleted: the setting undo_days, 7 by default.';
revoke all on function private.undo_time() from public, anon, authenticated, service_role;

create function private.can_be_restored(p_deleted_at timestamptz) returns boolean
language sql stable set search_path = ''
as $$
  select p_deleted_at >= now() - private.undo_time()
$$;
comment on function private.can_be_restored(timestamptz) is
  'Whether a user can restore what they deleted then, which the time decides and not the job that deletes it for good; '
  'null if it was not deleted.';
revoke all on function private.can_be_restored(timestamptz) from public, anon, authenticated, service_role;
