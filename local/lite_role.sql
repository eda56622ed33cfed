-- The role that Supabase Lite connects as. It owns auth and storage, which it makes itself, and nothing else: at every
-- start Lite grants all there is to anon and authenticated in every schema where it can, over what migrations decided.

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
grant create on database postgres to supabase_lite;

-- A grant by somebody who has no right to grant is passed over with a warning, but is an error for who has no right at all.
alter default privileges for role postgres grant usage on schemas to supabase_lite;
alter default privileges for role postgres grant select on tables to supabase_lite;
alter default privileges for role postgres grant usage on sequences to supabase_lite;
