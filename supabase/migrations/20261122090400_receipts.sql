-- Receipts and their line items. Users read their own rows; every write goes through a function.

create table public.receipts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  bucket text not null check (length(bucket) <= 200),
  object_path text not null check (length(object_path) <= 1100),
  object_version text not null check (length(object_version) <= 200),
  version integer not null default 1,
  status text not null default 'queued' check (status in ('queued', 'processing', 'done', 'failed')),
  attempts integer not null default 0 check (attempts >= 0),
  outages integer not null default 0 check (outages >= 0),
  crashes smallint not null default 0 check (crashes >= 0),
  reads_alone boolean not null default false,
  retries smallint not null default 0 check (retries >= 0),
  retried_on date,
  turn bigint not null default 0 check (turn >= 0),
  lease_until timestamptz,
  next_attempt_at timestamptz not null default now(),
  request_id text check (length(request_id) <= 200),
  store_name text check (length(store_name) <= 1000),
  store_key text not null generated always as (private.text_key(store_name)) stored check (length(store_key) <= 20000),
  purchased_at timestamp,
  total integer,
  currency text not null default 'KRW' check (currency ~ '^[A-Z]{3}$'),
  duplicate_of uuid references public.receipts (id) on delete set null,
  error_code text check (length(error_code) <= 200),
  error_detail text check (length(error_detail) <= 500),
  raw_lines jsonb not null default '[]'
    check (jsonb_typeof(raw_lines) = 'array' and octet_length(raw_lines::text) <= 2000000),
  warnings jsonb not null default '[]' check (jsonb_typeof(warnings) = 'array' and octet_length(warnings::text) <= 20000),
  uncertain_fields text[] not null default '{}' check (
    uncertain_fields <@ array['store_name', 'purchased_at', 'total'] and cardinality(uncertain_fields) <= 3
  ),
  contract_version text check (length(contract_version) <= 200),
  model_versions jsonb not null default '{}'
    check (jsonb_typeof(model_versions) = 'object' and octet_length(model_versions::text) <= 20000),
  timings jsonb not null default '{}' check (jsonb_typeof(timings) = 'object' and octet_length(timings::text) <= 20000),
  created_at timestamptz not null default now(),
  queued_at timestamptz not null default now(),
  processed_at timestamptz,
  photo_deleted_at timestamptz,
  deleted_at timestamptz,
  joined_into uuid references public.receipts (id) on delete set null,
  unique (bucket, object_path, object_version),
  check (status <> 'processing' or lease_until is not null),
  check (status <> 'done' or processed_at is not null),
  check (status <> 'failed' or error_code is not null),
  check (duplicate_of <> id)
);
comment on column public.receipts.version is
  'Counts the changes that the user can notice; messages of Realtime contain it.';
comment on column public.receipts.attempts is
  'Readings charged to the photo: those that ended with an answer about it, and those in which it was read alone and '
  'the reader or the worker died. Outages, and deaths that another photo may have caused, are not charged.';
comment on column public.receipts.outages is
  'Consecutive attempts that ended in the outage error_code. They are not charged as attempts.';
comment on column public.receipts.crashes is
  'Number of times the reader or the worker died while it had only this photo. The second makes the receipt fail with '
  'the code poison.';
comment on column public.receipts.reads_alone is
  'The reader or the worker died while it had this photo, possibly among others. It is now read while no other photo '
  'is, to tell whether it is the cause.';
comment on column public.receipts.retries is 'Number of calls of retry_receipt on the day retried_on.';
comment on column public.receipts.turn is
  'Place in the queue: receipts are claimed by turn, and the receipts of one user have consecutive turns. Made by '
  'private.next_turn.';
comment on column public.receipts.store_key is 'The store''s name in the form that names are compared in.';
comment on column public.receipts.purchased_at is
  'As printed, in the store''s local time; midnight if only a date is printed.';
comment on column public.receipts.total is 'In whole units of the currency.';
comment on column public.receipts.uncertain_fields is
  'Fields of the receipt as a whole that may be wrong and that the user has not settled: the user is asked to check them.';
comment on column public.receipts.error_code is 'Why the latest attempt failed: kept while queued, final when failed.';
comment on column public.receipts.raw_lines is
  'All printed lines with role, confidence and box; personal numbers are masked.';
comment on column public.receipts.photo_deleted_at is
  'When the photo was deleted, replaced or moved out of the user''s folder, and raw_lines with it; null while it is '
  'stored.';
comment on column public.receipts.deleted_at is
  'When the user deleted the receipt. It is hidden from then on, and can be restored for a while.';
