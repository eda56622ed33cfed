-- The private bucket of receipt photos, {user_id}/{name}, and the trigger that queues a receipt for each photo.

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

create function private.enqueue_receipt() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  queued_id uuid;
begin
  insert into public.receipts (user_id, bucket, object_path, object_version)
  values (split_part(new.name, '/', 1)::uuid, new.bucket_id, new.name, coalesce(new.version, new.id::text))
  on conflict (bucket, object_path, object_version) do nothing
  returning id into queued_id;
  if queued_id is not null then
    -- A photo in its place: reading the older receipt now would give the items of the newer one twice.
    update public.receipts
    set status = 'failed', error_code = 'photo_replaced', error_detail = 'A newer photo was uploaded in its place.',
        lease_until = null, lease_token = null
    where bucket = new.bucket_id and object_path = new.name and id <> queued_id
      and status in ('queued', 'processing', 'failed');
    perform private.hint_receipt(queued_id);
  end if;
  return null;
exception when others then
  -- An error here would refuse the user's upload.
  raise log 'no receipt was queued for a photo: %', sqlstate;
  return null;
end
$$;
comment on function private.enqueue_receipt() is
  'Queues a receipt for an uploaded photo, once for each version of it. Storage runs every upload twice, the first time to test permissions, and rolls that back.';
revoke all on function private.enqueue_receipt() from public, anon, authenticated, service_role;

-- An upload over an existing object is an update that brings a new version.
create trigger receipt_photo_uploaded
  after insert or update of version on storage.objects
  for each row when (new.bucket_id = 'ocr')
  execute function private.enqueue_receipt();
