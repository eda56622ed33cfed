-- Lookups of barcodes at providers: a lease that lets one worker at a time ask about a barcode, and the queue of
-- barcodes to ask about later.

create table public.product_misses (
  gtin14 text primary key check (gtin14 ~ '^[0-9]{14}$'),
  times integer not null default 1 check (times >= 1),
  checked_at timestamptz not null default now(),
  retry_after timestamptz not null
);
comment on table public.product_misses is 'Barcodes that no provider knows, and when to ask again. '
  'Without a policy: for services only.';
comment on column public.product_misses.times is 'Number of consecutive lookups in which no provider knew the product.';
create index product_misses_retry_after on public.product_misses (retry_after);
alter table public.product_misses enable row level security;
revoke all on public.product_misses from anon, authenticated;
grant all on public.product_misses to service_role;

create table private.asked_numbers (
  gtin14 text primary key check (gtin14 ~ '^[0-9]{14}$'),
  first_user_id uuid not null references auth.users (id) on delete cascade,
  by_several boolean not null default false,
  asked_at timestamptz not null
);
comment on table private.asked_numbers is
  'Barcodes about which providers were asked for a user, and whether several users asked: part of each provider''s day '
  'is reserved for those. Without a policy: for services only.';
create index asked_numbers_asked_at on private.asked_numbers (asked_at);
create index asked_numbers_first_user_id on private.asked_numbers (first_user_id);
alter table private.asked_numbers enable row level security;

create table public.product_lookups (
  gtin14 text primary key check (gtin14 ~ '^[0-9]{14}$'),
  requested_at timestamptz not null,
  next_attempt_at timestamptz not null,
  retry_at timestamptz,
  attempts integer not null default 0 check (attempts >= 0),
  lease_until timestamptz,
  lease_token uuid,
  tried jsonb not null default '[]' check (jsonb_typeof(tried) = 'array' and octet_length(tried::text) <= 20000)
);
comment on column public.product_lookups.attempts is 'Number of lookups that were started, by the sweep or for a user.';
comment on column public.product_lookups.next_attempt_at is 'When the sweep may call providers.';
comment on column public.product_lookups.retry_at is
  'When a user''s request may call providers again; until then the outcomes in tried are returned.';
comment on column public.product_lookups.tried is
  'Outcome per provider at the latest attempt: [{provider, outcome, until}].';
create index product_lookups_due on public.product_lookups (next_attempt_at);
comment on table public.product_lookups is 'Barcodes whose products providers are to be asked for. Without a policy: for services only.';
alter table public.product_lookups enable row level security;
revoke all on public.product_lookups from anon, authenticated;
grant all on public.product_lookups to service_role;

create function private.product_is_settled(p_gtin14 text, p_now timestamptz) returns boolean
language sql stable set search_path = ''
as $$
  select exists (select from public.products where gtin14 = p_gtin14 and (expires_at is null or expires_at > p_now))
    or exists (select from public.product_misses where gtin14 = p_gtin14 and retry_after > p_now)
$$;
comment on function private.product_is_settled(text, timestamptz) is
  'Whether a fresh product or a fresh miss is stored, so that providers need not be called.';
revoke all on function private.product_is_settled(text, timestamptz) from public, anon, authenticated;

create function public.begin_product_lookup(
  p_gtin14 text,
  p_now timestamptz,
  p_lease_seconds integer,
  p_user_id uuid default null
)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  lookup public.product_lookups;
  is_wanted boolean := false;
