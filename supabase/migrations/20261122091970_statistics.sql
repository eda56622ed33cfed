-- What the app shows of a user's own data: spending, prices, waste, what is due and what runs low; names to choose from
-- when adding by hand; and the same data as files. Every function reads the rows of the calling user alone.

create function private.first_month(p_months integer) returns date
language plpgsql stable set search_path = ''
as $$
begin
  if p_months is null or not p_months between 1 and 120 then
    perform private.refuse(422, 'invalid_period', 'months must be from 1 to 120.');
  end if;
  return (date_trunc('month', private.today()) - make_interval(months => p_months - 1))::date;
end
$$;
comment on function private.first_month(integer) is
  'The first day of a period of months that ends with the current one. Errors by hint: invalid_period.';
revoke all on function private.first_month(integer) from public, anon, authenticated, service_role;

create function private.last_day() returns date
language sql stable set search_path = ''
as $$
  select private.today() + 1
$$;
comment on function private.last_day() is
  'The last day that statistics count: a phone in another time zone may be a day ahead, and later dates are misread.';
revoke all on function private.last_day() from public, anon, authenticated, service_role;

create function private.spending_since(p_since date)
returns table (month date, receipt_id uuid, store_key text, store_name text, won bigint)
language sql stable security definer rows 100 set search_path = ''
as $$
  select date_trunc('month', p.bought_at)::date, r.id, r.store_key, r.store_name, p.won
  from public.receipts r
  left join lateral (
    select array_agg(i.purchased_on) as days, array_agg(coalesce(i.amount, 0)::bigint + i.discount) as amounts,
      sum(coalesce(i.amount, 0)::bigint + i.discount) as won
    from public.receipt_items i where i.receipt_id = r.id and i.purchased_on is not null
    offset 0 -- receipt by receipt: the planner underestimates it, and would read the items of all users
  ) ordered on true
  cross join lateral (
    select o.day::timestamp as bought_at, o.won from unnest(ordered.days, ordered.amounts) o (day, won)
    union all
    select coalesce(r.purchased_at, r.created_at at time zone 'Asia/Seoul'), rest.won
    from (
      select coalesce(r.total, (
        select sum(coalesce(i.amount, 0)::bigint + i.discount) from public.receipt_items i where i.receipt_id = r.id
      ), 0) - coalesce(ordered.won, 0) as won
    ) rest
    where rest.won <> 0 or ordered.days is null
  ) p
  where r.user_id = (select private.owner_id()) and r.status = 'done' and r.currency = 'KRW'
    and r.deleted_at is null and r.duplicate_of is null
    and p.bought_at >= p_since and p.bought_at::date <= (select private.last_day())
$$;
comment on function private.spending_since(date) is
  'What the calling user spent on each receipt since that day: its total, or the sum of its items. Items of an order '
  'list count on the day of their order; what its total has beyond them, such as a delivery fee, on that of the list.';
revoke all on function private.spending_since(date) from public, anon, authenticated, service_role;

create function public.spending_by_month(months integer default 12)
returns table (month date, won bigint, receipts integer)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  since constant date := private.first_month($1);
begin
  perform private.count_call('statistics', 120);
  return query
    select p.month, sum(p.won)::bigint, count(distinct p.receipt_id)::integer
    from private.spending_since(since) p
    group by 1
    order by 1;
end
$$;
comment on function public.spending_by_month(integer) is
  'What the calling user spent per month of purchase, the current one and those before: the totals of the receipts, '
  'without duplicates; the sum of the items where a total is missing. Items of an order list count in the month of their '
  'order. Refunds are negative. Months without a receipt are left out. Errors by hint: invalid_period, rate_limited. '
  'Runs as its owner, because row level security would check every item again.';
revoke all on function public.spending_by_month(integer) from public, anon;
grant execute on function public.spending_by_month(integer) to authenticated;

create function public.spending_by_store(months integer default 12)
returns table (month date, store_name text, won bigint, receipts integer)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  since constant date := private.first_month($1);
begin
  perform private.count_call('statistics', 120);
  return query
    select p.month, min(p.store_name), sum(p.won)::bigint, count(distinct p.receipt_id)::integer
    from private.spending_since(since) p
    group by 1, p.store_key
    order by 1, 3 desc;
