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
  array['image/jpeg', 'image/png', 'image/webp', 'image/heic', 'image/heif', 'application/pdf']
)
on conflict (id) do update
set public = excluded.public,
    file_size_limit = excluded.file_size_limit,
    allowed_mime_types = excluded.allowed_mime_types;

create policy "Users see their own receipt photos" on storage.objects
  for select to authenticated
  using (bucket_id = 'ocr' and (storage.foldername(name))[1] = (select private.owner_id())::text);
create policy "Users upload receipt photos to their own folder" on storage.objects
  for insert to authenticated
  with check (bucket_id = 'ocr' and (storage.foldername(name))[1] = (select private.owner_id())::text);
create policy "Users replace their own receipt photos" on storage.objects
  for update to authenticated
  using (bucket_id = 'ocr' and (storage.foldername(name))[1] = (select private.owner_id())::text)
  with check (bucket_id = 'ocr' and (storage.foldername(name))[1] = (select private.owner_id())::text);
create policy "Users delete their own receipt photos" on storage.objects
  for delete to authenticated
  using (bucket_id = 'ocr' and (storage.foldername(name))[1] = (select private.owner_id())::text);

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
  'upload over the quota with 403 and no reason; the app asks here for it. Quotas are renewed at midnight in Korea. '
  'Runs as its owner, because users may not read the quotas.';
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
  using (true)
  with check (
    bucket_id <> 'ocr'
    -- Storage's name of what the user asked for: a moved photo was counted when it was uploaded.
    or (select current_setting('storage.operation', true)) = 'storage.object.move'
    or private.upload_is_allowed(metadata)
  );

create table private.missed_photo_events (
  id bigint generated always as identity primary key,
  event text not null check (event in ('uploaded', 'moved', 'deleted')),
  bucket text not null check (length(bucket) <= 200),
  object_path text not null check (length(object_path) <= 1100),
  object_version text not null check (length(object_version) <= 200),
  previous_path text check (length(previous_path) <= 1100),
  previous_version text check (length(previous_version) <= 200),
  bytes bigint,
  user_id uuid not null references auth.users (id) on delete cascade,
  noticed_at timestamptz not null default now(),
  unique (bucket, object_path, object_version, event),
  check ((event = 'moved') = (previous_path is not null and previous_version is not null))
);
comment on table private.missed_photo_events is
  'Uploads, moves and deletions of photos that the trigger on storage.objects could not apply to receipts, for example '
  'because of a lock timeout. The next sweep applies them. '
  'Without a policy: for services only.';
create index missed_photo_events_user_id on private.missed_photo_events (user_id);
alter table private.missed_photo_events enable row level security;

create function private.end_replaced_receipts(p_bucket text, p_path text, p_version text) returns void
language sql set search_path = ''
as $$
  update public.receipts
  set status = case status when 'done' then status else 'failed' end,
      error_code = case when status <> 'done' then 'photo_replaced' end,
      error_detail = case when status <> 'done' then 'A newer photo replaced this one.' end,
      lease_until = null, raw_lines = '[]', photo_deleted_at = coalesce(photo_deleted_at, now())
  where bucket = p_bucket and object_path = p_path and object_version <> p_version
    and (photo_deleted_at is null or status <> 'done' and error_code is distinct from 'photo_replaced')
$$;
comment on function private.end_replaced_receipts(text, text, text) is
  'Ends the receipts of a path that now holds the photo with p_version. Those that have been read keep their items.';
revoke all on function private.end_replaced_receipts(text, text, text)
  from public, anon, authenticated, service_role;

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
      when 'rate_limited' then 'The daily limit of photos has been reached.'
    end
  )
  on conflict (bucket, object_path, object_version) do nothing
  returning id into queued_id;
  if queued_id is not null then
    -- The path now holds the newer photo: processing an older receipt would produce the newer line items twice.
    perform private.end_replaced_receipts(p_bucket, p_path, p_version);
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

