-- Receipt photos: the private bucket, {user_id}/{name}; the trigger that queues a receipt for each photo; and
-- retention.

do $$
begin
  if exists (select from pg_available_extensions where name = 'pg_net') then
    create extension if not exists pg_net with schema extensions;
  end if;
end
$$;

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values (
  'ocr', 'ocr', false, 10 * 1024 * 1024,
  array['image/jpeg', 'image/png', 'image/webp', 'image/heic', 'image/heif']
)
on conflict (id) do update
set public = excluded.public,
    file_size_limit = excluded.file_size_limit,
    allowed_mime_types = excluded.allowed_mime_types;

create policy "Users see their own receipt photos" on storage.objects
  for select to authenticated
  using (bucket_id = 'ocr' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy "Users upload receipt photos to their own folder" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'ocr' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy "Users replace their own receipt photos" on storage.objects
  for update to authenticated
  using (bucket_id = 'ocr' and (storage.foldername(name))[1] = (select auth.uid())::text)
  with check (bucket_id = 'ocr' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy "Users delete their own receipt photos" on storage.objects
  for delete to authenticated
  using (bucket_id = 'ocr' and (storage.foldername(name))[1] = (select auth.uid())::text);

create function private.photo_max_bytes() returns bigint
language sql stable security definer set search_path = ''
as $$
  select b.file_size_limit from storage.buckets b where b.id = 'ocr'
$$;
comment on function private.photo_max_bytes() is 'The largest photo that the bucket accepts.';
revoke all on function private.photo_max_bytes() from public, anon, authenticated, service_role;

create function private.photo_bytes(p_metadata jsonb) returns bigint
language sql immutable set search_path = ''
as $$
  -- Storage knows the size once it has stored the photo, and before that the announced length of the request.
  select case when size ~ '^[0-9]{1,18}$' then size::bigint end
  from (
    select coalesce(m.metadata ->> 'size', m.metadata ->> 'contentLength') as size
    from (select private.json_argument(p_metadata) as metadata) m
  ) given
$$;
comment on function private.photo_bytes(jsonb) is
  'The size of a photo by the metadata of its row in storage.objects; null if it is unknown.';
revoke all on function private.photo_bytes(jsonb) from public, anon, authenticated, service_role;

create function public.upload_allowance() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'photos_left', u.photos, 'bytes_left', u.bytes,
    'retry_after_seconds',
      case when u.photos = 0 or u.bytes < u.usual_bytes then private.seconds_until_tomorrow() else 0 end
  )
  from (
    select private.quota_left((select auth.uid()), 'receipts') as photos,
      private.quota_left((select auth.uid()), 'stored_bytes') as bytes,
      least(private.photo_max_bytes(), private.daily_limit('stored_bytes')) as usual_bytes
  ) u
$$;
comment on function public.upload_allowance() is
  'What the calling user may still upload today: {photos_left, bytes_left, retry_after_seconds}. Storage refuses an '
  'upload over the quota with 403 and no reason; the app asks here for it. Quotas are renewed at midnight in Korea.';
revoke all on function public.upload_allowance() from public, anon;
grant execute on function public.upload_allowance() to authenticated;

create function private.upload_is_allowed(p_metadata jsonb) returns boolean
language plpgsql stable security definer set search_path = '' set lock_timeout = '1s'
as $$
declare
  -- Null for a request without an announced length, which Storage would accept at any size: it is refused.
  bytes constant bigint := private.photo_bytes(p_metadata);
  -- Of a multipart body around the photo.
  margin constant bigint := 65536;
begin
  return bytes <= private.photo_max_bytes() + margin
    and bytes <= private.quota_left((select auth.uid()), 'stored_bytes')
    and private.quota_left((select auth.uid()), 'receipts') > 0;
exception when query_canceled or lock_not_available then
  return bytes is not null; -- the quotas are locked; the upload trigger, or the sweep, counts the photo
end
$$;
comment on function private.upload_is_allowed(jsonb) is
  'Whether the calling user may upload a photo with this metadata: of known length, within the bucket''s limit and '
  'their daily quotas.';
revoke all on function private.upload_is_allowed(jsonb) from public, anon;
grant execute on function private.upload_is_allowed(jsonb) to authenticated;

create policy "Receipt photos have a length and fit the daily quota" on storage.objects
  as restrictive for insert to authenticated
  with check (bucket_id <> 'ocr' or private.upload_is_allowed(metadata));
create policy "Replacements have a length and fit the daily quota" on storage.objects
  as restrictive for update to authenticated
  using (true) with check (bucket_id <> 'ocr' or private.upload_is_allowed(metadata));

create table private.unqueued_photos (
  bucket text not null check (length(bucket) <= 200),
  object_path text not null check (length(object_path) <= 1100),
  object_version text not null check (length(object_version) <= 200),
  bytes bigint,
  user_id uuid not null references auth.users (id) on delete cascade,
  noticed_at timestamptz not null default now(),
  primary key (bucket, object_path, object_version)
);
comment on table private.unqueued_photos is
  'Photos for which the upload trigger could not queue a receipt, for example because of a lock timeout. The next '
  'sweep queues them.';
create index unqueued_photos_user_id on private.unqueued_photos (user_id);
alter table private.unqueued_photos enable row level security;

create function private.queue_receipt(
  p_bucket text,
  p_path text,
  p_version text,
  p_bytes bigint,
  p_since timestamptz default now()
)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  owner_id constant uuid := split_part(p_path, '/', 1)::uuid;
  refusal text;
  queued_id uuid;
begin
  if exists (
    select from public.receipts r
    where r.bucket = p_bucket and r.object_path = p_path and r.object_version = p_version
  ) then
    return;
  end if;
  -- Taking the quota also locks the user's count, so that receipts of one user get their turns one after another. The
  -- bytes count even if the receipt does not, because they are stored.
  refusal := case
    when not private.take_quota(owner_id, 'stored_bytes', coalesce(p_bytes, 0)) then 'rate_limited'
    when p_bytes > private.photo_max_bytes() then 'photo_too_large'
    when not private.take_quota(owner_id, 'receipts', 1) then 'rate_limited'
  end;
  insert into public.receipts (
    user_id, bucket, object_path, object_version, created_at, queued_at, turn, status, error_code, error_detail
  )
  values (
    owner_id, p_bucket, p_path, p_version, p_since, p_since, private.next_turn(owner_id),
    case when refusal is null then 'queued' else 'failed' end, refusal,
    case refusal
      when 'photo_too_large' then 'The photo exceeds the size limit.'
      when 'rate_limited' then 'The daily limit of photos is reached.'
    end
  )
  on conflict (bucket, object_path, object_version) do nothing
  returning id into queued_id;
  if queued_id is not null then
    -- The path now holds the newer photo: processing an older receipt would produce the newer line items twice.
    update public.receipts
    set status = 'failed', error_code = 'photo_replaced', error_detail = 'A newer photo replaced this one.',
        lease_until = null
    where bucket = p_bucket and object_path = p_path and id <> queued_id
      and status in ('queued', 'processing', 'failed');
    if refusal is null then
      perform private.hint_receipt(queued_id);
    end if;
  end if;
end
$$;
comment on function private.queue_receipt(text, text, text, bigint, timestamptz) is
  'Queues a receipt for a version of a photo of p_bytes (null if unknown) that was uploaded at p_since. A photo that is '
  'too large, or exceeds a daily quota, gets a receipt that has failed with the code photo_too_large or rate_limited: '
  'its user sees it, and can retry the latter. Idempotent.';
revoke all on function private.queue_receipt(text, text, text, bigint, timestamptz)
  from public, anon, authenticated, service_role;

create function private.enqueue_receipt() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
begin
  perform private.queue_receipt(
    new.bucket_id, new.name, coalesce(new.version, new.id::text), private.photo_bytes(new.metadata)
  );
  return null;
-- others does not include query_canceled, which statement_timeout raises.
exception when query_canceled or others then
  -- An error here would reject the user's upload.
  raise log 'no receipt was queued for a photo: %', sqlstate;
  begin
    insert into private.unqueued_photos (bucket, object_path, object_version, user_id, bytes)
    values (
      new.bucket_id, new.name, coalesce(new.version, new.id::text), split_part(new.name, '/', 1)::uuid,
      private.photo_bytes(new.metadata)
    )
    on conflict do nothing;
  exception when query_canceled or others then
    raise log 'the photo was not recorded as unqueued either; its folder may not belong to a user: %', sqlstate;
  end;
  return null;
end
$$;
comment on function private.enqueue_receipt() is
  'Queues a receipt for an uploaded photo, once per version. Storage runs every upload twice: the first time to test '
  'permissions, which it rolls back. Storage sets no lock_timeout; without it a held lock would fail the upload.';
revoke all on function private.enqueue_receipt() from public, anon, authenticated, service_role;
-- Uploading over an existing object is an update that sets a new version.
create trigger receipt_photo_uploaded
  after insert or update of version on storage.objects
  for each row when (new.bucket_id = 'ocr')
  execute function private.enqueue_receipt();

create function public.queue_missed_photos() returns table (queued integer, waiting integer)
language plpgsql security definer set search_path = ''
as $$
declare
  photo private.unqueued_photos;
begin
  queued := 0;
  for photo in
    select * from private.unqueued_photos order by noticed_at limit 1000 for update skip locked
  loop
    begin
      -- The lock makes a concurrent replacement wait; it then replaces this receipt.
      perform from storage.objects o
      where o.bucket_id = photo.bucket and o.name = photo.object_path
        and coalesce(o.version, o.id::text) = photo.object_version
      for share;
      if found then
        perform private.queue_receipt(
          photo.bucket, photo.object_path, photo.object_version, photo.bytes, photo.noticed_at
        );
        queued := queued + 1;
      end if;
      delete from private.unqueued_photos u
      where (u.bucket, u.object_path, u.object_version)
        = (photo.bucket, photo.object_path, photo.object_version);
    exception when others then
      raise log 'the receipt of an unqueued photo was not queued again: %', sqlstate;
      exit; -- the cause most likely affects the other photos too
    end;
  end loop;
  select count(*) into waiting from private.unqueued_photos;
  return next;
end
$$;
comment on function public.queue_missed_photos() is
  'Queues receipts for photos that the upload trigger could not queue. Returns how many it queued, and how many still '
  'wait.';
revoke all on function public.queue_missed_photos() from public, anon, authenticated;
grant execute on function public.queue_missed_photos() to service_role;

create function public.photos_to_delete(p_limit integer) returns setof text
language plpgsql stable security definer set search_path = ''
as $$
declare
  retention constant interval := make_interval(days => coalesce(private.setting('photo_days')::integer, 365));
begin
  return query
    select o.name::text from storage.objects o
    where o.bucket_id = 'ocr'
      and (
        coalesce(o.updated_at, o.created_at) < now() - retention
        or not exists (select from auth.users u where u.id::text = split_part(o.name, '/', 1))
      )
    limit p_limit;
end
$$;
comment on function public.photos_to_delete(integer) is
  'Paths of photos older than the setting photo_days (365 by default), and of photos without a user, which were '
  'uploaded while the account was being deleted.';
revoke all on function public.photos_to_delete(integer) from public, anon, authenticated;
grant execute on function public.photos_to_delete(integer) to service_role;

create function private.forget_printed_lines() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
begin
  update public.receipts set raw_lines = '[]'
  where bucket = old.bucket_id and object_path = old.name and raw_lines <> '[]';
  return null;
exception when query_canceled or others then
  -- An error here would prevent the deletion of the photo.
  raise log 'the printed lines of a deleted photo were not deleted: %', sqlstate;
  return null;
end
$$;
comment on function private.forget_printed_lines() is
  'Deletes the printed lines of a receipt together with its photo. Line items, store, date and total stay.';
revoke all on function private.forget_printed_lines() from public, anon, authenticated, service_role;
create trigger receipt_photo_deleted after delete on storage.objects
  for each row when (old.bucket_id = 'ocr')
  execute function private.forget_printed_lines();