comment on column public.receipts.joined_into is
  'The receipt that has the items of this one, which is a further photo of it. This one is hidden like a deleted one, '
  'but kept with its photo as long as the other.';
comment on column public.receipts.queued_at is
  'When the user last requested processing, by the upload or by retry_receipt. Start of the waiting time that is '
  'monitored; automatic retries do not change it.';
create index receipts_user_id on public.receipts (user_id, created_at desc);
-- Claims read the queue in this order; next_attempt_at is part of it so that receipts that are not due are skipped
-- within the index.
create index receipts_by_turn on public.receipts (turn, queued_at, next_attempt_at)
  where status = 'queued' and not reads_alone;
create index receipts_alone on public.receipts (next_attempt_at) where status = 'queued' and reads_alone;
create index receipts_leased on public.receipts (lease_until) where status = 'processing';
create index receipts_turn_of_user on public.receipts (user_id, turn) where status in ('queued', 'processing');
create index receipts_duplicate_of on public.receipts (duplicate_of) where duplicate_of is not null;
create index receipts_with_photo on public.receipts (created_at) where photo_deleted_at is null;
create index receipts_created_at on public.receipts (created_at);
create index receipts_joined_into on public.receipts (joined_into) where joined_into is not null;
create index receipts_deleted_at on public.receipts (deleted_at) where deleted_at is not null;
alter table public.receipts enable row level security;
create policy "Users read their own receipts" on public.receipts
  for select to authenticated using (user_id = (select private.owner_id()) and deleted_at is null);
revoke all on public.receipts from anon, authenticated;
grant select on public.receipts to authenticated;
grant all on public.receipts to service_role;

create table private.receipt_leases (
  receipt_id uuid primary key references public.receipts (id) on delete cascade,
  token uuid not null,
  leased_at timestamptz not null,
  object_path text not null check (length(object_path) <= 1100)
);
comment on table private.receipt_leases is
  'The latest claim of each receipt. complete_receipt and fail_receipt require its token. Apart from receipts, so that '
  'users, who read those, cannot see it. object_path is where the worker looks for the photo. '
  'Without a policy: for services only.';
alter table private.receipt_leases enable row level security;

create table public.receipt_items (
  id uuid primary key default gen_random_uuid(),
  receipt_id uuid not null references public.receipts (id) on delete cascade,
  photo_of uuid references public.receipts (id) on delete set null,
  line_no integer not null check (line_no between 1 and 1000),
  raw_text text not null check (length(raw_text) <= 2000),
  predicted_name text not null check (length(predicted_name) <= 1000),
  name text not null check (length(name) <= 1000),
  name_key text not null generated always as (private.text_key(name)) stored check (length(name_key) <= 20000),
  quantity double precision not null default 1 check (quantity > 0 and quantity < 1000000),
  unit text check (length(unit) <= 50),
  unit_price integer,
  amount integer,
  discount integer not null default 0 check (discount <= 0),
  barcode text check (length(barcode) <= 200),
  gtin14 text check (gtin14 ~ '^[0-9]{14}$'),
  kind text not null check (kind in ('food', 'non_food')),
  predicted_category_id smallint references public.categories (id),
  category_id smallint not null references public.categories (id),
  confidence real check (confidence between 0 and 1),
  alternatives jsonb not null default '[]'
    check (jsonb_typeof(alternatives) = 'array' and octet_length(alternatives::text) <= 20000),
  decided_by text not null default 'model'
    check (decided_by in ('model', 'alias', 'alias_elsewhere', 'product', 'user')),
  uncertain_fields text[] not null default '{}' check (
    uncertain_fields
      <@ array['name', 'quantity', 'unit_price', 'amount', 'barcode', 'category', 'expires_on']
      and cardinality(uncertain_fields) <= 7
  ),
  uncertain boolean not null generated always as (uncertain_fields <> '{}') stored,
  storage text check (storage in ('pantry', 'fridge', 'freezer')),
  purchased_on date,
  expires_on date,
  box jsonb check (octet_length(box::text) <= 1000),
  model_versions jsonb
    check (jsonb_typeof(model_versions) = 'object' and octet_length(model_versions::text) <= 20000),
  status text not null default 'pending' check (status in ('pending', 'added', 'dismissed')),
  unique (receipt_id, line_no)
);
comment on column public.receipt_items.photo_of is
  'The receipt whose photo shows the line item, if that was joined into this one; otherwise null.';
comment on column public.receipt_items.predicted_name is
  'The name as read from the photo, empty for an item that the user added; column name is what the user calls it.';
