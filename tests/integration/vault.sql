-- The part of Supabase's Vault that the CLI and the migrations use, without encryption.

create schema vault;
create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text unique,
  secret text not null,
  updated_at timestamptz not null default now()
);
create view vault.decrypted_secrets as select id, name, secret as decrypted_secret from vault.secrets;

create function vault.create_secret(new_secret text, new_name text default null) returns uuid language sql as
  'insert into vault.secrets (secret, name) values (new_secret, new_name) returning id';
create function vault.update_secret(secret_id uuid, new_secret text) returns void language sql as
  'update vault.secrets set secret = new_secret, updated_at = now() where id = secret_id';