begin
  insert into public.product_lookups (gtin14, requested_at, next_attempt_at)
  values (p_gtin14, p_now, p_now)
  on conflict (gtin14) do nothing;
  select * into lookup from public.product_lookups where gtin14 = p_gtin14 for update;
  -- Checked after the lock is acquired: its previous holder may have stored a result.
  if lookup is null or private.product_is_settled(p_gtin14, p_now) then
    delete from public.product_lookups where gtin14 = p_gtin14;
    return jsonb_build_object('state', 'stored');
  elsif lookup.lease_until > p_now then
    return jsonb_build_object('state', 'held');
  elsif lookup.retry_at > p_now then
    return jsonb_build_object('state', 'postponed', 'tried', lookup.tried, 'until', lookup.retry_at);
  elsif p_user_id is not null and not private.take_quota(p_user_id, 'barcode_lookups', 1) then
    -- Nor does the sweep look it up, unless another user asked for it.
    delete from public.product_lookups where gtin14 = p_gtin14 and requested_at = p_now and attempts = 0;
    return jsonb_build_object(
      'state', 'limited', 'until', p_now + make_interval(secs => private.seconds_until_tomorrow())
    );
  end if;
  if p_user_id is not null then
    insert into private.asked_numbers as n (gtin14, first_user_id, asked_at) values (p_gtin14, p_user_id, p_now)
    on conflict (gtin14) do update
    set asked_at = excluded.asked_at, by_several = n.by_several or n.first_user_id <> excluded.first_user_id
    returning n.by_several into is_wanted;
  end if;
  update public.product_lookups
  set lease_token = gen_random_uuid(), lease_until = p_now + make_interval(secs => p_lease_seconds),
      attempts = attempts + 1
  where gtin14 = p_gtin14
  returning * into lookup;
  return jsonb_build_object('state', 'acquired', 'token', lookup.lease_token, 'by_several', is_wanted);
end
$$;
comment on function public.begin_product_lookup(text, timestamptz, integer, uuid) is
  'Acquires the lookup lease of a barcode for a user, whose daily quota it counts against. state: acquired (with a '
  'lease token, and whether several users have asked for the barcode), held (by another worker), stored (a result is stored), postponed (providers failed recently; with the '
  'outcomes in tried), limited (the user''s quota is used up until the given time).';
revoke all on function public.begin_product_lookup(text, timestamptz, integer, uuid) from public, anon, authenticated;
grant execute on function public.begin_product_lookup(text, timestamptz, integer, uuid) to service_role;

create function public.claim_product_lookup(p_now timestamptz, p_lease_seconds integer)
returns table (gtin14 text, lease_token uuid)
language sql security definer set search_path = ''
as $$
  -- The next attempt is planned now: a lookup that fails in an unforeseen way must not be the next one again.
  update public.product_lookups l
  set lease_token = gen_random_uuid(), lease_until = p_now + make_interval(secs => p_lease_seconds),
      attempts = attempts + 1,
      next_attempt_at = p_now + make_interval(secs => least(21600, p_lease_seconds * 2 ^ least(attempts, 12)))
  where l.gtin14 = (
    select due.gtin14 from public.product_lookups due
    where due.next_attempt_at <= p_now and (due.lease_until is null or due.lease_until <= p_now)
    order by due.next_attempt_at
    limit 1
    for update skip locked
  )
  returning l.gtin14, l.lease_token
$$;
comment on function public.claim_product_lookup(timestamptz, integer) is
  'Claims the due barcode that has waited longest, under a new lease.';
revoke all on function public.claim_product_lookup(timestamptz, integer) from public, anon, authenticated;
grant execute on function public.claim_product_lookup(timestamptz, integer) to service_role;

create function public.request_product_lookup(p_gtin14 text, p_now timestamptz) returns void
language sql security definer set search_path = ''
as $$
  insert into public.product_lookups (gtin14, requested_at, next_attempt_at)
  values (p_gtin14, p_now, p_now)
  on conflict (gtin14) do nothing
$$;
comment on function public.request_product_lookup(text, timestamptz) is 'Queues a barcode for the sweep. Idempotent.';
revoke all on function public.request_product_lookup(text, timestamptz) from public, anon, authenticated;
grant execute on function public.request_product_lookup(text, timestamptz) to service_role;

create function public.finish_product_lookup(p_gtin14 text, p_lease_token uuid, p_now timestamptz, p_result jsonb)
returns text
language plpgsql security definer set search_path = ''
as $$
declare
  result constant jsonb := private.json_argument(p_result);
  outcome constant text := result ->> 'outcome';
  holds_lease boolean;
