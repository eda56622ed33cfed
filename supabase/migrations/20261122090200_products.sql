-- Products by barcode: a cache of what providers know, which users read and only services write.

create table public.products (
  gtin14 text primary key check (gtin14 ~ '^[0-9]{14}$'),
  name text not null,
  brand text,
  category_id smallint references public.categories (id),
  quantity_text text,
  image_url text,
  source text not null,
  source_payload jsonb,
  fetched_at timestamptz not null default now(),
  expires_at timestamptz,
  confidence real check (confidence between 0 and 1)
);
comment on column public.products.expires_at is 'When the entry should be fetched again; null keeps it for good.';
create index products_category_id on public.products (category_id);
alter table public.products enable row level security;
create policy "Users read the products" on public.products
  for select to authenticated using (true);
revoke all on public.products from anon, authenticated;
grant select on public.products to authenticated;
grant all on public.products to service_role;

create table public.product_misses (
  gtin14 text primary key check (gtin14 ~ '^[0-9]{14}$'),
  checked_at timestamptz not null default now(),
  retry_after timestamptz not null
);
comment on table public.product_misses is 'Barcodes that no provider knew, and when it is worth asking again.';
alter table public.product_misses enable row level security;
revoke all on public.product_misses from anon, authenticated;
grant all on public.product_misses to service_role;

create table public.provider_quota (
  provider text not null,
  window_start timestamptz not null,
  used integer not null default 0 check (used >= 0),
  primary key (provider, window_start)
);
comment on table public.provider_quota is 'Calls made to each product provider in each of its quota windows.';
alter table public.provider_quota enable row level security;
revoke all on public.provider_quota from anon, authenticated;
grant all on public.provider_quota to service_role;

create table public.products_bulk (
  gtin14 text primary key check (gtin14 ~ '^[0-9]{14}$'),
  name text not null,
  maker text,
  kind text,
  source text not null,
  source_payload jsonb,
  loaded_at timestamptz not null default now()
);
comment on table public.products_bulk is 'Index of a published data set (HACCP), searched before a provider is asked.';
alter table public.products_bulk enable row level security;
revoke all on public.products_bulk from anon, authenticated;
grant all on public.products_bulk to service_role;
