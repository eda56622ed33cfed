-- What a user has at home. Several lots of one product are several rows.

create table public.inventory (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default private.owner_id() references auth.users (id) on delete cascade,
  version integer not null default 1,
  receipt_item_id uuid unique references public.receipt_items (id) on delete set null,
  gtin14 text check (gtin14 ~ '^[0-9]{14}$'),
  name text not null check (length(btrim(name)) between 1 and 200),
  name_key text not null check (length(name_key) <= 4000),
  category_id smallint not null references public.categories (id),
  quantity double precision not null default 1 check (quantity >= 0 and quantity < 1000000),
  unit text check (length(unit) <= 20),
  image_url text check (image_url ~ '^https://' and length(image_url) <= 2000),
  storage text check (storage in ('pantry', 'fridge', 'freezer')),
  purchased_on date check (purchased_on between '2000-01-01' and '2199-12-31'),
  expires_on date check (expires_on between '2000-01-01' and '2199-12-31'),
  package_expires_on date check (package_expires_on between '2000-01-01' and '2199-12-31'),
  expiry_basis text check (expiry_basis in ('package', 'purchase', 'frozen', 'opened', 'thawed')),
  expiry_source text check (length(expiry_source) <= 200),
  moved_on date check (moved_on between '2000-01-01' and '2199-12-31'),
  opened_on date check (opened_on between '2000-01-01' and '2199-12-31'),
  consumed_at timestamptz check (consumed_at between '2000-01-01Z' and '2200-01-01Z'),
  consumed_reason text check (consumed_reason in ('eaten', 'thrown_away', 'given_away')),
  price integer check (price between 0 and 100000000),
  bought_quantity double precision check (bought_quantity > 0 and bought_quantity < 1000000),
  created_at timestamptz not null default now() check (created_at between '2000-01-01Z' and '2200-01-01Z'),
  check (quantity > 0 or consumed_at is not null),
  check (consumed_reason is null or consumed_at is not null)
);
comment on column public.inventory.version is
  'Counts the changes of the row; messages of Realtime contain it.';
comment on column public.inventory.name_key is
  'The name in the form that names are compared in, made by private.text_key.';
comment on column public.inventory.image_url is
  'The image of the product, copied once from what providers say of gtin14; it stays when they say something else.';
comment on column public.inventory.expires_on is
  'Use-by date: the date on the package, otherwise an estimate; null if it is unknown or not needed. A date that a '
  'user sets counts as the date on the package.';
comment on column public.inventory.package_expires_on is
  'The date on the package, from the barcode or the user. Opening, freezing and thawing change expires_on, not this '
  'date.';
comment on column public.inventory.moved_on is 'The day of the latest move to another storage place.';
comment on column public.inventory.expiry_basis is
  'What expires_on is based on: package is a date that was entered, the others are estimates counted from that event.';
comment on column public.inventory.expiry_source is 'Source of the shelf-life rule that an estimate is based on.';
comment on column public.inventory.consumed_reason is
  'What became of the last of it: eaten, thrown_away or given_away. Earlier parts are in inventory_history.';
comment on column public.inventory.price is 'Won paid for the whole lot, less discounts; null if it is unknown.';
comment on column public.inventory.bought_quantity is
  'The quantity of the whole lot, before any of it was consumed. A corrected quantity rescales it.';
create index inventory_user_id on public.inventory (user_id, expires_on);
create index inventory_category_id on public.inventory (category_id);
alter table public.inventory enable row level security;
create policy "Users read their own inventory" on public.inventory
  for select to authenticated using (user_id = (select private.owner_id()));
-- Only functions write it: they keep dates, places and the history consistent, and apply the limits.
revoke all on public.inventory from anon, authenticated;
grant select on public.inventory to authenticated;
grant all on public.inventory to service_role;

