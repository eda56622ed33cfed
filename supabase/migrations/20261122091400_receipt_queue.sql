-- The queue of receipts: which worker may process which receipt, how often, and when to retry.
-- A lease limits how long a dead worker holds a receipt; its token tells a late worker that the lease has passed on.
-- A claim does not charge an attempt. A photo is charged when the OCR service answers about it, and when the service or
-- the worker dies while it reads this photo alone. After a death with several photos in the reader, each of them is read
-- alone once, which shows the cause without charging the others.

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

create function private.next_turn(p_user_id uuid) returns bigint
language sql stable set search_path = ''
as $$
  select greatest(
    coalesce(
      (
        select r.turn from public.receipts r
        where r.status = 'queued' and not r.reads_alone and r.next_attempt_at <= now()
        order by r.turn, r.queued_at
        limit 1
      ),
      0
    ),
    coalesce(
      (
        select max(r.turn) + 1 from public.receipts r
        where r.user_id = p_user_id and r.status in ('queued', 'processing')
      ),
      0
    )
  )
$$;
comment on function private.next_turn(uuid) is
  'The turn of the next receipt of a user: after the user''s other open receipts, and not before the front of the '
  'queue. So a user''s n-th waiting photo comes after the (n-1)-th of every user.';
revoke all on function private.next_turn(uuid) from public, anon, authenticated, service_role;

create function private.end_crash(p_receipt public.receipts, p_code text, p_detail text) returns text
language plpgsql set search_path = ''
as $$
declare
  charge constant integer := p_receipt.reads_alone::integer;
  attempts_used constant integer := p_receipt.attempts + charge;
  is_poison constant boolean := p_receipt.crashes + charge >= 2;
  is_final constant boolean := charge = 1 and (is_poison or attempts_used >= private.max_attempts());
begin
  delete from private.receipt_leases l where l.receipt_id = p_receipt.id;
  update public.receipts r
  set status = case when is_final then 'failed' else 'queued' end,
      attempts = attempts_used, crashes = r.crashes + charge, reads_alone = true, lease_until = null,
      error_code = case when not is_final then p_code when is_poison then 'poison' else 'attempts_exhausted' end,
      error_detail = left(p_detail, 500)
  where r.id = p_receipt.id;
  return case when is_final then 'failed' else 'queued' end;
end
$$;
comment on function private.end_crash(public.receipts, text, text) is
  'Ends an attempt in which the reader or the worker died. A photo that was read alone is charged: the second time it '
  'fails with the code poison. Any other is read alone next, without being charged. Returns queued or failed. The row '
  'must be locked.';
revoke all on function private.end_crash(public.receipts, text, text)
  from public, anon, authenticated, service_role;

create function private.end_lost_leases(p_failing boolean, p_before timestamptz)
returns table (id uuid, error_code text)
language plpgsql security definer set search_path = ''
as $$
declare
  receipt public.receipts;
begin
  for receipt in
    select r.* from public.receipts r
    where r.status = 'processing' and r.lease_until <= p_before
      and (r.reads_alone and (r.crashes >= 1 or r.attempts + 1 >= private.max_attempts())) = p_failing
    order by r.lease_until
    limit 100
    for update skip locked
  loop
    if private.end_crash(receipt, 'worker_lost', 'No worker finished the attempt.') = 'failed' then
      return query select r.id, r.error_code from public.receipts r where r.id = receipt.id;
    end if;
  end loop;
end
$$;
comment on function private.end_lost_leases(boolean, timestamptz) is
  'Ends attempts whose leases expired before p_before, up to 100 per call: those that make their receipt fail '
  '(p_failing), or the others. Returns the receipts that failed.';
revoke all on function private.end_lost_leases(boolean, timestamptz) from public, anon, authenticated, service_role;

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
  waited_s double precision,
  ahead integer
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  -- The longest processing of a photo, without the margin of its lease: older claims belong to dead workers.
  longest_reading constant interval := interval '100 seconds';
  -- Of a photo that is read alone, which finds an idle reader. Then other photos stop waiting for it.
  longest_alone constant interval := interval '60 seconds';
  patience_alone constant interval := interval '30 seconds';
  per_user constant integer := coalesce(private.setting('reading_per_user')::integer, 4);
  others_are_read boolean;
  one_is_read_alone boolean;
  suspect public.receipts;
  claim_ids uuid[];
