-- What monitoring wants to know of a receipt from whoever works on it: how long its user has waited, which is what is
-- promised, from the upload or from their own retry; and that it was given up.

-- One value for all rows that are there, which rewrites none of them; it matters only for those that may be read again.
alter table public.receipts add column queued_at timestamptz not null default now();
update public.receipts set queued_at = created_at where status <> 'done';
comment on column public.receipts.queued_at is
  'When its user asked for it to be read: the upload, or the latest retry_receipt. Attempts after a failure leave it.';

create function public.give_up_receipts() returns setof uuid
language plpgsql security definer set search_path = ''
as $$
declare
  max_attempts constant integer := coalesce(private.setting('max_attempts')::integer, 5);
begin
  return query
  update public.receipts
  set status = 'failed', error_code = 'attempts_exhausted', lease_token = null,
      error_detail = 'No attempt came to an end.'
  where id in (
    select id from public.receipts
    where status = 'processing' and lease_until <= now() and attempts >= max_attempts
    for update skip locked
  )
  returning id;
end
$$;
comment on function public.give_up_receipts() is
  'Ends receipts whose workers died over them until the attempts ran out: it may be the photo that kills them. Returns which.';
revoke all on function public.give_up_receipts() from public, anon, authenticated;
grant execute on function public.give_up_receipts() to service_role;

-- Whoever claims a receipt is told how long it has waited, so its answer has another column; who gives up says so.
drop function public.claim_receipts(integer, integer, uuid, text);

create function public.claim_receipts(
  p_limit integer,
  p_lease_seconds integer,
  p_receipt_id uuid default null,
  p_request_id text default null
)
returns table (
  id uuid,
  user_id uuid,
  bucket text,
  object_path text,
  object_version text,
  attempts integer,
  lease_token uuid,
  waited_s double precision
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  max_attempts constant integer := coalesce(private.setting('max_attempts')::integer, 5);
begin
  -- Functions of the release before do not call give_up_receipts; those of this one are there first, and say so.
  update public.receipts
  set status = 'failed', error_code = 'attempts_exhausted', lease_token = null,
      error_detail = 'No attempt came to an end.'
  where id in (
    select id from public.receipts
    where status = 'processing' and lease_until <= now() - interval '15 minutes' and attempts >= max_attempts
    for update skip locked
  );

  return query
  with due as materialized (
    select id from public.receipts
    where (
        (status = 'queued' and next_attempt_at <= now())
        or (status = 'processing' and lease_until <= now() and attempts < max_attempts)
      )
      and (p_receipt_id is null or id = p_receipt_id)
    order by next_attempt_at
    limit p_limit
    for update skip locked
  )
  update public.receipts r
  set status = 'processing',
      attempts = r.attempts + 1,
      lease_until = now() + make_interval(secs => p_lease_seconds),
      lease_token = gen_random_uuid(),
      request_id = coalesce(p_request_id, r.request_id)
  from due
  where r.id = due.id
  returning r.id, r.user_id, r.bucket, r.object_path, r.object_version, r.attempts, r.lease_token,
    extract(epoch from greatest(now() - r.queued_at, interval '0'))::double precision;
end
$$;
comment on function public.claim_receipts(integer, integer, uuid, text) is
  'Takes due receipts, or the named one if it is due, under a new lease, counts the attempt, and says how long it has waited. What has no attempt left is for give_up_receipts.';
revoke all on function public.claim_receipts(integer, integer, uuid, text) from public, anon, authenticated;
grant execute on function public.claim_receipts(integer, integer, uuid, text) to service_role;

create or replace function public.retry_receipt(receipt_id uuid) returns public.receipts
language plpgsql security definer set search_path = ''
as $$
declare
  receipt public.receipts;
begin
  select * into receipt from public.receipts r
  where r.id = receipt_id and r.user_id = (select auth.uid())
  for update;
  if not found then
    perform private.refuse(404, 'receipt_not_found', 'There is no such receipt.');
  elsif receipt.status <> 'failed' then
    perform private.refuse(409, 'receipt_not_failed', format('The receipt is %s, not failed.', receipt.status));
  elsif receipt.error_code = 'photo_replaced' then
    perform private.refuse(409, 'photo_replaced', 'A newer photo has taken the place of this one.');
  end if;
  update public.receipts
  set status = 'queued', attempts = 0, next_attempt_at = now(), lease_until = null, lease_token = null,
      error_code = null, error_detail = null, queued_at = now()
  where id = receipt.id
  returning * into receipt;
  perform private.hint_receipt(receipt.id);
  return receipt;
end
$$;