create function private.check_inventory() returns trigger
language plpgsql set search_path = ''
as $$
begin
  -- Checked before the constraints, whose errors contain the row and would put it into the log.
  if coalesce(btrim(new.name), '') = '' or length(new.name) > 200 then
    perform private.refuse(422, 'invalid_item', 'name must have 1 to 200 characters.');
  elsif not coalesce(new.quantity >= 0 and new.quantity < 1000000, false)
    or new.quantity = 0 and new.consumed_at is null
  then
    perform private.refuse(422, 'invalid_item', 'quantity must be more than 0 and less than 1,000,000.');
  elsif length(new.unit) > 20 then
    perform private.refuse(422, 'invalid_item', 'unit must have at most 20 characters.');
  elsif new.storage not in ('pantry', 'fridge', 'freezer') then
    perform private.refuse(422, 'unknown_storage', 'storage must be pantry, fridge or freezer.');
  elsif new.gtin14 !~ '^[0-9]{14}$' then
    perform private.refuse(422, 'invalid_item', 'gtin14 is not a product number.');
  elsif new.image_url !~ '^https://' or length(new.image_url) > 2000 then
    perform private.refuse(422, 'invalid_item', 'image_url must be an https URL of at most 2000 characters.');
  elsif not new.price between 0 and 100000000 then
    perform private.refuse(422, 'invalid_item', 'price must be from 0 to 100,000,000 won.');
  elsif length(new.expiry_source) > 200
    or new.expiry_basis not in ('package', 'purchase', 'frozen', 'opened', 'thawed')
  then
    perform private.refuse(422, 'invalid_item', 'expiry_basis or expiry_source is invalid.');
  elsif not private.dates_are_plausible(
    new.purchased_on, new.expires_on, new.package_expires_on, new.moved_on, new.opened_on, new.consumed_at::date,
    new.created_at::date
  ) then
    perform private.refuse(422, 'date_out_of_range', 'A date is before 2000 or too far in the future.');
  end if;
  new.name_key := private.text_key(new.name);
  if tg_op = 'INSERT' then
    new.bought_quantity := coalesce(new.bought_quantity, nullif(new.quantity, 0), 1);
    new.storage := coalesce(
      new.storage, (select c.default_storage from public.categories c where c.id = new.category_id)
    );
  end if;
  return new;
end
$$;
comment on function private.check_inventory() is
  'Refuses an inventory row with invalid values, in words, sets name_key, and gives a new row the usual place of its '
  'category if it has none. Errors by hint: invalid_item, unknown_storage, '
  'date_out_of_range.';
revoke all on function private.check_inventory() from public, anon, authenticated, service_role;
create trigger check_inventory before insert or update on public.inventory
  for each row execute function private.check_inventory();
create trigger limit_inventory after insert on public.inventory
  referencing new table as added for each statement execute function private.limit_rows('10000');

create function private.take_given_date() returns trigger
language plpgsql set search_path = ''
as $$
begin
  -- Functions that estimate set expiry_basis when they insert, and update as their owner, not as the service's role.
  if tg_op = 'INSERT' and new.expires_on is not null and new.expiry_basis is null
    or tg_op = 'UPDATE' and current_user = 'service_role' and new.expires_on is distinct from old.expires_on
  then
    new.package_expires_on := new.expires_on;
    new.expiry_basis := case when new.expires_on is not null then 'package' end;
    new.expiry_source := null;
  end if;
  return new;
end
$$;
comment on function private.take_given_date() is
  'Records a date that comes without a basis, or that a service sets directly, as the date on the package.';
revoke all on function private.take_given_date() from public, anon, authenticated, service_role;
create trigger take_given_date before insert or update of expires_on on public.inventory
  for each row execute function private.take_given_date();

create function private.take_gtin14() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  select i.gtin14 into new.gtin14 from public.receipt_items i where i.id = new.receipt_item_id;
  return new;
end
$$;
comment on function private.take_gtin14() is 'Copies the product number of the line item that a row comes from.';
revoke all on function private.take_gtin14() from public, anon, authenticated, service_role;
create trigger take_gtin14 before insert on public.inventory
  for each row when (new.receipt_item_id is not null and new.gtin14 is null)
  execute function private.take_gtin14();