begin
  -- One claim at a time: the limits below would not hold if two claims counted at once. It takes milliseconds.
  perform pg_advisory_xact_lock(hashtextextended('public.claim_receipts', 0));
  perform private.end_lost_leases(p_failing => false, p_before => now());
  -- give_up_receipts does this first, because it reports what fails. This is for workers that do not call it.
  perform private.end_lost_leases(p_failing => true, p_before => now() - interval '15 minutes');

  select coalesce(bool_or(r.reads_alone and l.leased_at > now() - longest_alone), false),
    coalesce(bool_or(l.leased_at > now() - longest_reading), false)
  into one_is_read_alone, others_are_read
  from public.receipts r join private.receipt_leases l on l.receipt_id = r.id
  where r.status = 'processing' and r.lease_until > now();
  if one_is_read_alone then
    return;
  end if;
  select * into suspect from public.receipts r
  where r.status = 'queued' and r.reads_alone and r.next_attempt_at <= now()
    and (p_receipt_id is null or r.id = p_receipt_id)
  order by r.next_attempt_at
  limit 1
  for update skip locked;
  if found and not others_are_read then
    claim_ids := array[suspect.id];
  elsif found and suspect.next_attempt_at < now() - patience_alone then
    return; -- let the reader run empty
  else
    with window_of_queue as materialized (
      select r.id, r.user_id, r.turn, r.queued_at from public.receipts r
      where r.status = 'queued' and not r.reads_alone and r.next_attempt_at <= now()
        and (p_receipt_id is null or r.id = p_receipt_id)
      order by r.turn, r.queued_at
      -- A user at the limit has few receipts before the next user's, because turns interleave users.
      limit 500
    ), reading as (
      select r.user_id, count(*) as photos from public.receipts r
      where r.status = 'processing' and r.lease_until > now()
      group by r.user_id
    ), ranked as (
      select w.*, row_number() over (partition by w.user_id order by w.turn, w.queued_at) as place
      from window_of_queue w
    )
    select array_agg(chosen.id) into claim_ids
    from (
      select r.id
      from ranked k
      join public.receipts r on r.id = k.id
      left join reading on reading.user_id = k.user_id
      where r.status = 'queued' and k.place + coalesce(reading.photos, 0) <= per_user
      order by k.turn, k.queued_at
      limit p_limit
      for update of r skip locked
    ) chosen;
  end if;

  return query
  with leased as (
    update public.receipts r
    set status = 'processing',
        lease_until = now() + make_interval(secs => p_lease_seconds),
        request_id = coalesce(left(p_request_id, 100), r.request_id)
    where r.id = any (claim_ids)
    returning r.*
  ), tokens as (
    insert into private.receipt_leases as l (receipt_id, token, leased_at, object_path)
    select r.id, gen_random_uuid(), now(), r.object_path from leased r
    on conflict (receipt_id) do update
    set token = excluded.token, leased_at = excluded.leased_at, object_path = excluded.object_path
    returning l.receipt_id, l.token
  )
  select r.id, r.user_id, r.bucket, r.object_path, r.object_version, r.attempts + 1, t.token,
    extract(epoch from greatest(now() - r.queued_at, interval '0'))::double precision,
    -- The statement sees the receipts as they were before it.
    (select count(*) from public.receipts other
     where other.user_id = r.user_id and other.status = 'processing' and other.lease_until > now())::integer
      + (row_number() over (partition by r.user_id order by r.turn, r.queued_at))::integer - 1
  from leased r join tokens t on t.receipt_id = r.id;
end
$$;
comment on function public.claim_receipts(integer, integer, uuid, text) is
  'Claims due receipts, or the given receipt if it is due, under a new lease: users in turn, at most reading_per_user '
  '(setting, 4 by default) of each at a time. A receipt that may have killed the reader is claimed while no other is '
  'being read, and no other is claimed meanwhile. attempts is the number of this attempt; it is charged when the '
  'attempt ends, see fail_receipt. waited_s is the time since queued_at in seconds. ahead is the number of the '
  'user''s receipts that were claimed before and are still being read.';
revoke all on function public.claim_receipts(integer, integer, uuid, text) from public, anon, authenticated;
grant execute on function public.claim_receipts(integer, integer, uuid, text) to service_role;

create function public.give_up_receipts() returns table (id uuid, error_code text)
language sql security definer set search_path = ''
as $$
  select lost.id, lost.error_code from private.end_lost_leases(p_failing => true, p_before => now()) lost
$$;
comment on function public.give_up_receipts() is
  'Fails receipts whose last attempt was lost with its worker, because the photo killed it. Returns them with their '
  'error_code: poison or attempts_exhausted. A claim ends other lost attempts.';
revoke all on function public.give_up_receipts() from public, anon, authenticated;
grant execute on function public.give_up_receipts() to service_role;

create function public.fail_receipt(
  p_receipt_id uuid,
  p_lease_token uuid,
  p_code text,
  p_detail text,
  p_retryable boolean,
  p_retry_after_seconds integer default null,
  p_counts_attempt boolean default true,
  p_crashed boolean default false
)
returns text
language plpgsql security definer set search_path = ''
as $$
declare
  receipt public.receipts;
  attempts_used integer;
  outages_in_row integer := 0;
  was_moved boolean;
  is_missing boolean;
  is_final boolean;
  delay_s double precision;
