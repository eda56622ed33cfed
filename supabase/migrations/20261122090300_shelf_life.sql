-- How long an item keeps, by its category and the keywords in its name: the same rules as in the OCR service.

create table public.shelf_life_rules (
  id integer generated always as identity primary key,
  category_id smallint not null references public.categories (id) on delete cascade,
  keyword text check (length(keyword) <= 200),
  storage text check (storage in ('pantry', 'fridge', 'freezer')),
  basis text not null check (basis in ('purchase', 'manufacture', 'opened', 'thawed')),
  min_days integer check (min_days >= 0),
  max_days integer check (max_days >= min_days),
  source text not null check (length(source) <= 200),
  sort smallint not null,
  unique nulls not distinct (category_id, keyword, storage, basis)
);
comment on table public.shelf_life_rules is
  'Days that a category keeps, or a product whose name contains the keyword, counted from the day that basis names.';
comment on column public.shelf_life_rules.sort is
  'Order of the rules. The first rule of a category, or of a keyword in it, gives the usual storage.';
alter table public.shelf_life_rules enable row level security;
create policy "Users read the shelf-life rules" on public.shelf_life_rules
  for select to authenticated using (true);
revoke all on public.shelf_life_rules from anon, authenticated;
grant select on public.shelf_life_rules to authenticated;
grant all on public.shelf_life_rules to service_role;

create table private.not_keywords (
  word text primary key check (word <> '' and length(word) <= 200)
);
comment on table private.not_keywords is
  'Words that hide the keywords they contain: 오리지널 (original) does not count as 오리 (duck). '
  'Without a policy: for services only.';
alter table private.not_keywords enable row level security;

create type private.shelf_life as (storage text, basis text, min_days integer, max_days integer, source text);

create function private.printed_name(p_name text) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  -- Printed spacing is unreliable, so all spaces are removed, including those that NFKC leaves. Printed names are
  -- shorter than 200 characters.
  return left(
    regexp_replace(normalize(left(coalesce(p_name, ''), 1000), nfkc), '[\s\u001c-\u001f\u0085\u1680\u2028\u2029]', '', 'g'), 200
  );
end
$$;
comment on function private.printed_name(text) is 'The form of a name that keywords are matched against.';
revoke all on function private.printed_name(text) from public, anon;
grant execute on function private.printed_name(text) to authenticated;

-- The plan does not depend on the name: without the setting it is made at each call, which takes longer than the query.
create function private.shelf_life_keys(p_name text, p_category_id smallint)
returns table (keyword text, rank bigint)
language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan'
as $$
#variable_conflict use_column
declare
  printed constant text := private.printed_name(p_name);
begin
  -- By the end of the last match, then by length.
  return query
    select k.keyword, -max(1000 * (place + k.width) + k.width)::bigint
    from (
      select distinct r.keyword, length(r.keyword) as width
      from public.shelf_life_rules r
      where r.category_id = p_category_id and strpos(printed, r.keyword) > 0
    ) k, generate_series(1, length(printed)) place
    where substr(printed, place, k.width) = k.keyword
      and not (k.width = 1 and substr(printed, place + 1, 1) collate "C" between '가' and '힣')
      -- No longer word hides it: none is found in the part of the name in which such a word would cover the keyword.
      and not exists (
        select from private.not_keywords n
        where length(n.word) > k.width
          and strpos(substr(printed, place + k.width - length(n.word), 2 * length(n.word) - k.width), n.word) > 0
      )
    group by k.keyword;
  keyword := null;
  rank := 0;
  return next;
end
$$;
comment on function private.shelf_life_keys(text, smallint) is
  'The keywords of a category that a name contains, in order of precedence, then null for the category itself. Korean '
  'compounds end in their head noun, so the keyword that ends last takes precedence, then the longest. A keyword of '
  'one syllable matches only at the end of a run of Hangul: 돌김 is 김, 김치 is not.';
revoke all on function private.shelf_life_keys(text, smallint) from public, anon;
grant execute on function private.shelf_life_keys(text, smallint) to authenticated;

create function private.shelf_life(p_name text, p_category_id smallint, p_storage text default null)
returns private.shelf_life
language plpgsql stable security definer set search_path = ''
as $$
declare
  printed constant text := private.printed_name(p_name);
  rule public.shelf_life_rules;
  usual public.shelf_life_rules; -- the first rule, for the usual storage
  match public.shelf_life_rules; -- the first rule for the requested storage
  printed_storage text;
  target_storage text;
  is_colder boolean;
