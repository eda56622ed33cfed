-- How long photos stay: a year, or the setting photo_days; and never longer than their user.

create function public.photos_to_delete(p_limit integer) returns setof text
language plpgsql stable security definer set search_path = ''
as $$
declare
  kept constant interval := make_interval(days => coalesce(private.setting('photo_days')::integer, 365));
begin
  return query
    select o.name::text from storage.objects o
    where o.bucket_id = 'ocr'
      and (
        coalesce(o.updated_at, o.created_at) < now() - kept
        or not exists (select from auth.users u where u.id::text = split_part(o.name, '/', 1))
      )
    limit p_limit;
end
$$;
comment on function public.photos_to_delete(integer) is
  'Paths of photos that have been kept long enough, or whose user is gone: what an upload put there during a deletion.';
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
  -- An error here would keep the photo.
  raise log 'the text of a deleted photo was kept: %', sqlstate;
  return null;
end
$$;
comment on function private.forget_printed_lines() is
  'All that was printed goes with its photo; items, store, date and total stay as what the user bought.';
revoke all on function private.forget_printed_lines() from public, anon, authenticated, service_role;
create trigger receipt_photo_deleted after delete on storage.objects
  for each row when (old.bucket_id = 'ocr')
  execute function private.forget_printed_lines();