create function private.end_photos(p_bucket text, p_path text) returns void
language sql set search_path = ''
as $$
  -- Not limited to receipts with lines: these may be stored while this waits for the row.
  update public.receipts r set raw_lines = '[]', photo_deleted_at = now()
  where r.bucket = p_bucket and r.object_path = p_path and r.photo_deleted_at is null
    and not exists (
      select from storage.objects o
      where o.bucket_id = r.bucket and o.name = r.object_path and coalesce(o.version, o.id::text) = r.object_version
    )
$$;
comment on function private.end_photos(text, text) is
  'Deletes the printed lines of the receipts of a path whose photos are no longer stored there. Line items, store, date '
  'and total stay.';
revoke all on function private.end_photos(text, text) from public, anon, authenticated, service_role;

create type private.photo_event as (
  event text, bucket text, object_path text, object_version text, previous_path text, previous_version text,
  bytes bigint, noticed_at timestamptz
);
comment on type private.photo_event is
  'As in private.missed_photo_events. Not its row type: the trigger could then not start while the table is locked.';

create function private.apply_photo_event(p_event private.photo_event) returns void
language plpgsql set search_path = ''
as $$
declare
  e constant private.photo_event := p_event;
begin
  if e.event = 'uploaded' then
    perform private.queue_receipt(e.bucket, e.object_path, e.object_version, e.bytes, e.noticed_at);
    return;
  elsif e.event = 'deleted' then
    perform private.end_photos(e.bucket, e.object_path);
    return;
  end if;
  if exists (
    select from public.receipts r
    where r.bucket = e.bucket and r.object_path = e.object_path and r.object_version = e.object_version
  ) then
    return;
  elsif split_part(e.previous_path, '/', 1) <> split_part(e.object_path, '/', 1) then
    -- To another user's folder, which only the secret key can do: another receipt.
    perform private.end_photos(e.bucket, e.previous_path);
  else
    perform private.end_replaced_receipts(e.bucket, e.object_path, e.object_version);
    update public.receipts r
    set object_path = e.object_path,
        object_version = case r.object_version when e.previous_version then e.object_version else r.object_version end
    where r.bucket = e.bucket and r.object_path = e.previous_path;
  end if;
  -- Idempotent: does nothing if the photo's receipt has been moved with it.
  perform private.queue_receipt(e.bucket, e.object_path, e.object_version, e.bytes, e.noticed_at);
end
$$;
comment on function private.apply_photo_event(private.photo_event) is
  'Applies the upload, move or deletion of a photo to its receipt. A move renames the path of the receipt. Idempotent.';
revoke all on function private.apply_photo_event(private.photo_event)
  from public, anon, authenticated, service_role;

create function private.follow_photo() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
declare
  -- Of the photo's path: the bucket, before and after.
  was_here constant boolean := tg_op <> 'INSERT' and old.bucket_id = 'ocr';
  is_here constant boolean := tg_op <> 'DELETE' and new.bucket_id = 'ocr';
  e private.photo_event;
begin
  e.noticed_at := now();
  e.bucket := 'ocr';
  if not is_here then
    e.event := 'deleted';
    e.object_path := old.name;
    e.object_version := coalesce(old.version, old.id::text);
  else
    e.event := 'uploaded';
    e.object_path := new.name;
    e.object_version := coalesce(new.version, new.id::text);
    e.bytes := private.photo_bytes(new.metadata);
    if was_here and old.name <> new.name then
      e.event := 'moved';
      e.previous_path := old.name;
      e.previous_version := coalesce(old.version, old.id::text);
    end if;
  end if;
  if was_here and e.event <> 'uploaded' then
    -- An upload or a move that could not be applied yet becomes a move from where it began, or a deletion there.
    begin
      update private.missed_photo_events m
      set event = case when e.event = 'deleted' and m.event = 'uploaded' then m.event else e.event end,
          object_path = case e.event when 'moved' then e.object_path else coalesce(m.previous_path, m.object_path) end,
          object_version = case e.event
            when 'moved' then e.object_version
            else coalesce(m.previous_version, m.object_version)
          end,
          previous_path = case e.event when 'moved' then coalesce(m.previous_path, m.object_path) end,
          previous_version = case e.event when 'moved' then coalesce(m.previous_version, m.object_version) end
      where m.bucket = e.bucket and m.object_path = old.name and m.object_version = coalesce(old.version, old.id::text)
        and m.event in ('uploaded', 'moved');
      if found and e.event = 'moved' then
        return null;
      end if;
    exception when query_canceled or lock_not_available then
      null; -- the table is locked; an event of this photo that waits there is applied, or ends, later
    end;
  end if;
  perform private.apply_photo_event(e);
  return null;
