-- Everything that is known about a barcode, in one call.

create function private.household_names(p_gtin14 text, p_user_id uuid)
returns table (place integer, name text, category_id smallint, quantity_text text, source text, named_at timestamptz)
language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select 1, n.name, n.category_id, null::text, 'receipt', n.created_at
    from private.printed_names n
    where n.gtin14 = p_gtin14 and n.user_id = p_user_id
    union all
    select case a.source when 'users' then 2 else 3 end, a.name, a.category_id, a.quantity_text, a.source, a.agreed_at
    from private.agreed_names a
    where a.gtin14 = p_gtin14 and a.name is not null;
end
$$;
comment on function private.household_names(text, uuid) is
  'What households call a product, in order of preference: as the user''s own receipts print it, as users agree, as '
  'receipts agree.';
revoke all on function private.household_names(text, uuid) from public, anon, authenticated, service_role;

create function private.known_product(p_gtin14 text, p_user_id uuid)
returns table (
  name text, brand text, category_id smallint, quantity_text text, image_url text, source text,
  fetched_at timestamptz, expires_at timestamptz, confidence real
)
language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
begin
  -- One after the other: most products are found by the second query.
  return query
    select n.name, null::text, n.category_id, n.quantity_text, private.product_image(p_gtin14),
      'user', n.created_at, null::timestamptz, null::real
    from public.product_names n
    where n.gtin14 = p_gtin14 and n.user_id = p_user_id;
  if found then
    return;
  end if;
  return query
    select p.name, p.brand, p.category_id, p.quantity_text, p.image_url,
      p.source, p.fetched_at, p.expires_at, p.confidence
    from public.products p
    where p.gtin14 = p_gtin14;
  if found then
    return;
  end if;
  return query
    select b.name, b.maker, b.category_id, b.quantity_text, b.image_url,
      b.source, b.loaded_at, null::timestamptz, null::real
    from public.products_bulk b
    where b.gtin14 = p_gtin14;
  if found then
    return;
  end if;
  return query
    -- Providers are asked about these again, as about an unknown product.
    select h.name, null::text, h.category_id, h.quantity_text, null::text, h.source, h.named_at,
      case when not private.is_publication(p_gtin14) then
        coalesce((select m.retry_after from public.product_misses m where m.gtin14 = p_gtin14), h.named_at)
      end,
      null::real
    from private.household_names(p_gtin14, p_user_id) h
    order by h.place
    limit 1;
end
$$;
comment on function private.known_product(text, uuid) is
  'The product of a barcode: as the user named it, otherwise from providers, otherwise from the loaded index, '
  'otherwise as households call it.';
revoke all on function private.known_product(text, uuid) from public, anon, authenticated;

create function public.find_product(gtin14 text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_user();
  return jsonb_build_object(
    'product', (
      select jsonb_build_object(
        'name', p.name,
        'printed_name', case when p.name !~ '[가-힣]' then (
          select h.name from private.household_names($1, (select private.owner_id())) h
          where h.name ~ '[가-힣]' and h.name <> p.name order by h.place limit 1
        ) end,
        'brand', p.brand, 'quantity_text', p.quantity_text, 'image_url', p.image_url,
        'source', p.source, 'fetched_at', p.fetched_at, 'expires_at', p.expires_at,
        'category', c.code, 'category_ko', c.name_ko, 'category_en', c.name_en, 'confidence', p.confidence,
        'storage', estimate.storage, 'basis', estimate.basis,
        'min_days', estimate.min_days, 'max_days', estimate.max_days, 'rule_source', estimate.source
      )
      from private.known_product($1, (select private.owner_id())) p
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

create function private.offered_product(p_item public.receipt_items) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select jsonb_build_object('name', p.name, 'category', c.code, 'source', p.source)
    from public.receipts r
    cross join lateral (
      select k.name, k.category_id, k.source, 0 as place from private.known_product(p_item.gtin14, r.user_id) k
      union all
      select h.name, h.category_id, h.source, h.place from private.household_names(p_item.gtin14, r.user_id) h
    ) p
    left join public.categories c on c.id = p.category_id
    where r.id = p_item.receipt_id and r.user_id = (select private.owner_id())
      and p_item.status = 'pending' and p_item.gtin14 is not null and p.source <> 'receipt'
      and private.text_key(p.name) <> private.text_key(p_item.name)
    order by p.place
    limit 1
  );
end
$$;
comment on function private.offered_product(public.receipt_items) is
  'The product of a pending line item''s barcode, if it has another name than the line item: {name, category, source}. '
  'It is offered, because users'' and other households'' names and foreign names are never put over what was read.';
revoke all on function private.offered_product(public.receipt_items) from public, anon;
grant execute on function private.offered_product(public.receipt_items) to authenticated;
