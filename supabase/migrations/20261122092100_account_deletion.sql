-- Account deletion: a user requests it once, and the sweep deletes photos, then rows, then the user. An interrupted
-- attempt is resumed by a later one.

create table public.account_deletions (
  user_id uuid primary key references auth.users (id) on delete cascade,
  requested_at timestamptz not null default now(),
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz not null default now()
);
comment on table public.account_deletions is
  'Users who asked to be deleted. The row goes last, with the user, so an attempt that died is made again.';
create index account_deletions_next_attempt_at on public.account_deletions (next_attempt_at);
alter table public.account_deletions enable row level security;
revoke all on public.account_deletions from anon, authenticated;
grant all on public.account_deletions to service_role;

create function public.request_account_deletion() returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
  asked_at timestamptz;
begin
  if (select auth.uid()) is null then
    perform private.refuse(401, 'unauthorized', 'Sign in first.');
  end if;
  insert into public.account_deletions as known (user_id) values ((select auth.uid()))
  on conflict (user_id) do update set requested_at = known.requested_at
  returning known.requested_at into asked_at;
  return asked_at;
exception when foreign_key_violation then
  return now(); -- the token of a user who is gone already
end
$$;
comment on function public.request_account_deletion() is
  'Has the caller and all that is theirs deleted, within minutes and for good. Returns when it was first asked for.';
revoke all on function public.request_account_deletion() from public, anon;
grant execute on function public.request_account_deletion() to authenticated;

create function private.account_is_open() returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (select from auth.users u where u.id = (select auth.uid()))
    and not exists (select from public.account_deletions d where d.user_id = (select auth.uid()))
$$;
comment on function private.account_is_open() is
  'Whether the caller is there and stays. A token holds for up to an hour after its user is gone.';
revoke all on function private.account_is_open() from public, anon;
grant execute on function private.account_is_open() to authenticated;

create policy "Nothing is uploaded to an account that ends" on storage.objects
  as restrictive for insert to authenticated
  with check (bucket_id <> 'ocr' or (select private.account_is_open()));
create policy "Nothing is replaced in an account that ends" on storage.objects
  as restrictive for update to authenticated
  using (true) with check (bucket_id <> 'ocr' or (select private.account_is_open()));

create function public.claim_account_deletions(p_limit integer) returns setof uuid
language sql security definer set search_path = ''
as $$
  update public.account_deletions
  set attempts = attempts + 1,
      -- Doubles from one minute to six hours; what was asked for is never given up.
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
  'Takes users whose deletion is due; whoever does not finish leaves them to a later attempt.';
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
  'Paths of photos in the user''s folder and below, which listing through Storage shows one folder at a time.';
revoke all on function public.photos_of_user(uuid, integer) from public, anon, authenticated;
grant execute on function public.photos_of_user(uuid, integer) to service_role;

create function public.forget_user(p_user_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  owned record;
begin
  if not exists (select from public.account_deletions d where d.user_id = p_user_id) then
    perform private.refuse(409, 'not_requested', 'This user did not ask to be deleted.');
  elsif exists (select from public.photos_of_user(p_user_id, 1)) then
    perform private.refuse(409, 'photos_remain', 'The photos go first.');
  end if;
  update public.user_category_feedback
  set user_id = null, receipt_item_id = null, created_at = date_trunc('month', created_at)
  where user_id = p_user_id;
  -- Every table of ours whose rows belong to a user, those of later migrations included.
  for owned in
    select c.conrelid::regclass as name, a.attname as of_user
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where c.contype = 'f' and c.confrelid = 'auth.users'::regclass and c.confdeltype = 'c'
      and c.connamespace in ('public'::regnamespace, 'private'::regnamespace)
      and c.conrelid <> 'public.account_deletions'::regclass
  loop
    execute format('delete from %s where %I = $1', owned.name, owned.of_user) using p_user_id;
  end loop;
end
$$;
comment on function public.forget_user(uuid) is
  'Deletes the rows of a user who asked for it and has no photos any more. Corrections stay as (text, category, month). May run again. Errors by hint: not_requested, photos_remain.';
revoke all on function public.forget_user(uuid) from public, anon, authenticated;
grant execute on function public.forget_user(uuid) to service_role;
