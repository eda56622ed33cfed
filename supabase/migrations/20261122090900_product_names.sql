-- What users call the product of a barcode: theirs at once, shared with all users once two of them agree.

create table public.product_names (
  user_id uuid not null references auth.users (id) on delete cascade,
  gtin14 text not null check (gtin14 ~ '^[0-9]{14}$'),
  name text not null check (length(name) between 1 and 200),
  name_key text not null check (name_key <> '' and length(name_key) <= 200),
  category_id smallint references public.categories (id),
  quantity_text text check (length(quantity_text) <= 40),
  created_at timestamptz not null default now(),
  primary key (user_id, gtin14)
);
comment on table public.product_names is 'Names that users gave to products. name_key is made by private.text_key.';
create index product_names_gtin14 on public.product_names (gtin14, name_key);
create index product_names_category_id on public.product_names (category_id);
alter table public.product_names enable row level security;
create policy "Users read their own product names" on public.product_names
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users delete their own product names" on public.product_names
  for delete to authenticated using (user_id = (select auth.uid()));
revoke all on public.product_names from anon, authenticated;
grant select, delete on public.product_names to authenticated;
grant all on public.product_names to service_role;

create trigger limit_product_names after insert on public.product_names
  referencing new table as added for each statement execute function private.limit_rows('5000');

create function public.name_product(
  gtin14 text,
  name text,
  category text default null,
  quantity_text text default null
)
returns boolean
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  number constant text := private.gtin14($1);
  trimmed_name constant text := btrim($2);
  key constant text := private.text_key($2);
  new_category_id smallint;
  votes integer;
begin
  if auth.uid() is null then
    perform private.refuse(401, 'unauthorized', 'Sign in first.');
  elsif number is null then
    perform private.refuse(422, 'invalid_barcode', 'gtin14 is not a valid product number.');
  elsif key = '' or length(key) > 200 or length(trimmed_name) > 200 then
    perform private.refuse(422, 'invalid_name', 'name must have 1 to 200 characters.');
  elsif length($4) > 40 then
    perform private.refuse(422, 'invalid_quantity', 'quantity_text must have at most 40 characters.');
  end if;
  perform private.count_call('name_product', 60);
  if $3 is not null then
    select c.id into new_category_id from public.categories c where c.code = $3;
    if not found then
      perform private.refuse(422, 'unknown_category', 'Unknown category.');
    end if;
  end if;

  -- Serialises concurrent calls for one product, so that the second of two agreeing users sees the first.
  perform pg_advisory_xact_lock(hashtextextended('product_names ' || number, 0));
  insert into public.product_names (user_id, gtin14, name, name_key, category_id, quantity_text)
  values (auth.uid(), number, trimmed_name, key, new_category_id, nullif(btrim($4), ''))
  on conflict (user_id, gtin14) do update
  set name = excluded.name, name_key = excluded.name_key, category_id = excluded.category_id,
      quantity_text = excluded.quantity_text, created_at = now();

  select count(*) into votes from public.product_names n where n.gtin14 = number and n.name_key = key;
  if votes < 2 or exists (select from public.products_bulk b where b.gtin14 = number) then
    return false;
  end if;
  insert into public.products (gtin14, name, category_id, quantity_text, source, fetched_at, expires_at)
  select
    number, trimmed_name,
    mode() within group (order by n.category_id), mode() within group (order by n.quantity_text),
    'users', now(), now() + interval '30 days'
  from public.product_names n
  where n.gtin14 = number and n.name_key = key
  on conflict (gtin14) do update
  set name = excluded.name, category_id = excluded.category_id, quantity_text = excluded.quantity_text,
      fetched_at = excluded.fetched_at, expires_at = excluded.expires_at
  where products.source = 'users';
  if found then
    delete from public.product_misses m where m.gtin14 = number;
  end if;
  return found;
end
$$;
comment on function public.name_product(text, text, text, text) is
  'Stores the calling user''s name for the product of a barcode; it applies to that user at once. Returns true if '
  'another user gave the same name and no provider knows the product: then all users get it. Errors by hint: '
  'unauthorized, invalid_barcode, invalid_name, invalid_quantity, unknown_category, rate_limited. '
  'Runs as its owner, because users may not write products.';
revoke all on function public.name_product(text, text, text, text) from public, anon;
grant execute on function public.name_product(text, text, text, text) to authenticated;