end
$$;
comment on function public.spending_by_store(integer) is
  'As spending_by_month, per store, the one with the most spending first; store_name is null where none was read. Names '
  'that differ in spaces or case are one store. Errors by hint: invalid_period, rate_limited. '
  'Runs as its owner, because row level security would check every item again.';
revoke all on function public.spending_by_store(integer) from public, anon;
grant execute on function public.spending_by_store(integer) to authenticated;

create function public.spending_by_category(months integer default 12)
returns table (month date, category text, won bigint, items integer)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  since constant date := private.first_month($1);
begin
  perform private.count_call('statistics', 120);
  return query
    select s.month, c.code, s.won, s.items
    from (
      select date_trunc('month', i.bought_at)::date as month, i.category_id, sum(i.won)::bigint as won,
        count(*)::integer as items
      from public.receipts r
      cross join lateral (
        select i.category_id, coalesce(i.amount, 0)::bigint + i.discount as won,
          coalesce(i.purchased_on, r.purchased_at, r.created_at at time zone 'Asia/Seoul') as bought_at
        from public.receipt_items i where i.receipt_id = r.id
        offset 0 -- receipt by receipt: the planner underestimates it, and would read the items of all users
      ) i
      where r.user_id = (select private.owner_id()) and r.status = 'done' and r.currency = 'KRW'
        and r.deleted_at is null and r.duplicate_of is null and i.bought_at >= since
        and i.bought_at::date <= (select private.last_day())
      group by 1, 2
    ) s
    join public.categories c on c.id = s.category_id
    order by 1, 3 desc;
end
$$;
comment on function public.spending_by_category(integer) is
  'What the calling user spent per month and category: the sums of the items less their discounts, which may differ '
  'from the totals where a discount applies to a whole receipt. Items of an order list count on the day of their order. '
  'Errors by hint: invalid_period, rate_limited. '
  'Runs as its owner, because row level security would check every item again.';
revoke all on function public.spending_by_category(integer) from public, anon;
grant execute on function public.spending_by_category(integer) to authenticated;

create function private.size_of(p_text text, out size numeric, out size_unit text)
language plpgsql immutable strict set search_path = ''
as $$
declare
  units constant text := '(킬로그램|킬로|키로|그램|밀리리터|리터|[km]?g|[mc]?l)(?![a-wyz]|x(?! *[0-9]))';
  counts text := '(?:개입|스틱|[개입팩봉캔병포])';
  -- 30포 and 5입세트, but not 2포켓, 3개월 or 3포기.
  ending constant text := '(?:$|[^가-힣]|[입지씩망팩통]|들이|[세셋]트|묶음|모음|번들|멀티|기획|구성|행사|할인|특가|한정|증정|선물'
    '|포장|박스|상자)';
  name text;
  parts text[];
  behind text;
  pieces text;
begin
  name := translate(lower(normalize(left(p_text, 300), nfkc)), '×✕', 'xx');
  name := regexp_replace(name, '([0-9]),(?=[0-9]{3}(?![0-9]))', '\1', 'g'); -- 1,500 g
  if name !~ '[0-9]' then
    return;
  end if;
  parts := regexp_match(
    name,
    '(?<![0-9.])(?:([0-9]{1,3}) *' || counts || '? *[x*] *)?([0-9]{1,6}(?:[.][0-9]{1,3})?) *' || units || '( *당)?(.*)'
  );
  if parts is null or parts[3] = 'mg' or parts[4] is not null then
    return; -- without a size, or with the price per 100 g
  end if;
  -- A count belongs to the size before it: 300g(10g*30스틱) is 300 g, and 2팩 300g is 300 g.
  behind := regexp_replace(parts[5], '[0-9.]+ *' || units || '.*', '');
  size := parts[2]::numeric * case
    when parts[3] in ('kg', '킬로그램', '킬로', '키로', 'l', '리터') then 1000
    when parts[3] = 'cl' then 10
    else 1
  end;
  -- No stick holds more than 100 g: 1.2kg(100스틱) is 1.2 kg.
  counts := case when size > 100 then replace(counts, '스틱|', '') else counts end;
  pieces := coalesce(
    (regexp_match(behind, '^ *[x*] *([0-9]{1,3})(?![0-9])'))[1],
    parts[1],
    (regexp_match(behind, '(?<![0-9])([0-9]{1,3}) *' || counts || ending))[1]
  );
  size := size * coalesce(pieces, '1')::numeric;
  size_unit := case when parts[3] in ('ml', '밀리리터', 'cl', 'l', '리터') then 'ml' else 'g' end;
  if not size > 0 then
    size := null;
    size_unit := null;
  end if;
