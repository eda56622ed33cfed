-- An index of products from a published data set (HACCP), loaded page by page: an interrupted load resumes where it
-- stopped.

create table public.products_bulk (
  gtin14 text primary key check (gtin14 ~ '^[0-9]{14}$'),
  name text not null check (length(name) <= 1000),
  maker text check (length(maker) <= 1000),
  kind text check (length(kind) <= 200),
  category_id smallint references public.categories (id),
  quantity_text text check (length(quantity_text) <= 200),
  image_url text check (image_url ~ '^https://' and length(image_url) <= 2000),
  source text not null check (length(source) <= 200),
  source_payload jsonb check (octet_length(source_payload::text) <= 500000),
  loaded_at timestamptz not null default now()
);
comment on table public.products_bulk is 'Index of a published data set (HACCP), searched before providers are called. '
  'Without a policy: for services only.';
create index products_bulk_category_id on public.products_bulk (category_id);
alter table public.products_bulk enable row level security;
revoke all on public.products_bulk from anon, authenticated;
grant all on public.products_bulk to service_role;

create table public.product_bulk_loads (
  source text primary key check (length(source) <= 200),
  started_at timestamptz not null,
  next_page integer not null default 1 check (next_page >= 1),
  pages integer,
  stored integer not null default 0,
  set_aside integer not null default 0,
  finished_at timestamptz
);
comment on table public.product_bulk_loads is 'Progress of loading each product index. Without a policy: for services only.';
comment on column public.product_bulk_loads.set_aside is
  'Number of rows that this load could not store, and of pages that it could not read.';
alter table public.product_bulk_loads enable row level security;
revoke all on public.product_bulk_loads from anon, authenticated;
grant all on public.product_bulk_loads to service_role;

create function public.begin_bulk_load(p_source text, p_now timestamptz, p_refresh_seconds bigint)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  load public.product_bulk_loads;
begin
  insert into public.product_bulk_loads as l (source, started_at)
  values (p_source, p_now)
  on conflict (source) do update
  set started_at = p_now, next_page = 1, pages = null, stored = 0, set_aside = 0, finished_at = null
  where l.finished_at <= p_now - make_interval(secs => p_refresh_seconds);
  select * into load from public.product_bulk_loads where source = p_source;
  return to_jsonb(load);
end
$$;
comment on function public.begin_bulk_load(text, timestamptz, bigint) is
  'The load of a source: the running one; the finished one until it is p_refresh_seconds old; otherwise a new one.';
revoke all on function public.begin_bulk_load(text, timestamptz, bigint) from public, anon, authenticated;
grant execute on function public.begin_bulk_load(text, timestamptz, bigint) to service_role;

create function private.store_bulk_rows(p_source text, p_rows jsonb, p_now timestamptz) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  stored_rows integer;
begin
  insert into public.products_bulk (
    gtin14, name, maker, kind, category_id, quantity_text, image_url, source, source_payload, loaded_at
  )
  select distinct on (r.gtin14)
    r.gtin14, r.name, r.maker, r.kind, c.id, r.quantity_text, r.image_url, p_source, r.payload, p_now
  from jsonb_to_recordset(p_rows) as r (
    gtin14 text, name text, maker text, kind text, category text, quantity_text text, image_url text, payload jsonb
  )
  left join public.categories c on c.code = r.category
  on conflict (gtin14) do update
  set name = excluded.name, maker = excluded.maker, kind = excluded.kind, category_id = excluded.category_id,
      quantity_text = excluded.quantity_text, image_url = excluded.image_url, source = excluded.source,
      source_payload = excluded.source_payload, loaded_at = excluded.loaded_at;
  get diagnostics stored_rows = row_count;
  return stored_rows;
end
$$;
comment on function private.store_bulk_rows(text, jsonb, timestamptz) is
  'Stores rows of a published data set and returns their number.';
revoke all on function private.store_bulk_rows(text, jsonb, timestamptz) from public, anon, authenticated, service_role;

create function public.store_bulk_page(
  p_source text,
  p_started_at timestamptz,
  p_page integer,
  p_pages integer,
  p_rows jsonb,
  p_now timestamptz
)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  load public.product_bulk_loads;
  page_rows constant jsonb := private.json_argument(p_rows);
  page_row jsonb;
  stored_rows integer := 0;
  bad_rows integer := 0;
