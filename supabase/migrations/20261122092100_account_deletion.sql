-- Account deletion: a user requests it once, and the sweep deletes photos, then rows, then the user. An interrupted
-- attempt is resumed by a later one.

create table public.account_deletions (
  user_id uuid primary key references auth.users (id) on delete cascade,
  requested_at timestamptz not null default now(),
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz not null default now()
);
comment on table public.account_deletions is
  'Users who requested the deletion of their account. The row is deleted last, with the user, so an interrupted '
  'attempt is repeated. '
  'Without a policy: for services only.';
create index account_deletions_next_attempt_at on public.account_deletions (next_attempt_at);
alter table public.account_deletions enable row level security;
revoke all on public.account_deletions from anon, authenticated;
grant all on public.account_deletions to service_role;

create function public.request_account_deletion() returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
  first_requested_at timestamptz;
begin
  if (select auth.uid()) is null then
    perform private.refuse(401, 'unauthorized', 'Sign in first.');
  end if;
  insert into public.account_deletions as d (user_id) values ((select auth.uid()))
  on conflict (user_id) do update set requested_at = d.requested_at
  returning d.requested_at into first_requested_at;
  return first_requested_at;
exception when foreign_key_violation then
  return now(); -- the token of a user who has already been deleted
end
$$;
comment on function public.request_account_deletion() is
  'Requests the deletion of the calling user and all their data, which happens within minutes and cannot be undone. '
  'Returns the time of the first request. '
  'Runs as its owner, because users may not write account_deletions.';
revoke all on function public.request_account_deletion() from public, anon;
grant execute on function public.request_account_deletion() to authenticated;

create function private.account_is_open() returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (select from auth.users u where u.id = (select auth.uid()))
    and not exists (select from public.account_deletions d where d.user_id = (select auth.uid()))
$$;
comment on function private.account_is_open() is
  'Whether the calling user exists and has not requested deletion. An access token stays valid for up to an hour '
  'after its user is deleted.';
revoke all on function private.account_is_open() from public, anon;
grant execute on function private.account_is_open() to authenticated;

create policy "No uploads to an account that is being deleted" on storage.objects
  as restrictive for insert to authenticated
  with check (bucket_id <> 'ocr' or (select private.account_is_open()));
create policy "No replacements in an account that is being deleted" on storage.objects
  as restrictive for update to authenticated
  using (true) with check (bucket_id <> 'ocr' or (select private.account_is_open()));

create function public.claim_account_deletions(p_limit integer) returns setof uuid
language sql security definer set search_path = ''
as $$
  update public.account_deletions
  set attempts = attempts + 1,
      -- Exponential backoff from one minute to six hours; a request is never given up.
      next_attempt_at = now() + make_interval(secs => least(21600, 60 * 2 ^ least(attempts, 10)))
  where user_id in (
    select user_id from public.account_deletions
    where next_attempt_at <= now()
    order by next_attempt_at
    limit p_limit
    for update skip locked
  )
  returning user_id
$$;
comment on function public.claim_account_deletions(integer) is
  'Claims users whose deletion is due. An attempt that does not finish is repeated later.';
revoke all on function public.claim_account_deletions(integer) from public, anon, authenticated;
grant execute on function public.claim_account_deletions(integer) to service_role;

create function public.photos_of_user(p_user_id uuid, p_limit integer) returns setof text
language plpgsql stable security definer set search_path = ''
as $$
begin
  return query
    select o.name::text from storage.objects o
    where o.bucket_id = 'ocr' and starts_with(o.name, p_user_id::text || '/')
    limit p_limit;
end
$$;
comment on function public.photos_of_user(uuid, integer) is
  'Paths of all photos in the user''s folder and its subfolders. The Storage API lists only one folder at a time.';
revoke all on function public.photos_of_user(uuid, integer) from public, anon, authenticated;
grant execute on function public.photos_of_user(uuid, integer) to service_role;

create function public.forget_user(p_user_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  owner_column record;
begin
  if not exists (select from public.account_deletions d where d.user_id = p_user_id) then
    perform private.refuse(409, 'not_requested', 'The user has not requested deletion.');
  elsif exists (select from public.photos_of_user(p_user_id, 1)) then
    perform private.refuse(409, 'photos_remain', 'Delete the photos first.');
  end if;
  update public.user_category_feedback
  set user_id = null, receipt_item_id = null, created_at = date_trunc('month', created_at)
  where user_id = p_user_id;
  -- All tables whose rows belong to a user, including those of later migrations.
  for owner_column in
    select c.conrelid::regclass as table_name, a.attname as name
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where c.contype = 'f' and c.confrelid = 'auth.users'::regclass and c.confdeltype = 'c'
      and c.connamespace in ('public'::regnamespace, 'private'::regnamespace)
      and c.conrelid <> 'public.account_deletions'::regclass
  loop
    execute format('delete from %s where %I = $1', owner_column.table_name, owner_column.name) using p_user_id;
  end loop;
  -- Once more: triggers of the other tables count.
  delete from private.daily_use u where u.user_id = p_user_id;
end
$$;
comment on function public.forget_user(uuid) is
  'Deletes the rows of a user who requested deletion and has no photos left. Corrections stay as (text, category, '
  'month). Idempotent. Errors by hint: not_requested, photos_remain.';
revoke all on function public.forget_user(uuid) from public, anon, authenticated;
grant execute on function public.forget_user(uuid) to service_role;
