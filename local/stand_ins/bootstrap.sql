-- What every Supabase project starts with and Supabase Lite omits. For the local stack only, before the migrations.

create schema if not exists extensions;
grant usage on schema public, extensions, auth, storage to anon, authenticated, service_role;

-- The generous defaults of a real project: the migrations revoke what users must not have.
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to anon, authenticated, service_role;

-- The limits of a real project, for the roles of the Data API.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role supabase_lite set statement_timeout = '8s';
alter role supabase_lite set lock_timeout = '8s';

-- Only Storage deletes objects, because it also deletes their files.
create or replace function storage.protect_delete() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if coalesce(current_setting('storage.allow_delete_query', true), 'false') <> 'true' then
    raise exception using
      errcode = 'insufficient_privilege', message = 'Direct deletion from storage tables is not allowed.';
  end if;
  return null;
end
$$;
create or replace trigger protect_objects_delete before delete on storage.objects
  for each statement execute function storage.protect_delete();
create or replace trigger protect_buckets_delete before delete on storage.buckets
  for each statement execute function storage.protect_delete();
alter role supabase_lite set storage.allow_delete_query = 'true';
