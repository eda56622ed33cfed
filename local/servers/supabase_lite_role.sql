-- The role that Supabase Lite connects as. It owns auth and storage, which it creates, and nothing else: at every start
-- Lite grants all privileges to anon and authenticated in every schema where it can, overriding the migrations.

do $$
begin
  if not exists (select from pg_roles where rolname = 'supabase_lite') then
    create role anon nologin;
    create role authenticated nologin;
    create role service_role nologin bypassrls;
    create role supabase_lite login noinherit;
  end if;
end
$$;
grant anon, authenticated, service_role to supabase_lite;
-- As the migrations set it for the role of a real project's Data API.
alter role supabase_lite set log_min_messages = log;
alter role supabase_lite set log_parameter_max_length = 0;
grant create on database postgres to supabase_lite;

-- Lite's grants must not fail: without a grant option Postgres only warns, without any privilege it raises an error.
alter default privileges for role postgres grant usage on schemas to supabase_lite;
alter default privileges for role postgres grant select on tables to supabase_lite;
alter default privileges for role postgres grant usage on sequences to supabase_lite;