comment on column public.receipt_items.name_key is 'The name in the form that names are compared in.';
comment on column public.receipt_items.predicted_category_id is
  'The model''s prediction, never overwritten; an alias, a product or the user can change category_id. Null for an item '
  'that the user added.';
comment on column public.receipt_items.amount is 'The line''s printed amount before discounts.';
comment on column public.receipt_items.purchased_on is
  'The day of the order, if the photo is a list of orders; otherwise null: the receipt''s purchased_at applies.';
comment on column public.receipt_items.uncertain_fields is
  'Fields that may be wrong and that neither the user nor an alias or product has settled: the user is asked to check '
  'them.';
comment on column public.receipt_items.expires_on is 'Estimated use-by date, counted from the day of purchase.';
comment on column public.receipt_items.model_versions is
  'The models that read this line item, if those of the receipt read it again and left the line item alone; otherwise '
  'null.';
comment on column public.receipt_items.box is '[x0, y0, x1, y1] in pixels of the upright, full-size photo.';
comment on column public.receipt_items.alternatives is
  'The model''s next most likely categories, most likely first: [{code, confidence}].';
comment on column public.receipt_items.decided_by is
  'Source of name and category: the model, the user''s alias for this store (alias) or for another store '
  '(alias_elsewhere), the product with this barcode, or the user''s choice for this line item.';
comment on column public.receipt_items.gtin14 is
  'The product number in barcode; null without a barcode and for a store''s own codes.';
create index receipt_items_predicted_category_id on public.receipt_items (predicted_category_id);
create index receipt_items_photo_of on public.receipt_items (photo_of) where photo_of is not null;
create index receipt_items_purchased_on on public.receipt_items (receipt_id) where purchased_on is not null;
create index receipt_items_category_id on public.receipt_items (category_id);
create index receipt_items_gtin14 on public.receipt_items (gtin14) where status = 'pending';
alter table public.receipt_items enable row level security;
create policy "Users read the items of their own receipts" on public.receipt_items
  for select to authenticated
  using (
    receipt_id in (select id from public.receipts where user_id = (select private.owner_id()) and deleted_at is null)
  );
revoke all on public.receipt_items from anon, authenticated;
grant select on public.receipt_items to authenticated;
grant all on public.receipt_items to service_role;

create function private.unsettled(p_fields text[], p_settled text[]) returns text[]
language sql immutable set search_path = ''
as $$
  select array(
    select u.field from unnest(p_fields) with ordinality u (field, place) where u.field <> all (p_settled)
    order by u.place
  )
$$;
comment on function private.unsettled(text[], text[]) is
  'Uncertain fields without those that have been settled.';
revoke all on function private.unsettled(text[], text[]) from public, anon, authenticated, service_role;

create view public.my_receipts with (security_invoker = true) as
select
  r.id, r.object_path, r.status, r.version, r.error_code, r.store_name, r.purchased_at, r.total, r.currency,
  r.duplicate_of, r.warnings, r.uncertain_fields, r.created_at, r.processed_at, r.photo_deleted_at,
  food.items as food_items, food.waiting as waiting_items
from public.receipts r
left join lateral (
  select count(*)::integer as items, (count(*) filter (where i.status = 'pending'))::integer as waiting
  from public.receipt_items i where i.receipt_id = r.id and i.kind = 'food'
) food on true;
comment on view public.my_receipts is
  'The receipts of the calling user, without the columns of the queue, which may change. food_items counts the food on '
  'the receipt, waiting_items what of it still waits for review.';
revoke all on public.my_receipts from anon, authenticated;
grant select on public.my_receipts to authenticated;
grant select on public.my_receipts to service_role;

create function private.purchase_day(p_purchased_at timestamp, p_uploaded_at timestamptz) returns date
language sql stable set search_path = ''
as $$
  select coalesce(p_purchased_at, p_uploaded_at at time zone 'Asia/Seoul')::date
$$;
comment on function private.purchase_day(timestamp, timestamptz) is
  'The day that use-by dates are counted from: the printed day, otherwise the day of the upload in Korea.';
revoke all on function private.purchase_day(timestamp, timestamptz) from public, anon;
grant execute on function private.purchase_day(timestamp, timestamptz) to authenticated;

create function private.lock_user(p_user_id uuid) returns void
language sql set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended(p_user_id::text, 0))
$$;
comment on function private.lock_user(uuid) is
  'Locks a user until the transaction ends, so that concurrent transactions which complete or correct receipts of '
  'that user run one after another.';
revoke all on function private.lock_user(uuid) from public, anon;
grant execute on function private.lock_user(uuid) to authenticated;