begin
  perform private.settle_provider_calls(result -> 'reports', p_now);
  select lease_token = p_lease_token into holds_lease
  from public.product_lookups where gtin14 = p_gtin14 for update;

  if outcome = 'found' then -- valid even if another worker holds the lease by now
    insert into public.products (
      gtin14, name, brand, category_id, quantity_text, image_url, source, source_payload, fetched_at, expires_at,
      confidence
    )
    select
      p_gtin14, p.name, p.brand, c.id, p.quantity_text, p.image_url, p.source, p.payload, p_now, p.expires_at,
      p.confidence
    from jsonb_to_record(result -> 'product') as p (
      name text, brand text, category text, quantity_text text, image_url text, source text, payload jsonb,
      expires_at timestamptz, confidence real
    )
    left join public.categories c on c.code = p.category
    on conflict (gtin14) do update
    set name = excluded.name, brand = excluded.brand, category_id = excluded.category_id,
        quantity_text = excluded.quantity_text, image_url = excluded.image_url, source = excluded.source,
        source_payload = excluded.source_payload, fetched_at = excluded.fetched_at,
        expires_at = excluded.expires_at, confidence = excluded.confidence;
    delete from public.product_misses where gtin14 = p_gtin14;
    delete from public.product_lookups where gtin14 = p_gtin14;
    return 'stored';
  elsif holds_lease is distinct from true then
    return 'stale';
  elsif outcome = 'not_found' then
    -- A product that a provider knew earlier, or that users named, is kept.
    update public.products
    set expires_at = p_now + make_interval(secs => (result ->> 'keep_seconds')::double precision)
    where gtin14 = p_gtin14;
    if not found then
      insert into public.product_misses as m (gtin14, checked_at, retry_after)
      values (p_gtin14, p_now, p_now + make_interval(secs => (result ->> 'miss_seconds')::double precision))
      on conflict (gtin14) do update
      set times = m.times + 1, checked_at = excluded.checked_at,
          retry_after = p_now + make_interval(secs => least(
            (result ->> 'longest_miss_seconds')::double precision,
            (result ->> 'miss_seconds')::double precision * 2 ^ least(m.times, 20)
          ));
    end if;
    delete from public.product_lookups where gtin14 = p_gtin14;
    -- Accounts that voted may have come of age since.
    if pg_try_advisory_xact_lock(hashtextextended('product_names ' || p_gtin14, 0)) then
      perform private.decide_product_name(p_gtin14, 'users'), private.decide_product_name(p_gtin14, 'receipts');
    end if;
    return 'stored';
  end if;
  -- Incomplete: retry later.
  update public.product_lookups
  set lease_until = null, lease_token = null, tried = result -> 'tried',
      retry_at = p_now + make_interval(secs => (result ->> 'failure_seconds')::double precision),
      next_attempt_at = greatest(
        (result ->> 'not_before')::timestamptz,
        p_now + make_interval(secs => least(
          21600, (result ->> 'failure_seconds')::double precision * 2 ^ least(greatest(attempts - 1, 0), 10)
        ))
      )
  where gtin14 = p_gtin14;
  return 'queued';
end
$$;
comment on function public.finish_product_lookup(text, uuid, timestamptz, jsonb) is
  'Stores the result of a lookup: {outcome: found, product} | {outcome: not_found, miss_seconds, '
  'longest_miss_seconds, keep_seconds} | {outcome: incomplete, tried, failure_seconds, not_before}, each with reports '
  'for private.settle_provider_calls. Returns stored, queued (for the sweep) or stale (another worker holds the '
  'lease).';
revoke all on function public.finish_product_lookup(text, uuid, timestamptz, jsonb) from public, anon, authenticated;
grant execute on function public.finish_product_lookup(text, uuid, timestamptz, jsonb) to service_role;

create function public.forget_old_lookups(p_now timestamptz) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  deleted_rows integer;
begin
  -- A batch per call; the sweep calls every minute.
  delete from public.product_lookups l
  where l.gtin14 in (
    select old.gtin14 from public.product_lookups old
    where old.requested_at < p_now - interval '14 days' and (old.lease_until is null or old.lease_until <= p_now)
    limit 1000
  );
  delete from private.asked_numbers n
  where n.gtin14 in (
    select old.gtin14 from private.asked_numbers old where old.asked_at < p_now - interval '30 days' limit 1000
  );
  delete from public.product_misses m
  where m.gtin14 in (
    select old.gtin14 from public.product_misses old where old.retry_after < p_now - interval '30 days' limit 1000
  );
  get diagnostics deleted_rows = row_count;
  return deleted_rows;
end
$$;
comment on function public.forget_old_lookups(timestamptz) is
  'Deletes barcodes that could not be looked up for 14 days, unknown barcodes 30 days after '
  'the time when they would have been looked up again, and records of who asked. Returns the number of unknown barcodes.';
revoke all on function public.forget_old_lookups(timestamptz) from public, anon, authenticated;
grant execute on function public.forget_old_lookups(timestamptz) to service_role;
