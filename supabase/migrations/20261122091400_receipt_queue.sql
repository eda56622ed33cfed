-- The queue of receipts: which worker may process which receipt, how often, and when to retry.
-- A lease limits how long a dead worker holds a receipt; its token tells a late worker that the lease has passed on.

create function private.max_attempts() returns integer
language sql stable security definer set search_path = ''
as $$
  select coalesce(private.setting('max_attempts')::integer, 5)
$$;
comment on function private.max_attempts() is
  'Attempts before a receipt becomes a dead letter: setting max_attempts, 5 by default.';
revoke all on function private.max_attempts() from public, anon, authenticated, service_role;

create function private.hint_receipt(p_receipt_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  url text := private.setting('receipt_webhook_url');
begin
  if url is null then
    return;
  end if;
  -- Sent once, after commit, without retries: it only starts processing early. The sweep finds the row anyway.
  perform net.http_post(
    url := url,
    body := jsonb_build_object('receipt_id', p_receipt_id),
    headers := jsonb_strip_nulls(jsonb_build_object(
      'Content-Type', 'application/json',
      'X-Webhook-Secret', private.setting('receipt_webhook_secret')
    )),
    timeout_milliseconds := 5000
  );
exception when others then
  raise log 'the webhook for receipt % was not called: %', p_receipt_id, sqlstate;
end
$$;
comment on function private.hint_receipt(uuid) is
  'Calls the webhook if pg_net is installed and receipt_webhook_url is set. Never raises, because it runs within the '
  'user''s upload.';
revoke all on function private.hint_receipt(uuid) from public, anon, authenticated, service_role;

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
  max_attempts constant integer := private.max_attempts();
begin
  -- A fallback for workers that do not call give_up_receipts. It waits 15 minutes, because give_up_receipts also
  -- returns what it gave up, for the log.
  update public.receipts
  set status = 'failed', error_code = 'attempts_exhausted', lease_token = null,
      error_detail = 'No attempt finished.'
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
  'Claims due receipts, or the given receipt if it is due, under a new lease, and counts the attempt. waited_s is the '
  'time since queued_at in seconds. Receipts without attempts left are handled by give_up_receipts.';
revoke all on function public.claim_receipts(integer, integer, uuid, text) from public, anon, authenticated;
grant execute on function public.claim_receipts(integer, integer, uuid, text) to service_role;

create function public.give_up_receipts() returns setof uuid
language plpgsql security definer set search_path = ''
as $$
declare
  max_attempts constant integer := private.max_attempts();
begin
  return query
  update public.receipts
  set status = 'failed', error_code = 'attempts_exhausted', lease_token = null,
      error_detail = 'No attempt finished.'
  where id in (
    select id from public.receipts
    where status = 'processing' and lease_until <= now() and attempts >= max_attempts
    for update skip locked
  )
  returning id;
end
$$;
comment on function public.give_up_receipts() is
  'Fails receipts whose leases expired until no attempts were left, because the photo may be what crashes the '
  'workers. Returns their ids.';
revoke all on function public.give_up_receipts() from public, anon, authenticated;
grant execute on function public.give_up_receipts() to service_role;

create function public.fail_receipt(
  p_receipt_id uuid,
  p_lease_token uuid,
  p_code text,
  p_detail text,
  p_retryable boolean,
  p_retry_after_seconds integer default null,
  p_counts_attempt boolean default true
)
returns text
language plpgsql security definer set search_path = ''
as $$
declare
  max_attempts constant integer := private.max_attempts();
  receipt public.receipts;
  attempts_used integer;
  delay_s double precision;
begin
  select * into receipt from public.receipts where id = p_receipt_id and lease_token = p_lease_token for update;
  if not found then
    return 'stale';
  end if;
  if receipt.status <> 'processing' then
    return receipt.status; -- the same call, repeated
  end if;
  attempts_used := receipt.attempts - case when p_counts_attempt then 0 else 1 end;
  if p_retryable and attempts_used < max_attempts then
    -- Exponential backoff from 5 s to 10 min, with jitter: receipts that failed together are not retried together.
    delay_s := greatest(
      coalesce(p_retry_after_seconds, 0),
      least(600, 5 * 2 ^ least(receipt.attempts - 1, 10))
    ) * (1 + random() / 4);
    update public.receipts
    set status = 'queued', attempts = attempts_used, lease_until = null, error_code = p_code, error_detail = p_detail,
        next_attempt_at = now() + make_interval(secs => delay_s)
    where id = p_receipt_id;
    return 'queued';
  end if;
  update public.receipts
  set status = 'failed', attempts = attempts_used, lease_until = null, error_code = p_code, error_detail = p_detail
  where id = p_receipt_id;
  return 'failed';
end
$$;
comment on function public.fail_receipt(uuid, uuid, text, text, boolean, integer, boolean) is
  'Ends a failed attempt. Returns queued (to be retried after a backoff), failed (not retryable, or no attempts left) '
  'or stale (another worker holds the lease). The photo is kept.';
revoke all on function public.fail_receipt(uuid, uuid, text, text, boolean, integer, boolean)
  from public, anon, authenticated;
grant execute on function public.fail_receipt(uuid, uuid, text, text, boolean, integer, boolean) to service_role;

create function public.retry_receipt(receipt_id uuid) returns public.receipts
language plpgsql security definer set search_path = ''
as $$
declare
  receipt public.receipts;
begin
  select * into receipt from public.receipts r
  where r.id = receipt_id and r.user_id = (select auth.uid())
  for update;
  if not found then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  elsif receipt.status <> 'failed' then
    perform private.refuse(
      409, 'receipt_not_failed', format('Only a failed receipt can be retried; this one is %s.', receipt.status)
    );
  elsif receipt.error_code = 'photo_replaced' then
    perform private.refuse(409, 'photo_replaced', 'A newer photo has replaced this one.');
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
comment on function public.retry_receipt(uuid) is
  'Queues a failed receipt of the calling user again. Errors by hint: receipt_not_found, receipt_not_failed, '
  'photo_replaced.';
revoke all on function public.retry_receipt(uuid) from public, anon;
grant execute on function public.retry_receipt(uuid) to authenticated;