-- others does not include query_canceled, which statement_timeout raises.
exception when query_canceled or others then
  -- An error here would reject the user's upload, move or deletion.
  raise log 'a photo that was % was not applied to its receipt: %', e.event, sqlstate;
  begin
    insert into private.missed_photo_events (
      event, bucket, object_path, object_version, previous_path, previous_version, bytes, user_id
    )
    values (
      e.event, e.bucket, e.object_path, e.object_version, e.previous_path, e.previous_version, e.bytes,
      split_part(e.object_path, '/', 1)::uuid
    )
    on conflict do nothing;
  exception when query_canceled or others then
    raise log 'the photo was not recorded as missed either; its folder may not belong to a user: %', sqlstate;
  end;
  return null;
end
$$;
comment on function private.follow_photo() is
  'Applies what happens to a photo in the bucket ocr to its receipt: an upload, also over an existing photo, queues a '
  'receipt, once per version; a move renames its path; a deletion deletes its printed lines. Storage runs every upload '
  'twice: the first time to test permissions, which it rolls back. Storage sets no lock_timeout; without it a held lock '
  'would fail the request. Never raises.';
revoke all on function private.follow_photo() from public, anon, authenticated, service_role;
-- Storage sets a new version when it uploads over an existing object, and a new name and version when it moves one.
create trigger receipt_photo_stored
  after insert or update of version, name, bucket_id on storage.objects
  for each row when (new.bucket_id = 'ocr')
  execute function private.follow_photo();
create trigger receipt_photo_moved_away after update of bucket_id on storage.objects
  for each row when (old.bucket_id = 'ocr' and new.bucket_id <> 'ocr')
  execute function private.follow_photo();
create trigger receipt_photo_deleted after delete on storage.objects
  for each row when (old.bucket_id = 'ocr')
  execute function private.follow_photo();

create table private.sweep_state (
  is_only_row boolean primary key default true check (is_only_row),
  retention_due_at timestamptz not null default now(),
  strays_due_at timestamptz not null default now(),
  strays_since timestamptz not null default now(),
  stray_name text not null default '' check (length(stray_name) <= 1100),
  webhook_call_id bigint not null default 0
);
comment on table private.sweep_state is
  'One row: when photos_to_delete next looks for photos past their retention, how far its pass over all photos is, and '
  'the latest webhook call that the last sweep saw. '
  'Without a policy: for services only.';
insert into private.sweep_state default values;
alter table private.sweep_state enable row level security;

create function private.delete_stale_hints() returns void
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
declare
  seen_id bigint;
begin
  if to_regclass('net.http_request_queue') is null then
    return;
  end if;
  execute 'select max(q.id) from net.http_request_queue q' into seen_id;
  if seen_id is not null then
    -- pg_net sends a call within a second: what the last sweep saw waits because its worker is down.
    execute
      'delete from net.http_request_queue where id in ('
      '  select q.id from net.http_request_queue q, private.sweep_state s'
      '  where q.id <= s.webhook_call_id and q.url = private.setting(''receipt_webhook_url'')'
      '  for update of q skip locked'
      ')';
    update private.sweep_state set webhook_call_id = seen_id where is_only_row;
  end if;
exception when others then
  raise log 'stale calls of the webhook were not deleted: %', sqlstate;
end
$$;
comment on function private.delete_stale_hints() is
  'Deletes webhook calls that waited since the last sweep, because they contain the webhook''s secret. The sweep reads '
  'their receipts. Never raises.';
revoke all on function private.delete_stale_hints() from public, anon, authenticated, service_role;

