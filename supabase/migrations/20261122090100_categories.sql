-- The categories of groceries and how long each keeps: reference data, read by every signed-in user, seeded.

create table public.categories (
  id smallint generated always as identity primary key,
  code text not null unique check (code ~ '^[a-z][a-z_]*$'),
  name_ko text not null,
  name_en text not null,
  is_food boolean not null,
  default_storage text check (default_storage in ('pantry', 'fridge', 'freezer')),
  sort smallint not null,
  check (is_food = (default_storage is not null))
);
alter table public.categories enable row level security;
create policy "Users read the categories" on public.categories
  for select to authenticated using (true);
revoke all on public.categories from anon, authenticated;
grant select on public.categories to authenticated;
grant all on public.categories to service_role;

create table public.shelf_life_rules (
  id integer generated always as identity primary key,
  category_id smallint not null references public.categories (id) on delete cascade,
  keyword text,
  storage text check (storage in ('pantry', 'fridge', 'freezer')),
  basis text not null check (basis in ('purchase', 'manufacture', 'opened', 'thawed')),
  min_days integer check (min_days >= 0),
  max_days integer check (max_days >= min_days),
  source text not null,
  unique nulls not distinct (category_id, keyword, storage, basis)
);
comment on table public.shelf_life_rules is
  'Days a category keeps, or a product whose name has the keyword, counted from the day that basis names.';
alter table public.shelf_life_rules enable row level security;
create policy "Users read the shelf-life rules" on public.shelf_life_rules
  for select to authenticated using (true);
revoke all on public.shelf_life_rules from anon, authenticated;
grant select on public.shelf_life_rules to authenticated;
grant all on public.shelf_life_rules to service_role;

create function private.use_by(p_category_id smallint, p_storage text, p_purchased_on date) returns date
language sql stable security definer set search_path = ''
as $$
  select p_purchased_on + min_days
  from public.shelf_life_rules
  where category_id = p_category_id and storage = p_storage and basis = 'purchase' and keyword is null
$$;
comment on function private.use_by(smallint, text, date) is
  'Estimated use-by date of a category; null where no rule is known. For items whose category or storage a user changed.';
revoke all on function private.use_by(smallint, text, date) from public, anon;
grant execute on function private.use_by(smallint, text, date) to authenticated;
