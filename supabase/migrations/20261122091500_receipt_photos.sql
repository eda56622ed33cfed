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

create table private.unqueued_photos (
  bucket text not null,
  object_path text not null,
  object_version text not null,
  user_id uuid not null references auth.users (id) on delete cascade,
  noticed_at timestamptz not null default now(),
  primary key (bucket, object_path, object_version)
);
comment on table private.unqueued_photos is
  'Photos for which the upload trigger could not queue a receipt, for example because of a lock timeout. The next '
  'sweep queues them.';
create index unqueued_photos_user_id on private.unqueued_photos (user_id);
alter table private.unqueued_photos enable row level security;

create function private.queue_receipt(p_bucket text, p_path text, p_version text, p_since timestamptz default now())
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  queued_id uuid;
begin
  insert into public.receipts (user_id, bucket, object_path, object_version, created_at, queued_at)
  values (split_part(p_path, '/', 1)::uuid, p_bucket, p_path, p_version, p_since, p_since)
  on conflict (bucket, object_path, object_version) do nothing
  returning id into queued_id;
  if queued_id is not null then
    -- The path now holds the newer photo: processing an older receipt would produce the newer line items twice.
    update public.receipts
    set status = 'failed', error_code = 'photo_replaced', error_detail = 'A newer photo replaced this one.',
        lease_until = null, lease_token = null
    where bucket = p_bucket and object_path = p_path and id <> queued_id
      and status in ('queued', 'processing', 'failed');
    perform private.hint_receipt(queued_id);
  end if;
end
$$;
comment on function private.queue_receipt(text, text, text, timestamptz) is
  'Queues a receipt for a version of a photo that was uploaded at p_since. Idempotent.';
revoke all on function private.queue_receipt(text, text, text, timestamptz)
  from public, anon, authenticated, service_role;

create function private.enqueue_receipt() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.queue_receipt(new.bucket_id, new.name, coalesce(new.version, new.id::text));
  return null;
exception when others then
  -- An error here would reject the user's upload.
  raise log 'no receipt was queued for a photo: %', sqlstate;
  begin
    insert into private.unqueued_photos (bucket, object_path, object_version, user_id)
    values (new.bucket_id, new.name, coalesce(new.version, new.id::text), split_part(new.name, '/', 1)::uuid)
    on conflict do nothing;
  exception when others then
    raise log 'the photo was not recorded as unqueued either; its folder may not belong to a user: %', sqlstate;
  end;
  return null;
end
$$;
comment on function private.enqueue_receipt() is
  'Queues a receipt for an uploaded photo, once per version. Storage runs every upload twice: the first time to test '
  'permissions, which it rolls back.';
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
        perform private.queue_receipt(photo.bucket, photo.object_path, photo.object_version, photo.noticed_at);
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
language plpgsql security definer set search_path = ''
as $$
begin
  update public.receipts set raw_lines = '[]'
  where bucket = old.bucket_id and object_path = old.name and raw_lines <> '[]';
  return null;
exception when others then
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
