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
