-- Photos that were stored while no receipt could be queued for them: noted here, and queued by the next sweep.

create table private.unqueued_photos (
  bucket text not null,
  object_path text not null,
  object_version text not null,
  user_id uuid not null references auth.users (id) on delete cascade,
  noticed_at timestamptz not null default now(),
  primary key (bucket, object_path, object_version)
);
comment on table private.unqueued_photos is
  'What the trigger on uploads could not queue, such as for waiting too long for a lock. The first sweep after the cause''s end empties it.';
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
comment on function private.queue_receipt(text, text, text, timestamptz) is
  'Queues a receipt for a version of a photo, once, as uploaded at that time.';
revoke all on function private.queue_receipt(text, text, text, timestamptz)
  from public, anon, authenticated, service_role;

create or replace function private.enqueue_receipt() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.queue_receipt(new.bucket_id, new.name, coalesce(new.version, new.id::text));
  return null;
exception when others then
  -- An error here would refuse the user's upload.
  raise log 'no receipt was queued for a photo: %', sqlstate;
  begin
    insert into private.unqueued_photos (bucket, object_path, object_version, user_id)
    values (new.bucket_id, new.name, coalesce(new.version, new.id::text), split_part(new.name, '/', 1)::uuid)
    on conflict do nothing;
  exception when others then
    raise log 'nor was it noted, as it may be nobody''s: %', sqlstate;
  end;
  return null;
end
$$;

create function public.queue_missed_photos() returns table (queued integer, waiting integer)
language plpgsql security definer set search_path = ''
as $$
declare
  missed private.unqueued_photos;
begin
  queued := 0;
  for missed in
    select * from private.unqueued_photos order by noticed_at limit 1000 for update skip locked
  loop
    begin
      -- What is replaced meanwhile waits for this, and then takes its place.
      perform from storage.objects o
      where o.bucket_id = missed.bucket and o.name = missed.object_path
        and coalesce(o.version, o.id::text) = missed.object_version
      for share;
      if found then
        perform private.queue_receipt(missed.bucket, missed.object_path, missed.object_version, missed.noticed_at);
        queued := queued + 1;
      end if;
      delete from private.unqueued_photos u
      where (u.bucket, u.object_path, u.object_version)
        = (missed.bucket, missed.object_path, missed.object_version);
    exception when others then
      raise log 'still no receipt was queued for a photo: %', sqlstate;
      exit; -- whatever it is, the others wait for its end as well
    end;
  end loop;
  select count(*) into waiting from private.unqueued_photos;
  return next;
end
$$;
comment on function public.queue_missed_photos() is
  'Queues receipts for photos whose upload could not. Returns how many, and how many still wait.';
revoke all on function public.queue_missed_photos() from public, anon, authenticated;
grant execute on function public.queue_missed_photos() to service_role;