create function public.queue_missed_photos() returns table (queued integer, waiting integer)
language plpgsql security definer set search_path = ''
as $$
declare
  missed private.missed_photo_events;
begin
  perform private.delete_stale_hints();
  queued := 0;
  for missed in
    select * from private.missed_photo_events order by noticed_at, id limit 1000 for update skip locked
  loop
    begin
      -- The lock makes a concurrent replacement wait; it then replaces this receipt.
      perform from storage.objects o
      where o.bucket_id = missed.bucket and o.name = missed.object_path
        and coalesce(o.version, o.id::text) = missed.object_version
      for share;
      if found or missed.event = 'deleted' then
        perform private.apply_photo_event((
          missed.event, missed.bucket, missed.object_path, missed.object_version, missed.previous_path,
          missed.previous_version, missed.bytes, missed.noticed_at
        ));
        queued := queued + (missed.event <> 'deleted')::integer;
      else
        -- Replaced meanwhile, and perhaps deleted: older receipts have lost their photo.
        perform private.end_photos(missed.bucket, missed.object_path);
        perform private.end_photos(missed.bucket, missed.previous_path);
      end if;
      delete from private.missed_photo_events m where m.id = missed.id;
    exception when others then
      raise log 'a missed photo was not applied to its receipt again: %', sqlstate;
      exit; -- the cause most likely affects the other photos too
    end;
  end loop;
  select count(*) into waiting from private.missed_photo_events;
  return next;
end
$$;
comment on function public.queue_missed_photos() is
  'Applies the uploads, moves and deletions of photos that the trigger could not apply. Returns the number of receipts '
  'that were queued or moved, and how many events still wait.';
revoke all on function public.queue_missed_photos() from public, anon, authenticated;
grant execute on function public.queue_missed_photos() to service_role;

create table private.deletions_set_aside (
  receipt_id uuid primary key references public.receipts (id) on delete cascade,
  attempts integer not null default 1 check (attempts >= 1),
  error text not null check (length(error) <= 5),
  next_attempt_at timestamptz not null
);
comment on table private.deletions_set_aside is
  'Receipts that could not be deleted, or lose the text of their photo, for good: the SQLSTATE and when the sweep tries '
  'again. They do not hold up the others. '
  'Without a policy: for services only.';
alter table private.deletions_set_aside enable row level security;

create function private.set_deletion_aside(p_receipt_id uuid, p_error text) returns void
language plpgsql set search_path = ''
as $$
begin
  raise log 'the deletion of a receipt was set aside: %', p_error;
  insert into private.deletions_set_aside as a (receipt_id, error, next_attempt_at)
  values (p_receipt_id, p_error, now() + interval '1 hour')
  on conflict (receipt_id) do update
  set attempts = a.attempts + 1, error = excluded.error,
      next_attempt_at = now() + make_interval(hours => least(2 ^ least(a.attempts, 5), 24)::integer);
end
$$;
comment on function private.set_deletion_aside(uuid, text) is
  'Notes that the deletion of a receipt failed. It is tried again after an hour, later after up to a day.';
revoke all on function private.set_deletion_aside(uuid, text) from public, anon, authenticated, service_role;

create function private.deletion_waits(p_receipt_id uuid) returns boolean
language sql stable set search_path = ''
as $$
  select exists (
    select from private.deletions_set_aside a where a.receipt_id = p_receipt_id and a.next_attempt_at > now()
  )
$$;
comment on function private.deletion_waits(uuid) is 'Whether the deletion of a receipt was set aside for now.';
revoke all on function private.deletion_waits(uuid) from public, anon, authenticated, service_role;

create function private.receipts_to_end(p_limit integer, p_retention interval)
returns table (id uuid, bucket text, object_path text, object_version text)
language sql stable rows 100 set search_path = ''
as $$
  -- Each of them by its own index.
  (
    select r.id, r.bucket, r.object_path, r.object_version from public.receipts r
    where r.photo_deleted_at is null and r.created_at < now() - p_retention and not private.deletion_waits(r.id)
    order by r.created_at
    limit p_limit
  )
  union
  (
    select r.id, r.bucket, r.object_path, r.object_version from public.receipts r
    where r.photo_deleted_at is null and r.deleted_at < now() - private.undo_time()
      and r.joined_into is null and not private.deletion_waits(r.id)
    order by r.deleted_at
    limit p_limit
  )
  limit p_limit
