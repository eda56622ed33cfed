-- What a new Supabase project contains, as far as the migrations use it. In particular, the deploying role is not a
-- superuser and owns neither auth nor storage.

create role supabase_auth_admin nologin;
create role supabase_storage_admin nologin;
create role deployer login nosuperuser createrole bypassrls;

create schema auth authorization supabase_auth_admin;
create table auth.users (id uuid primary key, email text, email_confirmed_at timestamptz, created_at timestamptz);
alter table auth.users owner to supabase_auth_admin;
create function auth.uid() returns uuid language sql stable as 'select null::uuid';
grant usage on schema auth to deployer, anon, authenticated, service_role;
grant select, references on auth.users to deployer;

create schema storage authorization supabase_storage_admin;
create table storage.buckets (
  id text primary key,
  name text not null,
  public boolean default false,
  file_size_limit bigint,
  allowed_mime_types text[]
);
create table storage.objects (
  id uuid primary key default gen_random_uuid(),
  bucket_id text references storage.buckets (id),
  name text,
  version text,
  metadata jsonb
);
create function storage.protect_delete() returns trigger language plpgsql as $$
begin
  if coalesce(current_setting('storage.allow_delete_query', true), 'false') <> 'true' then
    raise exception using
      errcode = 'insufficient_privilege', message = 'Direct deletion from storage tables is not allowed.';
  end if;
  return null;
end
$$;
create trigger protect_objects_delete before delete on storage.objects
  for each statement execute function storage.protect_delete();
create trigger protect_buckets_delete before delete on storage.buckets
  for each statement execute function storage.protect_delete();
alter table storage.buckets owner to supabase_storage_admin;
alter table storage.objects owner to supabase_storage_admin;
alter table storage.objects enable row level security;
create function storage.foldername(name text) returns text[]
language sql immutable as 'select string_to_array(name, ''/'')';
grant usage on schema storage to deployer;
grant all on storage.buckets, storage.objects to deployer;
-- On a real project the deploying role may create policies on these tables; plain Postgres requires ownership for that.
grant supabase_storage_admin to deployer;

-- The migrations of Realtime's server make these. The deploying role may create policies, as on storage.objects.
create role supabase_realtime_admin nologin noinherit;
create schema realtime authorization supabase_realtime_admin;
grant usage on schema realtime to deployer, anon, authenticated, service_role;
create table realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  primary key (id, inserted_at)
) partition by range (inserted_at);
alter table realtime.messages owner to supabase_realtime_admin;
alter table realtime.messages enable row level security;
grant select, insert, update on realtime.messages to deployer, anon, authenticated, service_role;
grant supabase_realtime_admin to deployer;
create function realtime.topic() returns text
language sql stable as 'select nullif(current_setting(''realtime.topic'', true), '''')::text';

create schema extensions;
grant all on schema public to deployer;
create schema supabase_migrations authorization deployer;
alter default privileges for role deployer in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges for role deployer in schema public
  grant all on functions to anon, authenticated, service_role;