begin
  select r.* into receipt
  from public.receipts r join private.receipt_leases l on l.receipt_id = r.id
  where r.id = p_receipt_id and l.token = p_lease_token
  for update of r;
  if not found then
    return 'stale';
  end if;
  if receipt.status <> 'processing' then
    return receipt.status; -- the same call, repeated
  end if;
  if p_crashed then
    return private.end_crash(receipt, p_code, p_detail);
  end if;
  -- Its user moved the photo between the claim and the download: it is read from its new path, at once.
  was_moved := p_code = 'photo_missing' and exists (
    select from private.receipt_leases l where l.receipt_id = receipt.id and l.object_path <> receipt.object_path
  );
  attempts_used := receipt.attempts + (p_counts_attempt and not was_moved)::integer;
  if not p_counts_attempt then
    outages_in_row := case when receipt.error_code = p_code then receipt.outages + 1 else 1 end;
  end if;
  -- The row of the photo may be there without its bytes, which Storage reports as an outage that never ends.
  is_missing := p_code = 'photo_unavailable'
    and outages_in_row >= coalesce(private.setting('max_outages')::integer, 1000);
  is_final := not was_moved and (is_missing or not p_retryable or attempts_used >= private.max_attempts());
  -- Exponential backoff from 5 s, up to 10 min, or up to 1 min in an outage, with jitter: receipts that failed together
  -- are not retried together.
  delay_s := greatest(
    coalesce(p_retry_after_seconds, 0),
    case
      when was_moved then 0
      when p_counts_attempt then least(600, 5 * 2 ^ least(attempts_used - 1, 10))
      else least(60, 5 * 2 ^ least(outages_in_row - 1, 10))
    end
  ) * (1 + random() / 4);
  update public.receipts r
  set status = case when is_final then 'failed' else 'queued' end,
      attempts = attempts_used, outages = outages_in_row, lease_until = null,
      reads_alone = r.reads_alone and not p_counts_attempt,
      turn = case when is_final then r.turn else private.next_turn(r.user_id) end,
      next_attempt_at = case when is_final then r.next_attempt_at else now() + make_interval(secs => delay_s) end,
      error_code = case when is_missing then 'photo_missing' else left(p_code, 100) end,
      error_detail = left(p_detail, 500)
  where r.id = p_receipt_id;
  return case when is_final then 'failed' else 'queued' end;
end
$$;
comment on function public.fail_receipt(uuid, uuid, text, text, boolean, integer, boolean, boolean) is
  'Ends a failed attempt. p_counts_attempt: whether the failure is charged to the photo, false in an outage. p_crashed: '
  'the reader died while it had the photo, see private.end_crash. A photo that Storage cannot deliver max_outages times '
  'in a row (setting, 1000 by default, about 17 hours) fails as photo_missing; one that was moved after the claim is queued '
  'again. Returns queued (to be retried after a '
  'backoff), failed (not retryable, or no attempts left) or stale (another worker holds the lease). The photo is kept.';
revoke all on function public.fail_receipt(uuid, uuid, text, text, boolean, integer, boolean, boolean)
  from public, anon, authenticated;
grant execute on function public.fail_receipt(uuid, uuid, text, text, boolean, integer, boolean, boolean)
  to service_role;

create function public.retry_receipt(receipt_id uuid) returns public.receipts
language plpgsql security definer set search_path = ''
as $$
declare
  receipt public.receipts;
  retries_today smallint;
begin
  select * into receipt from public.receipts r
  where r.id = receipt_id and r.user_id = (select private.owner_id()) and r.deleted_at is null
  for update;
  if not found then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  elsif receipt.status <> 'failed' then
    perform private.refuse(
      409, 'receipt_not_failed', format('Only a failed receipt can be retried; this one is %s.', receipt.status)
    );
  elsif receipt.error_code in ('photo_replaced', 'photo_too_large', 'photo_type_mismatch') then
    perform private.refuse(409, receipt.error_code, 'The photo cannot be read; upload another one.');
  end if;
  retries_today := case when receipt.retried_on = private.today() then receipt.retries else 0 end;
  if retries_today >= private.daily_limit('retries_of_receipt') then
    perform private.refuse_until_tomorrow('The receipt has been retried too often today.');
  end if;
  perform private.use_quota('retries', 1);
  delete from private.receipt_leases l where l.receipt_id = receipt.id;
  update public.receipts r
  -- What is known about a photo that killed the reader stays.
  set status = 'queued', attempts = 0, outages = 0, reads_alone = r.crashes > 0, next_attempt_at = now(),
      lease_until = null, error_code = null, error_detail = null, queued_at = now(),
      turn = private.next_turn(r.user_id), retries = retries_today + 1, retried_on = private.today()
  where r.id = receipt.id
  returning * into receipt;
  perform private.hint_receipt(receipt.id);
  return receipt;
end
$$;
comment on function public.retry_receipt(uuid) is
  'Queues a failed receipt of the calling user again. A photo that killed the reader is read alone, and fails with the '
  'code poison at once if it does so again. Errors by hint: receipt_not_found, receipt_not_failed, photo_replaced, '
  'photo_too_large, photo_type_mismatch, rate_limited. '
  'Runs as its owner, because users may not write receipts.';
revoke all on function public.retry_receipt(uuid) from public, anon;
grant execute on function public.retry_receipt(uuid) to authenticated;
