-- The categories of groceries: reference data, seeded, read by every signed-in user.

create table public.categories (
  id smallint generated always as identity primary key,
  code text not null unique check (code ~ '^[a-z][a-z_]*$' and length(code) <= 200),
  name_ko text not null check (length(name_ko) <= 200),
  name_en text not null check (length(name_en) <= 200),
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
create policy "Annotation reads the categories" on public.categories
  for select to annotation using (true);
grant select on public.categories to annotation;
grant all on public.categories to service_role;