begin
  select * into load from public.product_bulk_loads where source = p_source for update;
  if load.started_at <> p_started_at or load.next_page <> p_page or load.finished_at is not null then
    return to_jsonb(load); -- another worker stored this page or started a new load
  end if;
  if page_rows is null or jsonb_typeof(page_rows) = 'null' then
    bad_rows := 1; -- the page cannot be read
  else
    begin
      stored_rows := private.store_bulk_rows(p_source, page_rows, p_now);
    exception when data_exception or integrity_constraint_violation then
      -- One by one, so that a bad row does not stop the load.
      for page_row in select r.value from jsonb_array_elements(page_rows) r loop
        begin
          stored_rows := stored_rows + private.store_bulk_rows(p_source, jsonb_build_array(page_row), p_now);
        exception when data_exception or integrity_constraint_violation then
          bad_rows := bad_rows + 1;
        end;
      end loop;
    end;
  end if;
  update public.product_bulk_loads
  set next_page = p_page + 1, pages = coalesce(p_pages, pages), stored = stored + stored_rows,
      set_aside = set_aside + bad_rows,
      finished_at = case when p_page >= coalesce(p_pages, pages) then p_now end
  where source = p_source
  returning * into load;
  if load.finished_at is not null and load.set_aside = 0 then
    -- Removes products that the data set no longer contains, unless it shrank by more than half: then it may be broken.
    delete from public.products_bulk b
    where b.source = p_source and b.loaded_at < load.started_at
      and 2 * (select count(*) from public.products_bulk n where n.source = p_source and n.loaded_at >= load.started_at)
        >= (select count(*) from public.products_bulk a where a.source = p_source);
  end if;
  return to_jsonb(load);
end
$$;
comment on function public.store_bulk_page(text, timestamptz, integer, integer, jsonb, timestamptz) is
  'Stores a page and the progress of the load in one transaction. Rows that cannot be stored are counted in set_aside, '
  'and so is a page without rows (null), which could not be read. The last page also removes products that the data '
  'set no longer contains, if every row was stored.';
revoke all on function public.store_bulk_page(text, timestamptz, integer, integer, jsonb, timestamptz)
  from public, anon, authenticated;
grant execute on function public.store_bulk_page(text, timestamptz, integer, integer, jsonb, timestamptz)
  to service_role;

create function private.product_image(p_gtin14 text) returns text
language sql stable security definer set search_path = ''
as $$
  select coalesce(
    (select p.image_url from public.products p where p.gtin14 = p_gtin14),
    (select b.image_url from public.products_bulk b where b.gtin14 = p_gtin14)
  )
$$;
comment on function private.product_image(text) is
  'The image of a product as providers or the loaded index name it: users cannot name one.';
revoke all on function private.product_image(text) from public, anon, authenticated, service_role;

create function private.take_image() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  new.image_url := private.product_image(new.gtin14);
  return new;
end
$$;
comment on function private.take_image() is 'Gives an inventory row without an image that of its product.';
revoke all on function private.take_image() from public, anon, authenticated, service_role;
-- After take_gtin14: triggers fire in the order of their names.
create trigger take_image before insert or update on public.inventory
  for each row when (new.image_url is null and new.gtin14 is not null) execute function private.take_image();

create index inventory_without_image on public.inventory (gtin14) where image_url is null and consumed_at is null;

create function private.give_image() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.inventory v set image_url = new.image_url
  where v.id in (
    select waiting.id from public.inventory waiting
    where waiting.gtin14 = new.gtin14 and waiting.image_url is null and waiting.consumed_at is null
    -- Rows of many users, in which a product must not wait: one that is being changed gets the image with its next change.
    for no key update skip locked
  );
  return null;
end
$$;
comment on function private.give_image() is
  'Gives the image of a product that was found to the inventory rows that were added before. Rows with an image keep it.';
revoke all on function private.give_image() from public, anon, authenticated, service_role;
create trigger give_image after insert or update of image_url on public.products
  for each row when (new.image_url is not null) execute function private.give_image();
create trigger give_indexed_image after insert or update of image_url on public.products_bulk
  for each row when (new.image_url is not null) execute function private.give_image();