$$;
comment on function private.receipts_to_end(integer, interval) is
  'Receipts whose photos are due to be deleted: older than the retention, or deleted too long ago to restore them.';
revoke all on function private.receipts_to_end(integer, interval) from public, anon, authenticated, service_role;

create function public.photos_to_delete(p_limit integer) returns setof text
language plpgsql security definer set search_path = ''
as $$
declare
  slice constant integer := 7000; -- ten million names in a day
  retention constant interval := make_interval(days => coalesce(private.setting('photo_days')::integer, 365));
  state private.sweep_state;
  missing_id uuid;
  names text[];
  paths text[];
begin
  select * into state from private.sweep_state for update skip locked;
  if not found then
    return; -- another sweep does this
  end if;
  if state.retention_due_at <= now() then
    perform private.forget_deleted(p_limit);
    -- Storage's trigger may have ended the photo meanwhile.
    delete from private.deletions_set_aside a
    where (
      select r.photo_deleted_at is not null and r.deleted_at is null from public.receipts r where r.id = a.receipt_id
    );
    perform private.forget_rereads(p_limit);
    -- Receipts whose photo is missing although its deletion was not noticed.
    for missing_id in
      select due.id from private.receipts_to_end(p_limit, retention) due
      where not exists (
        select from storage.objects o
        where o.bucket_id = due.bucket and o.name = due.object_path
          and coalesce(o.version, o.id::text) = due.object_version
      )
    loop
      begin
        update public.receipts u set photo_deleted_at = now(), raw_lines = '[]' where u.id = missing_id;
        delete from private.deletions_set_aside a where a.receipt_id = missing_id;
      exception when others then
        perform private.set_deletion_aside(missing_id, sqlstate);
      end;
    end loop;
    select array_agg(due.object_path) into paths from private.receipts_to_end(p_limit, retention) due;
    if paths is not null then
      return query select unnest(paths);
      return;
    end if;
    update private.sweep_state set retention_due_at = now() + interval '1 hour' where is_only_row;
  end if;
  if state.strays_due_at > now() then
    return;
  end if;
  -- Any order of names will do, so this is the order of the unique index of (bucket_id, name).
  names := array(
    select o.name from storage.objects o
    where o.bucket_id = 'ocr' and o.name > state.stray_name
    order by o.name
    limit slice
  );
  select array_agg(n.name order by n.place) into paths
  from unnest(names) with ordinality n (name, place)
  where split_part(n.name, '/', 1) in (
    select f.folder from (select distinct split_part(d.name, '/', 1) as folder from unnest(names) d (name)) f
    where not exists (
      select from auth.users u
      where u.id = case when f.folder ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then f.folder::uuid end
    )
  );
  if cardinality(paths) > p_limit then
    paths := paths[:p_limit];
    update private.sweep_state set stray_name = paths[p_limit] where is_only_row;
  elsif cardinality(names) = slice then
    update private.sweep_state
    set stray_name = names[slice], strays_due_at = now() + interval '50 seconds'
    where is_only_row;
  else
    update private.sweep_state
    set stray_name = '', strays_since = now(),
        strays_due_at = greatest(strays_since + interval '1 day', now() + interval '1 hour')
    where is_only_row;
  end if;
  return query select unnest(paths);
end
$$;
comment on function public.photos_to_delete(integer) is
  'Paths of photos to delete. Once per hour, by the receipts, p_limit photos older than the setting photo_days (365 by '
  'default) and those of receipts that were deleted too long ago to restore them, and again while there are any; and '
  'forgets such receipts. Once per day, in slices of 7,000 names per minute, photos without a '
  'user, which were uploaded while the account was being deleted.';
revoke all on function public.photos_to_delete(integer) from public, anon, authenticated;
grant execute on function public.photos_to_delete(integer) to service_role;