end
$$;
comment on function private.size_of(text) is
  'The size that a name or a unit states, in g or ml: 1L is 1000 ml, 190ml*6 and 190ml 6입 are 1140 ml, but 6입 190ml '
  'is 190 ml. Null without one, and for prices per 100 g.';
revoke all on function private.size_of(text) from public, anon, authenticated, service_role;

create type private.purchase as (
  receipt_item_id uuid, receipt_id uuid, name_key text, gtin14 text, bought_at timestamp, store_name text, name text,
  quantity double precision, unit text, won bigint
);

create function private.purchases_of(p_keys text[], p_gtins text[]) returns setof private.purchase
language sql stable security definer rows 50 set search_path = ''
as $$
  select i.id, r.id, i.name_key, i.gtin14,
    coalesce(i.purchased_on, r.purchased_at, r.created_at at time zone 'Asia/Seoul'), r.store_name, i.name, i.quantity,
    i.unit, i.amount::bigint + i.discount
  from public.receipts r
  cross join lateral (
    select i.* from public.receipt_items i
    where i.receipt_id = r.id and (i.name_key = any (p_keys) or i.gtin14 = any (p_gtins)) and i.amount::bigint + i.discount > 0
    offset 0 -- receipt by receipt: the planner underestimates it, and would read the items of all users
  ) i
  where r.user_id = (select private.owner_id()) and r.status = 'done' and r.currency = 'KRW'
    and r.deleted_at is null and r.duplicate_of is null
    and coalesce(i.purchased_on, r.purchased_at, r.created_at at time zone 'Asia/Seoul')::date
      <= (select private.last_day())
$$;
comment on function private.purchases_of(text[], text[]) is
  'What the calling user bought of the products with these names or barcodes.';
revoke all on function private.purchases_of(text[], text[]) from public, anon, authenticated, service_role;

create type private.unit_price as (
  won_per_unit double precision, size double precision, size_unit text, won_per_100 double precision, is_weighed boolean
);

create function private.price_of(p_purchase private.purchase) returns private.unit_price
language plpgsql stable set search_path = ''
as $$
declare
  price private.unit_price;
  item_quantity constant numeric := greatest(p_purchase.quantity, 0.001)::numeric; -- of a misread quantity, too
begin
  price.won_per_unit := round(p_purchase.won / item_quantity, 2);
  -- Weighed items state their size as the unit, others per piece.
  select weighed.size is not null, coalesce(weighed.size, piece.size), coalesce(weighed.size_unit, piece.size_unit)
  into price.is_weighed, price.size, price.size_unit
  from private.size_of('1 ' || p_purchase.unit) weighed
  cross join private.size_of(p_purchase.name) piece;
  if price.size is null then
    select s.size, s.size_unit into price.size, price.size_unit
    from public.products p cross join lateral private.size_of(p.quantity_text) s
    where p.gtin14 = p_purchase.gtin14;
  end if;
  price.size := price.size * item_quantity;
  price.won_per_100 := round((p_purchase.won * 100 / price.size)::numeric, 2);
  return price;
end
$$;
comment on function private.price_of(private.purchase) is
  'What a purchase cost per unit, and per 100 g or 100 ml if its size is known from the unit, the name or the product. '
  'size is that of the whole purchase, and is_weighed says that it is its unit.';
revoke all on function private.price_of(private.purchase) from public, anon, authenticated, service_role;

create function private.price_change(p_new private.unit_price, p_old private.unit_price) returns double precision
language plpgsql immutable set search_path = ''
as $$
declare
  new_won double precision;
  old_won double precision;
