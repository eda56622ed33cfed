-- Everything that is known about a barcode, in one call.

create function private.known_product(p_gtin14 text, p_user_id uuid)
returns table (
  name text, brand text, category_id smallint, quantity_text text, image_url text, source text,
  fetched_at timestamptz, expires_at timestamptz, confidence real
)
language sql stable set search_path = ''
as $$
  select name, brand, category_id, quantity_text, image_url, source, fetched_at, expires_at, confidence
  from (
    select 1 as place, n.name, null::text as brand, n.category_id, n.quantity_text, null::text as image_url,
      'user' as source, n.created_at as fetched_at, null::timestamptz as expires_at, null::real as confidence
    from public.product_names n
    where n.gtin14 = p_gtin14 and n.user_id = p_user_id
    union all
    select 2, p.name, p.brand, p.category_id, p.quantity_text, p.image_url,
      p.source, p.fetched_at, p.expires_at, p.confidence
    from public.products p
    where p.gtin14 = p_gtin14
    union all
    select 3, b.name, b.maker, b.category_id, b.quantity_text, b.image_url,
      b.source, b.loaded_at, null, null
    from public.products_bulk b
    where b.gtin14 = p_gtin14
  ) candidates
  order by place
  limit 1
$$;
comment on function private.known_product(text, uuid) is
  'The product of a barcode: as the user named it, otherwise from providers or several users, otherwise from the '
  'loaded index.';
revoke all on function private.known_product(text, uuid) from public, anon, authenticated;

create function public.find_product(gtin14 text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_user();
  return jsonb_build_object(
    'product', (
      select jsonb_build_object(
        'name', p.name, 'brand', p.brand, 'quantity_text', p.quantity_text, 'image_url', p.image_url,
        'source', p.source, 'fetched_at', p.fetched_at, 'expires_at', p.expires_at,
        'category', c.code, 'category_ko', c.name_ko, 'category_en', c.name_en, 'confidence', p.confidence,
        'storage', estimate.storage, 'basis', estimate.basis,
        'min_days', estimate.min_days, 'max_days', estimate.max_days, 'rule_source', estimate.source
      )
      from private.known_product($1, (select auth.uid())) p
      left join public.categories c on c.id = p.category_id
      left join lateral private.shelf_life(p.name, c.id) estimate on c.id is not null
    ),
    'miss', (
      select jsonb_build_object('checked_at', m.checked_at, 'retry_after', m.retry_after)
      from public.product_misses m
      where m.gtin14 = $1
    )
  );
end
$$;
comment on function public.find_product(text) is
  'The stored product or miss of a canonical barcode: {product, miss}, each null if absent. The calling user''s own '
  'name takes precedence. Calls no provider. Error by hint: unauthorized, if the user has been deleted. '
  'Runs as its owner, because users may not read misses and other users names of products.';
revoke all on function public.find_product(text) from public, anon;
grant execute on function public.find_product(text) to authenticated;