create function private.price(p_amount integer, p_discount integer) returns integer
language sql immutable set search_path = ''
as $$
  -- A misread amount may be anything.
  select case when p_amount::bigint + p_discount between 0 and 100000000 then p_amount + p_discount end
$$;
comment on function private.price(integer, integer) is
  'The price of a lot by the amount and the discount of its line item; null for a refund and an impossible amount.';
revoke all on function private.price(integer, integer) from public, anon, authenticated, service_role;

create table public.inventory_history (
  id bigint generated always as identity primary key,
  inventory_id uuid not null references public.inventory (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  action text not null check (action in ('moved', 'opened', 'consumed', 'corrected')),
  changes jsonb not null check (jsonb_typeof(changes) = 'object' and octet_length(changes::text) <= 20000),
  changed_at timestamptz not null default now(),
  reason text check (reason in ('eaten', 'thrown_away', 'given_away')),
  share double precision check (share > 0 and share <= 1),
  check ((reason is null) = (share is null))
);
comment on table public.inventory_history is
  'Every change to an inventory row, however it was made: changes is {column: [before, after]}. The deletion of its '
  'receipt and the arrival of its image are not recorded. Deleted with the row.';
comment on column public.inventory_history.reason is 'What became of the part that was consumed; null once that is undone.';
comment on column public.inventory_history.share is 'The part that was consumed, as a share of the whole lot.';
create index inventory_history_thrown_away on public.inventory_history (user_id, changed_at)
  where reason = 'thrown_away';
create index inventory_history_inventory_id on public.inventory_history (inventory_id, id desc);
create index inventory_history_user_id on public.inventory_history (user_id, changed_at desc);
alter table public.inventory_history enable row level security;
create policy "Users read the history of their own inventory" on public.inventory_history
  for select to authenticated using (user_id = (select private.owner_id()));
revoke all on public.inventory_history from anon, authenticated;
grant select on public.inventory_history to authenticated;
grant all on public.inventory_history to service_role;

create trigger limit_inventory_history after insert on public.inventory_history
  referencing new table as added for each statement execute function private.limit_rows('200000');

create function private.note_inventory_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  column_changes jsonb;
begin
  select jsonb_object_agg(after.key, jsonb_build_array(before.value, after.value)) into column_changes
  from jsonb_each(to_jsonb(new)) after
  join jsonb_each(to_jsonb(old)) before using (key)
  where before.value is distinct from after.value
    -- receipt_item_id: a row that loses its receipt is not a change by the user, and no limit may keep the receipt.
    -- image_url: nor is an image that arrives, and no limit may keep the product.
    and after.key not in ('version', 'bought_quantity', 'name_key', 'receipt_item_id', 'image_url');
  if column_changes is not null then
    insert into public.inventory_history (inventory_id, user_id, action, changes)
    values (
      new.id, new.user_id,
      case
        when new.opened_on is distinct from old.opened_on and new.opened_on is not null then 'opened'
        -- A correction of the quantity rescales the whole lot.
        when new.consumed_at is not null and old.consumed_at is null
          or new.quantity < old.quantity and new.bought_quantity = old.bought_quantity then 'consumed'
        when new.storage is distinct from old.storage then 'moved'
        else 'corrected'
      end,
      column_changes
    );
    delete from public.inventory_history h
    where h.inventory_id = new.id and h.id <= (
      select oldest.id from public.inventory_history oldest
      where oldest.inventory_id = new.id
      order by oldest.id desc
      offset 200 limit 1
    );
  end if;
  return null;
end
$$;
comment on function private.note_inventory_change() is
  'Writes inventory_history, of which the latest 200 entries of each row are kept.';
revoke all on function private.note_inventory_change() from public, anon, authenticated, service_role;
create trigger note_inventory_change after update on public.inventory
  for each row execute function private.note_inventory_change();
