-- Products by barcode (GTIN, in the canonical form of fourteen digits): a cache of what providers know, which users
-- read and only services write.

create function private.check_digit(p_payload text) returns text
language sql immutable strict set search_path = ''
as $$
  -- GS1: weights 3 and 1 from the right.
  select ((10 - sum(digit::integer * case when place % 2 = 1 then 3 else 1 end) % 10) % 10)::text
  from string_to_table(reverse(p_payload), null) with ordinality as d (digit, place)
$$;
comment on function private.check_digit(text) is 'The GS1 check digit of these digits.';
revoke all on function private.check_digit(text) from public, anon;
grant execute on function private.check_digit(text) to authenticated;

create function private.upc_a(p_upc_e text) returns text
language sql immutable strict set search_path = ''
as $$
  -- GS1 General Specifications, 5.2.2.4.2: the last digit before the check digit says which zeros were left out.
  select left(p_upc_e, 1) || case
    when last in ('0', '1', '2') then substr(p_upc_e, 2, 2) || last || '0000' || substr(p_upc_e, 4, 3)
    when last = '3' then substr(p_upc_e, 2, 3) || '00000' || substr(p_upc_e, 5, 2)
    when last = '4' then substr(p_upc_e, 2, 4) || '00000' || substr(p_upc_e, 6, 1)
    else substr(p_upc_e, 2, 5) || '0000' || last
  end || right(p_upc_e, 1)
  from (select substr(p_upc_e, 7, 1) as last) l
$$;
comment on function private.upc_a(text) is 'The twelve digits that eight digits of UPC-E stand for.';
revoke all on function private.upc_a(text) from public, anon;
grant execute on function private.upc_a(text) to authenticated;

create function private.gtin14(p_printed text) returns text
language plpgsql immutable strict set search_path = ''
as $$
declare
  digits text := p_printed;
  number text;
begin
  if digits ~ '^([0-9]{18}|97[789][0-9]{12})$' then
    digits := left(digits, 13); -- convenience stores append five digits of their own, periodicals two
  elsif digits ~ '^[01][0-9]{7}$'
    and right(digits, 1) = private.check_digit(left(private.upc_a(digits), -1))
  then
    digits := private.upc_a(digits);
  end if;
  if digits !~ '^([0-9]{8}|[0-9]{12,14})$' or digits ~ '^0+$' then
    return null;
  end if;
  if right(digits, 1) <> private.check_digit(left(digits, -1)) then
    return null;
  end if;
  number := lpad(digits, 14, '0');
  if number ~ '^[1-8]' then
    number := '0' || substr(number, 2, 12); -- a carton stands for the product inside
    number := number || private.check_digit(number);
  end if;
  -- Store-internal numbers (weighed food) and coupons are not products here.
  if number ~ '^000000[02]' or number !~ '^000000' and substr(number, 2) ~ '^(0[24]|2|9[89])' then
    return null;
  end if;
  return number;
end
$$;
comment on function private.gtin14(text) is
  'The canonical product number in printed or scanned digits; null if they contain none. The same rules as in '
  'functions/barcode/gtin.py.';
revoke all on function private.gtin14(text) from public, anon;
grant execute on function private.gtin14(text) to authenticated;

create function private.is_publication(p_gtin14 text) returns boolean
language sql immutable strict set search_path = ''
as $$
  select p_gtin14 ~ '^097[789]'
$$;
comment on function private.is_publication(text) is
  'Whether a canonical product number is that of a book or periodical, which no provider is asked about.';
revoke all on function private.is_publication(text) from public, anon, authenticated;

create table public.products (
  gtin14 text primary key check (gtin14 ~ '^[0-9]{14}$'),
  name text not null check (length(name) <= 1000),
  brand text check (length(brand) <= 1000),
  category_id smallint references public.categories (id),
  quantity_text text check (length(quantity_text) <= 200),
  image_url text check (image_url ~ '^https://' and length(image_url) <= 2000),
  source text not null check (length(source) <= 200),
  source_payload jsonb check (octet_length(source_payload::text) <= 500000),
  fetched_at timestamptz not null default now(),
  expires_at timestamptz,
  confidence real check (confidence between 0 and 1)
);
comment on column public.products.expires_at is 'When the product should be fetched again; null if never.';
comment on column public.products.confidence is 'Confidence of the category.';
create index products_category_id on public.products (category_id);
alter table public.products enable row level security;
create policy "Users read the products" on public.products
  for select to authenticated using (true);
revoke all on public.products from anon, authenticated;
grant select on public.products to authenticated;
grant all on public.products to service_role;

create function private.take_product() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.receipt_items i
  -- A Korean name that was read is not replaced by a foreign one.
  set name = case when new.name ~ '[가-힣]' or i.name !~ '[가-힣]' then new.name else i.name end,
      category_id = c.id, decided_by = 'product',
      uncertain_fields = private.unsettled(
        i.uncertain_fields,
        case when new.name ~ '[가-힣]' or i.name !~ '[가-힣]' then array['name'] else '{}' end
          || case when new.category_id is not null then array['category', 'expires_on'] else '{}' end
      ),
      kind = case when c.is_food then 'food' else 'non_food' end,
      storage = estimate.storage,
      expires_on =
        coalesce(i.purchased_on, private.purchase_day(r.purchased_at, r.created_at)) + estimate.min_days
  from public.receipts r, public.categories c
  cross join lateral private.shelf_life(new.name, c.id) estimate
  where i.gtin14 = new.gtin14 and i.status = 'pending' and i.decided_by = 'model'
    and (new.category_id is not null or new.name ~ '[가-힣]' or i.name !~ '[가-힣]')
    and r.id = i.receipt_id and c.id = coalesce(new.category_id, i.category_id);
  return null;
end
$$;
comment on function private.take_product() is
  'Updates pending line items with the product that was found for their barcode, unless an alias or the user has '
  'decided them.';
revoke all on function private.take_product() from public, anon, authenticated, service_role;
create trigger take_product after insert or update of name, category_id on public.products
  for each row execute function private.take_product();