begin
  if p_new.size_unit = p_old.size_unit then
    new_won := p_new.won_per_100;
    old_won := p_old.won_per_100;
  -- A price per kg and one per piece, or per litre, are not comparable.
  elsif not (p_new.is_weighed or p_old.is_weighed) then
    new_won := p_new.won_per_unit;
    old_won := p_old.won_per_unit;
  end if;
  return round(((new_won - old_won) * 100 / nullif(old_won, 0))::numeric, 1);
end
$$;
comment on function private.price_change(private.unit_price, private.unit_price) is
  'By how many percent a price has changed: per 100 g or 100 ml if both have a size in that unit, otherwise per piece; '
  'null if one of them was weighed, and so has no price per piece.';
revoke all on function private.price_change(private.unit_price, private.unit_price)
  from public, anon, authenticated, service_role;

create function public.price_history(item_name text default null, gtin text default null, purchases integer default 50)
returns table (
  receipt_item_id uuid, bought_on date, store_name text, name text, quantity double precision, unit text, won bigint,
  won_per_unit double precision, size double precision, size_unit text, won_per_100 double precision,
  change_percent double precision
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  key constant text := nullif(private.text_key($1), '');
  number constant text := private.gtin14($2);
begin
  perform private.count_call('statistics', 120);
  if length($1) > 1000 or length($2) > 100 or $2 is not null and number is null or key is null and number is null then
    perform private.refuse(422, 'invalid_item', 'Give a name or a valid product number.');
  elsif $3 is null or not $3 between 1 and 500 then
    perform private.refuse(422, 'invalid_period', 'purchases must be from 1 to 500.');
  end if;
  return query
    select p.receipt_item_id, p.bought_at::date, p.store_name, p.name, p.quantity, p.unit, p.won, m.won_per_unit,
      m.size, m.size_unit, m.won_per_100, private.price_change(m, lag(m) over earlier)
    from (
      select * from private.purchases_of(array[key], array[number]) latest
      order by latest.bought_at desc, latest.receipt_item_id desc
      -- One more, to compare the last one with.
      limit $3 + 1
    ) p
    cross join lateral private.price_of(
      row(
        p.receipt_item_id, p.receipt_id, p.name_key, p.gtin14, p.bought_at, p.store_name, p.name, p.quantity, p.unit,
        p.won
      )::private.purchase
    ) m
    window earlier as (order by p.bought_at, p.receipt_item_id)
    order by p.bought_at desc, p.receipt_item_id desc
    limit $3;
end
$$;
comment on function public.price_history(text, text, integer) is
  'What the calling user paid for a product, by its name or barcode, the latest purchase first. won_per_unit is the '
  'price of one unit, won_per_100 that of 100 g or 100 ml where the size is known. change_percent compares with the '
  'purchase before: per 100 g or 100 ml if both have a size in that unit, otherwise per piece; it is null if one was '
  'weighed and the other has no such size. Errors by hint: invalid_item, invalid_period, rate_limited. '
  'Runs as its owner, because row level security would check every item again.';
revoke all on function public.price_history(text, text, integer) from public, anon;
grant execute on function public.price_history(text, text, integer) to authenticated;

create function public.price_changes(receipt_id uuid)
returns table (
  receipt_item_id uuid, previous_on date, previous_store_name text, won_per_unit double precision,
  previous_won_per_unit double precision, won_per_100 double precision, previous_won_per_100 double precision,
  size_unit text, change_percent double precision
)
language sql security definer set search_path = ''
as $$
  select private.count_call('statistics', 120);
  with bought as materialized (
    select p as purchase, p.receipt_item_id, p.receipt_id, p.gtin14, p.name_key, p.bought_at, p.store_name
    from private.purchases_of(
      array(select i.name_key from public.receipt_items i where i.receipt_id = $1),
      array(select i.gtin14 from public.receipt_items i where i.receipt_id = $1 and i.gtin14 is not null)
    ) p
  )
  select n.receipt_item_id, o.bought_at::date, o.store_name, new.won_per_unit, old.won_per_unit, new.won_per_100,
    old.won_per_100, new.size_unit, private.price_change(new, old)
  from bought n
  cross join lateral (
    select e.* from bought e
    where e.receipt_id <> n.receipt_id and e.bought_at < n.bought_at
      and (e.gtin14 = n.gtin14 or e.name_key = n.name_key)
    order by e.gtin14 = n.gtin14 desc nulls last, e.bought_at desc
    limit 1
  ) o
  cross join lateral private.price_of(n.purchase) new
  cross join lateral private.price_of(o.purchase) old
  where n.receipt_id = $1
$$;
comment on function public.price_changes(uuid) is
  'For the items of a receipt of the calling user that they have bought before: the latest earlier purchase, and by how '
  'many percent the price has changed, as in price_history. Other items are left out. Errors by hint: rate_limited. '
  'Runs as its owner, because row level security would check every item again.';
revoke all on function public.price_changes(uuid) from public, anon;
grant execute on function public.price_changes(uuid) to authenticated;

create function public.waste_by_month(months integer default 12)
returns table (month date, category text, won bigint, items integer, items_without_price integer)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  since constant date := private.first_month($1);
begin
  perform private.count_call('statistics', 120);
  return query
    select date_trunc('month', h.changed_at at time zone 'Asia/Seoul')::date, c.code,
      coalesce(round(sum(v.price * h.share)), 0)::bigint, count(distinct v.id)::integer,
      count(distinct v.id) filter (where v.price is null)::integer
    from public.inventory_history h
    join public.inventory v on v.id = h.inventory_id
    join public.categories c on c.id = v.category_id
    where h.user_id = (select private.owner_id()) and h.reason = 'thrown_away'
      and h.changed_at >= since::timestamp at time zone 'Asia/Seoul'
    group by 1, 2
    order by 1, 3 desc;
end
$$;
comment on function public.waste_by_month(integer) is
  'What the calling user threw away per month and category: won is the part of the price of each item that was thrown '
  'away. items counts the items, items_without_price those whose price is unknown. Errors by hint: invalid_period, '
  'rate_limited. '
  'Runs as its owner, because row level security would check every row again.';
revoke all on function public.waste_by_month(integer) from public, anon;
grant execute on function public.waste_by_month(integer) to authenticated;

create function public.expiring_soon(days integer default 3)
returns table (
  inventory_id uuid, name text, category text, quantity double precision, unit text, storage text, expires_on date,
  days_left integer, is_estimate boolean, price integer
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  perform private.count_call('statistics', 120);
  if $1 is null or not $1 between 0 and 365 then
    perform private.refuse(422, 'invalid_period', 'days must be from 0 to 365.');
  end if;
  return query
    select v.id, v.name, c.code, v.quantity, v.unit, v.storage, v.expires_on, v.expires_on - (select private.today()),
      v.expiry_basis is distinct from 'package', v.price
    from public.inventory v
    join public.categories c on c.id = v.category_id
    where v.user_id = (select private.owner_id()) and v.consumed_at is null
      and v.expires_on <= (select private.today()) + $1
    order by v.expires_on, v.created_at, v.id
    limit 500;
end
$$;
comment on function public.expiring_soon(integer) is
  'What of the calling user''s inventory reaches its use-by date within some days, or has passed it: the earliest first, '
  'at most 500. days_left is negative after the date. Errors by hint: invalid_period, rate_limited. '
  'Runs as its owner, for one plan with all statistics.';
revoke all on function public.expiring_soon(integer) from public, anon;
grant execute on function public.expiring_soon(integer) to authenticated;

create function public.running_low(days integer default 3)
returns table (
  name text, category text, purchases integer, every_days integer, last_bought_on date, expected_on date,
  in_stock jsonb, purchases_in_stock double precision
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  stock jsonb;
begin
  perform private.count_call('statistics', 120);
  if $1 is null or not $1 between 0 and 365 then
    perform private.refuse(422, 'invalid_period', 'days must be from 0 to 365.');
  end if;
  -- Looked up below instead of joined: the planner expects few rows, and would group the inventory for each again.
  select jsonb_object_agg(held.name_key, jsonb_build_object('amounts', held.amounts, 'purchases', held.purchases))
  into stock
  from (
    -- Units are not converted: 2 packs and 300 g stay two amounts.
    select u.name_key, sum(u.purchases) as purchases,
      jsonb_agg(jsonb_build_object('quantity', u.quantity, 'unit', u.unit) order by u.unit nulls first) as amounts
    from (
      select v.name_key, v.unit, round(sum(v.quantity)::numeric, 3)::double precision as quantity,
        sum(v.quantity / v.bought_quantity) filter (
          where v.expires_on is null or v.expires_on >= (select private.today())
        ) as purchases
      from public.inventory v
      where v.user_id = (select private.owner_id()) and v.consumed_at is null
      group by v.name_key, v.unit
    ) u
    group by u.name_key
  ) held;
  return query
    with bought as (
      select i.name_key, i.day, i.id
      from public.receipts r
      cross join lateral (
        select i.id, i.name_key,
          coalesce(i.purchased_on, r.purchased_at::date, (r.created_at at time zone 'Asia/Seoul')::date) as day
        from public.receipt_items i
        where i.receipt_id = r.id and i.kind = 'food' and i.status <> 'dismissed' and coalesce(i.amount, 0) >= 0
        offset 0 -- receipt by receipt: the planner underestimates it, and would read the items of all users
      ) i
      where r.user_id = (select private.owner_id()) and r.status = 'done' and r.deleted_at is null
        and r.duplicate_of is null and r.created_at > now() - interval '400 days'
    ), rhythm as (
      select b.name_key, (array_agg(b.id order by b.day desc))[1] as item_id,
        count(distinct b.day)::integer as purchases, max(b.day) as last_day,
        round((max(b.day) - min(b.day))::numeric / (count(distinct b.day) - 1))::integer as every_days
      from bought b
      where b.day <= (select private.last_day()) and b.day > (select private.today()) - 400
      group by b.name_key
      having count(distinct b.day) >= 3
    ), due as (
      select h.*, h.last_day + h.every_days as expected_on
      from rhythm h
      where h.every_days between 1 and 120 and h.last_day + h.every_days <= (select private.today()) + $1
        -- After three times the usual pause it is not bought any more.
        and h.last_day + 3 * h.every_days >= (select private.today())
      order by h.last_day + h.every_days, h.name_key
      limit 100
    )
    select i.name, c.code, d.purchases, d.every_days, d.last_day, d.expected_on,
      coalesce(stock #> array[d.name_key, 'amounts'], '[]'),
      coalesce((stock #>> array[d.name_key, 'purchases'])::double precision, 0)
    from due d
    join public.receipt_items i on i.id = d.item_id
    join public.categories c on c.id = i.category_id
    order by d.expected_on, d.name_key;
end
$$;
comment on function public.running_low(integer) is
  'Food that the calling user buys regularly, on at least three days of the last 400, and by that rhythm buys again '
  'within some days: at most 100. in_stock is what the inventory has of it under the same name, per unit: '
  '[{quantity, unit}]. purchases_in_stock says how many purchases that is worth, without what is past its date. Errors '
  'by hint: invalid_period, rate_limited. '
  'Runs as its owner, because row level security would check every item again.';
revoke all on function public.running_low(integer) from public, anon;
grant execute on function public.running_low(integer) to authenticated;

create index agreed_names_name_key on private.agreed_names (name_key text_pattern_ops) where name is not null;

create function public.suggest_names(typed text default '', max_names integer default 10)
returns table (name text, category text, unit text, storage text, gtin14 text, uses integer, source text)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  key constant text := private.text_key($1);
begin
  perform private.count_call('suggest_names', 300);
  if length($1) > 200 then
    perform private.refuse(422, 'invalid_item', 'typed must have at most 200 characters.');
  elsif $2 is null or not $2 between 1 and 50 then
    perform private.refuse(422, 'invalid_period', 'max_names must be from 1 to 50.');
  end if;
  return query
    with used as (
      select i.name_key, i.name, i.category_id, i.unit, i.gtin14, r.created_at as used_at
      from public.receipts r
      cross join lateral (
        select i.* from public.receipt_items i
        where i.receipt_id = r.id and i.status <> 'dismissed' and strpos(i.name_key, key) > 0
        offset 0 -- receipt by receipt: the planner underestimates it, and would read the items of all users
      ) i
      where r.user_id = (select private.owner_id()) and r.deleted_at is null
      union all
      select v.name_key, v.name, v.category_id, v.unit, v.gtin14, v.created_at
      from public.inventory v
      where v.user_id = (select private.owner_id()) and v.receipt_item_id is null and strpos(v.name_key, key) > 0
    ), own as (
      select u.name_key, count(*)::integer as uses, max(u.used_at) as used_at
      from used u
      group by u.name_key
      -- What begins with the typed text first.
      order by strpos(u.name_key, key), count(*) desc, max(u.used_at) desc, u.name_key
      limit $2
    ), agreed as (
      select distinct on (first.name_key) first.*
      from (
        select a.name_key, a.name, a.category_id, a.gtin14, a.accounts
        from private.agreed_names a
        where length(key) >= 2 and a.name is not null and a.category_id is not null
          and a.name_key operator(pg_catalog.~>=~) key and a.name_key operator(pg_catalog.~<~) (key || chr(1114111))
        order by a.name_key using operator(pg_catalog.~<~)
        limit 200
      ) first
      order by first.name_key, first.accounts desc
    ), offered as (
      select latest.name, latest.category_id, latest.unit, latest.gtin14, o.uses, 'own' as source,
        row_number() over (order by strpos(o.name_key, key), o.uses desc, o.used_at desc) as place
      from own o
      cross join lateral (
        select u.* from used u where u.name_key = o.name_key order by u.used_at desc limit 1
      ) latest
      union all
      select a.name, a.category_id, null, a.gtin14, a.accounts, 'agreed',
        1000 + row_number() over (order by a.accounts desc, a.name_key)
      from agreed a
      where not exists (select from own o where o.name_key = a.name_key)
    )
    select o.name, c.code, o.unit, (private.shelf_life(o.name, o.category_id)).storage, o.gtin14, o.uses, o.source
    from offered o
    join public.categories c on c.id = o.category_id
    where o.place <= 1000 + $2
    order by o.place
    limit $2;
end
$$;
comment on function public.suggest_names(text, integer) is
  'Names to choose from when a product is added by hand: those that the calling user has used which contain the typed '
  'text (source own), then those that households agree on which begin with it (agreed), from two characters on. With '
  'what add_to_inventory takes. Errors by hint: invalid_item, invalid_period, rate_limited. '
  'Runs as its owner, because users may not read agreed names.';
revoke all on function public.suggest_names(text, integer) from public, anon;
grant execute on function public.suggest_names(text, integer) to authenticated;

create function private.csv_line(p_values jsonb) returns text
language sql immutable set search_path = ''
as $$
  select string_agg(
    case
      when v.value is null then ''
      -- A spreadsheet would run what begins like a formula.
      when v.is_text and v.value ~ '^[=+\-@\t\r\n＝＋－＠]' then '"''' || replace(v.value, '"', '""') || '"'
      when v.value ~ '[",\r\n]' then '"' || replace(v.value, '"', '""') || '"'
      else v.value
    end,
    ',' order by v.place
  ) || E'\r\n'
  from (
    select e.value #>> '{}' as value, jsonb_typeof(e.value) = 'string' as is_text, e.place
    from jsonb_array_elements(p_values) with ordinality e (value, place)
  ) v
$$;
comment on function private.csv_line(jsonb) is 'An array of values as a line of CSV (RFC 4180).';
revoke all on function private.csv_line(jsonb) from public, anon, authenticated, service_role;

create function private.as_file(p_format text, p_page integer, p_columns text[], p_rows jsonb) returns text
language plpgsql stable set search_path = ''
as $$
declare
  file text;
begin
  if p_format = 'json' then
    select coalesce(jsonb_agg((
      select jsonb_object_agg(p_columns[e.place], e.value)
      from jsonb_array_elements(r.line) with ordinality e (value, place)
    ) order by r.place), '[]')::text into file
    from jsonb_array_elements(p_rows) with ordinality r (line, place);
    return file;
  end if;
  select coalesce(string_agg(private.csv_line(r.line), '' order by r.place), '') into file
  from jsonb_array_elements(p_rows) with ordinality r (line, place);
  return case when p_page = 0 then private.csv_line(to_jsonb(p_columns)) else '' end || file;
end
$$;
comment on function private.as_file(text, integer, text[], jsonb) is
  'Rows, an array of arrays, as CSV with a header on page 0, or as a JSON array of objects.';
revoke all on function private.as_file(text, integer, text[], jsonb) from public, anon, authenticated, service_role;

create function private.begin_file(p_format text, p_page integer) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.require_user();
  if p_format is null or p_format not in ('csv', 'json') then
    perform private.refuse(422, 'unknown_format', 'format must be csv or json.');
  elsif p_page is null or not p_page between 0 and 1000 then
    perform private.refuse(422, 'invalid_period', 'page must be from 0 to 1000.');
  end if;
  perform private.use_quota('export_pages', 1);
end
$$;
comment on function private.begin_file(text, integer) is
  'Checks the arguments of a file and takes a page from the daily quota. Errors by hint: unknown_format, invalid_period, '
  'rate_limited.';
revoke all on function private.begin_file(text, integer) from public, anon, authenticated, service_role;

create function public.export_inventory(format text default 'csv', page integer default 0) returns text
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  lines jsonb;
begin
  perform private.begin_file($1, $2);
  select coalesce(jsonb_agg(jsonb_build_array(
    v.name, c.code, v.quantity, v.unit, v.storage, v.purchased_on, v.expires_on, v.expiry_basis, v.opened_on, v.price,
    v.gtin14, v.consumed_at, v.consumed_reason
  ) order by v.place), '[]') into lines
  from (
    select row_number() over (order by i.created_at, i.id) as place, i.* from public.inventory i
    where i.user_id = (select private.owner_id())
    order by 1 offset $2::bigint * 2000 limit 2000
  ) v
  join public.categories c on c.id = v.category_id;
  return private.as_file(
    $1, $2,
    array['name', 'category', 'quantity', 'unit', 'storage', 'purchased_on', 'expires_on', 'expiry_basis', 'opened_on',
      'price', 'barcode', 'consumed_at', 'consumed_reason'],
    lines
  );
end
$$;
comment on function public.export_inventory(text, integer) is
  'The calling user''s inventory, also what is used up, as CSV or as JSON, in pages of 2000 rows: the first page of CSV '
  'begins with a header, and a page without rows (empty, or []) is past the end. Each page counts as one of '
  'export_pages_per_day. Errors by hint: unknown_format, invalid_period, rate_limited. '
  'Runs as its owner, because users may not write their quotas.';
revoke all on function public.export_inventory(text, integer) from public, anon;
grant execute on function public.export_inventory(text, integer) to authenticated;

create function public.export_spending(format text default 'csv', page integer default 0) returns text
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  lines jsonb;
begin
  perform private.begin_file($1, $2);
  select coalesce(jsonb_agg(jsonb_build_array(
    p.bought_on, p.store_name, p.name, c.code, p.quantity, p.unit, p.unit_price, p.amount, p.discount,
    p.amount::bigint + p.discount, p.barcode, p.receipt_id
  ) order by p.place), '[]') into lines
  from (
    select row_number() over (order by r.created_at, r.id, i.line_no) as place,
      coalesce(i.purchased_on, (coalesce(r.purchased_at, r.created_at at time zone 'Asia/Seoul'))::date) as bought_on,
      r.store_name, i.*
    from public.receipts r
    join public.receipt_items i on i.receipt_id = r.id
    where r.user_id = (select private.owner_id()) and r.status = 'done' and r.deleted_at is null
      and r.duplicate_of is null
    order by 1 offset $2::bigint * 2000 limit 2000
  ) p
  join public.categories c on c.id = p.category_id;
  return private.as_file(
    $1, $2,
    array['bought_on', 'store', 'name', 'category', 'quantity', 'unit', 'unit_price', 'amount', 'discount', 'won',
      'barcode', 'receipt_id'],
    lines
  );
end
$$;
comment on function public.export_spending(text, integer) is
  'The items of the calling user''s receipts, without duplicates, as export_inventory: won is amount plus discount. '
  'Errors by hint: unknown_format, invalid_period, rate_limited. '
  'Runs as its owner, because users may not write their quotas.';
revoke all on function public.export_spending(text, integer) from public, anon;
grant execute on function public.export_spending(text, integer) to authenticated;
