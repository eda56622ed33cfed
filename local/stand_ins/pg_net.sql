-- Replaces the extension pg_net, which plain Postgres lacks. `python -m local.stand_ins.pg_net` sends the requests.
-- For the local stack only, never part of the migrations.

create schema if not exists net;

-- Lost in a crash, like the extension's queue.
create unlogged table if not exists net.http_request_queue (
  id bigint generated always as identity primary key,
  url text not null,
  body jsonb not null,
  headers jsonb not null,
  timeout_milliseconds integer not null
);

create or replace function net.http_post(
  url text,
  body jsonb default '{}',
  params jsonb default '{}',
  headers jsonb default '{"Content-Type": "application/json"}',
  timeout_milliseconds integer default 5000
)
returns bigint
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  request_id bigint;
  query text := (select string_agg(key || '=' || value, '&') from jsonb_each_text($3));
begin
  insert into net.http_request_queue (url, body, headers, timeout_milliseconds)
  values ($1 || coalesce('?' || query, ''), $2, $4, $5)
  returning id into request_id;
  -- Delivered after the transaction commits, and not if it is rolled back.
  notify net_http_request;
  return request_id;
end
$$;
