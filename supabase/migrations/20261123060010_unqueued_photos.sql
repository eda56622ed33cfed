-- Photos that were stored while no receipt could be queued for them: noted here, and queued by the next sweep.

create table private.unqueued_photos (
  bucket text not null,
  object_path text not null,
  object_version text not null,
  noticed_at timestamptz not null default now(),
  primary key (bucket, object_path, object_version)
);
comment on table private.unqueued_photos is
  'What the trigger on uploads could not queue, for lack of a lock or of room; empty within a minute of the cause''s end.';
alter table private.unqueued_photos enable row level security;

create function private.queue_receipt(p_bucket text, p_path text, p_version text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  queued_id uuid;
begin
  insert into public.receipts (user_id, bucket, object_path, object_version)
  values (split_part(p_path, '/', 1)::uuid, p_bucket, p_path, p_version)
  on conflict (bucket, object_path, object_version) do nothing
  returning id into queued_id;
  if queued_id is not null then
    -- A photo in its place: reading the older receipt now would give the items of the newer one twice.
    update public.receipts
    set status = 'failed', error_code = 'photo_replaced', error_detail = 'A newer photo was uploaded in its place.',
        lease_until = null, lease_token = null
    where bucket = p_bucket and object_path = p_path and id <> queued_id
      and status in ('queued', 'processing', 'failed');
    perform private.hint_receipt(queued_id);
  end if;
end
$$;
comment on function private.queue_receipt(text, text, text) is
  'Queues a receipt for a version of a photo, once.';
revoke all on function private.queue_receipt(text, text, text) from public, anon, authenticated, service_role;

create function private.is_nobodys(p_sqlstate text) returns boolean
language sql immutable set search_path = ''
as $$
  select p_sqlstate like '22%' or p_sqlstate like '23%'
$$;
comment on function private.is_nobodys(text) is
  'Whether a photo could not be queued because its path names no user, which waiting does not change.';
revoke all on function private.is_nobodys(text) from public, anon, authenticated, service_role;

create or replace function private.enqueue_receipt() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.queue_receipt(new.bucket_id, new.name, coalesce(new.version, new.id::text));
  return null;
exception when others then
  -- An error here would refuse the user's upload.
  raise log 'no receipt was queued for a photo: %', sqlstate;
  if not private.is_nobodys(sqlstate) then
    begin
      insert into private.unqueued_photos (bucket, object_path, object_version)
      values (new.bucket_id, new.name, coalesce(new.version, new.id::text))
      on conflict do nothing;
    exception when others then
      raise log 'nor was it noted: %', sqlstate;
    end;
  end if;
  return null;
end
$$;

create function public.queue_missed_photos() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  missed private.unqueued_photos;
  queued integer := 0;
begin
  for missed in
    select * from private.unqueued_photos order by noticed_at limit 100 for update skip locked
  loop
    begin
      -- A photo that was replaced meanwhile has a receipt for what took its place.
      if exists (
        select from storage.objects o
        where o.bucket_id = missed.bucket and o.name = missed.object_path
          and coalesce(o.version, o.id::text) = missed.object_version
      ) then
        perform private.queue_receipt(missed.bucket, missed.object_path, missed.object_version);
        queued := queued + 1;
      end if;
    exception when others then
      raise log 'still no receipt was queued for a photo: %', sqlstate;
      if not private.is_nobodys(sqlstate) then
        return queued; -- whatever it is, the others wait for its end as well
      end if;
    end;
    delete from private.unqueued_photos u
    where (u.bucket, u.object_path, u.object_version)
      = (missed.bucket, missed.object_path, missed.object_version);
  end loop;
  return queued;
end
$$;
comment on function public.queue_missed_photos() is
  'Queues receipts for photos whose upload could not. Returns how many.';
revoke all on function public.queue_missed_photos() from public, anon, authenticated;
grant execute on function public.queue_missed_photos() to service_role;