begin
  -- The name itself may state the storage, such as 냉동 (frozen).
  printed_storage := case
    when strpos(printed, '냉동') > 0 then 'freezer'
    when strpos(printed, '냉장') > 0 then 'fridge'
    when strpos(printed, '상온') > 0 or strpos(printed, '실온') > 0 then 'pantry'
  end;
  target_storage := coalesce(p_storage, printed_storage);

  for rule in
    select r.*
    from private.shelf_life_keys(p_name, p_category_id) k
    join public.shelf_life_rules r on r.category_id = p_category_id and r.keyword is not distinct from k.keyword
    where r.basis = 'purchase'
    order by k.rank, r.sort
  loop
    if usual.id is null then
      usual := rule;
    end if;
    exit when target_storage is null;
    if rule.storage = target_storage then
      match := rule;
      exit;
    end if;
  end loop;
  if usual.storage is null then
    return (null, usual.basis, null, null, usual.source)::private.shelf_life;
  end if;

  if usual.source = 'not_applicable' then
    return (
      coalesce(p_storage, match.storage, usual.storage), usual.basis, null, null, usual.source
    )::private.shelf_life;
  end if;
  if match.id is not null and match.keyword is distinct from usual.keyword
    and target_storage is distinct from printed_storage
  then
    -- A rule of the category replaces the missing rule of the keyword, within the keyword's own limits: food never
    -- keeps shorter where it is colder, nor longer where it is warmer.
    is_colder := array_position(array['pantry', 'fridge', 'freezer'], target_storage)
      > array_position(array['pantry', 'fridge', 'freezer'], usual.storage);
    if is_colder and coalesce(match.min_days < usual.min_days, true) then
      return (target_storage, usual.basis, usual.min_days, usual.max_days, usual.source)::private.shelf_life;
    elsif not is_colder and coalesce(match.min_days > usual.min_days, true) then
      match := null;
    end if;
  end if;
  if match.id is not null then
    return (match.storage, match.basis, match.min_days, match.max_days, match.source)::private.shelf_life;
  elsif p_storage is not null then
    return (p_storage, 'purchase', null, null, 'none')::private.shelf_life;
  end if;
  return (usual.storage, usual.basis, usual.min_days, usual.max_days, usual.source)::private.shelf_life;
end
$$;
comment on function private.shelf_life(text, smallint, text) is
  'Where to keep a product and for how many days after purchase, or how many days it keeps at p_storage. The days are '
  'null with the source not_applicable if the product needs no use-by date, and with the source none if no rule '
  'matches.';
revoke all on function private.shelf_life(text, smallint, text) from public, anon;
grant execute on function private.shelf_life(text, smallint, text) to authenticated;

create function private.shelf_life_after(
  p_name text,
  p_category_id smallint,
  p_basis text,
  p_storage text,
  p_elsewhere boolean
)
returns private.shelf_life
language sql stable security definer set search_path = ''
as $$
  select (r.storage, r.basis, r.min_days, r.max_days, r.source)::private.shelf_life
  from private.shelf_life_keys(p_name, p_category_id) k
  join public.shelf_life_rules r on r.category_id = p_category_id and r.keyword is not distinct from k.keyword
  where r.basis = p_basis and (p_elsewhere or r.storage = p_storage)
    -- A product without a use-by date, such as salt, gets none from a rule of its whole category either.
    and not exists (
      select
      from private.shelf_life_keys(p_name, p_category_id) nearer
      join public.shelf_life_rules timeless
        on timeless.category_id = p_category_id and timeless.keyword is not distinct from nearer.keyword
      where nearer.rank < k.rank and timeless.source = 'not_applicable'
    )
  order by k.rank, (r.storage = p_storage) desc, r.sort
  limit 1
$$;
comment on function private.shelf_life_after(text, smallint, text, text, boolean) is
  'How long a product keeps once it is opened or thawed (p_basis) at p_storage or, with p_elsewhere, at the storage '
  'that such food is usually moved to. Null if no rule matches.';
revoke all on function private.shelf_life_after(text, smallint, text, text, boolean) from public, anon;
grant execute on function private.shelf_life_after(text, smallint, text, text, boolean) to authenticated;

create function private.rule_for(p_name text, p_category text, p_storage text)
returns table (category_id smallint, estimate private.shelf_life)
language plpgsql stable set search_path = ''
as $$
declare
  category public.categories;
begin
  if length(p_name) > 200 then
    perform private.refuse(422, 'invalid_item', 'name must have at most 200 characters.');
  end if;
  select * into category from public.categories c where c.code = p_category;
  if not found then
    perform private.refuse(422, 'unknown_category', 'Unknown category.');
  elsif p_storage not in ('pantry', 'fridge', 'freezer') then
    perform private.refuse(422, 'unknown_storage', 'storage must be pantry, fridge or freezer.');
  end if;
  return query select category.id, private.shelf_life(p_name, category.id, p_storage);
end
$$;
comment on function private.rule_for(text, text, text) is
  'The id of a category by its code, and the shelf life of such a product at p_storage or at its usual storage. '
  'Errors by hint: invalid_item, unknown_category, unknown_storage.';
revoke all on function private.rule_for(text, text, text) from public, anon;
grant execute on function private.rule_for(text, text, text) to authenticated;

create function public.suggest_use_by(
  name text,
  category text,
  storage text default null,
  purchased_on text default null
)
returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  estimate private.shelf_life;
  purchase_date constant date := coalesce(private.day($4), private.today());
begin
  if not private.dates_are_plausible(purchase_date) then
    perform private.refuse(422, 'date_out_of_range', 'The date is before 2000 or too far in the future.');
  end if;
  select (rule.estimate).* into estimate from private.rule_for($1, $2, $3) rule;
  return jsonb_build_object(
    'storage', estimate.storage,
    'expires_on', purchase_date + estimate.min_days,
    'min_days', estimate.min_days,
    'max_days', estimate.max_days,
    'basis', estimate.basis,
    'source', estimate.source
  );
end
$$;
comment on function public.suggest_use_by(text, text, text, text) is
  'The storage and use-by date that add_to_inventory would give a product of that name and category, bought today or '
  'on the given day. Errors by hint: invalid_item, unknown_category, unknown_storage, date_out_of_range.';
revoke all on function public.suggest_use_by(text, text, text, text) from public, anon;
grant execute on function public.suggest_use_by(text, text, text, text) to authenticated;
