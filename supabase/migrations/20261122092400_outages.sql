-- What tells operators that receipts are not read, without the exporter, and the end of the canary's users.

create function public.receipts_waiting(p_seconds double precision)
returns table (receipts bigint, of_users bigint, oldest_s double precision)
language sql stable security definer set search_path = ''
as $$
  select count(*), count(*) filter (where not private.is_canary(w.object_path)),
    coalesce(max(extract(epoch from now() - w.queued_at)), 0)::double precision
  from (
    select r.object_path, r.queued_at from public.receipts r
    where r.status in ('queued', 'processing') and r.queued_at < now() - make_interval(secs => p_seconds)
    order by r.queued_at
    limit 1000
  ) w
$$;
comment on function public.receipts_waiting(double precision) is
  'Open receipts whose users have waited for longer than p_seconds since the upload or their own retry, up to 1000; how '
  'many of them are not the canary''s, and the longest wait in seconds.';
revoke all on function public.receipts_waiting(double precision) from public, anon, authenticated;
grant execute on function public.receipts_waiting(double precision) to service_role;

create function public.delete_canaries() returns integer
language sql security definer set search_path = ''
as $$
  with requested as (
    insert into public.account_deletions (user_id)
    select u.id from auth.users u
    where u.email like 'canary-%@jangbogi.invalid' and u.created_at < now() - interval '1 hour'
    on conflict (user_id) do nothing
    returning 1
  )
  select count(*)::integer from requested
$$;
comment on function public.delete_canaries() is
  'Requests the deletion of canary users older than an hour, whose runs were interrupted. No other user can have such '
  'an address, because it must be confirmed and the domain receives no mail. Returns their number.';
revoke all on function public.delete_canaries() from public, anon, authenticated;
grant execute on function public.delete_canaries() to service_role;
