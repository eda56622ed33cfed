-- Runs once, as superuser, when the database of compose.yaml is made: passwords of Supabase's servers, and the schema of
-- Realtime's.
\set password `echo "$POSTGRES_PASSWORD"`
alter role authenticator with password :'password';
alter role supabase_auth_admin with password :'password';
alter role supabase_storage_admin with password :'password';
alter role supabase_admin with password :'password';
create schema if not exists _realtime authorization supabase_admin;
