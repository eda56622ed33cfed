-- What is at home. A user's own rows; several lots of one product are several rows.

create table public.inventory (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  receipt_item_id uuid unique references public.receipt_items (id) on delete set null,
  gtin14 text check (gtin14 ~ '^[0-9]{14}$'),
  name text not null check (length(btrim(name)) between 1 and 200),
  category_id smallint not null references public.categories (id),
  quantity double precision not null default 1 check (quantity >= 0 and quantity < 1000000),
  unit text check (length(unit) <= 20),
  storage text check (storage in ('pantry', 'fridge', 'freezer')),
  purchased_on date,
  expires_on date,
  opened_on date,
  consumed_at timestamptz,
  created_at timestamptz not null default now()
);
comment on column public.inventory.expires_on is 'An editable estimate; a date on the package wins.';
create index inventory_user_id on public.inventory (user_id, expires_on);
create index inventory_category_id on public.inventory (category_id);
alter table public.inventory enable row level security;

create policy "Users read their own inventory" on public.inventory
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users add to their own inventory" on public.inventory
  for insert to authenticated
  with check (
    user_id = (select auth.uid())
    -- The sub-select sees the user's own receipts only.
    and (
      receipt_item_id is null
      or exists (select from public.receipt_items i where i.id = inventory.receipt_item_id)
    )
  );
create policy "Users change their own inventory" on public.inventory
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Users remove from their own inventory" on public.inventory
  for delete to authenticated using (user_id = (select auth.uid()));

revoke all on public.inventory from anon, authenticated;
grant select, insert, delete on public.inventory to authenticated;
-- Whose it is and where it came from do not change.
grant update (name, category_id, quantity, unit, storage, purchased_on, expires_on, opened_on, consumed_at)
  on public.inventory to authenticated;
grant all on public.inventory to service_role;
