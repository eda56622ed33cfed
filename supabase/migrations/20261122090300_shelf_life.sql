-- How long an item keeps, by its category and the keywords in its name: the same rules as in the OCR service.

create table public.shelf_life_rules (
  id integer generated always as identity primary key,
  category_id smallint not null references public.categories (id) on delete cascade,
  keyword text,
  storage text check (storage in ('pantry', 'fridge', 'freezer')),
  basis text not null check (basis in ('purchase', 'manufacture', 'opened', 'thawed')),
  min_days integer check (min_days >= 0),
  max_days integer check (max_days >= min_days),
  source text not null,
  sort smallint not null,
  unique nulls not distinct (category_id, keyword, storage, basis)
);
comment on table public.shelf_life_rules is
  'Days a category keeps, or a product whose name has the keyword, counted from the day that basis names.';
comment on column public.shelf_life_rules.sort is
  'Order of the rules. The first one of a category, or of a keyword in it, names the usual storage.';
alter table public.shelf_life_rules enable row level security;
create policy "Users read the shelf-life rules" on public.shelf_life_rules
  for select to authenticated using (true);
revoke all on public.shelf_life_rules from anon, authenticated;
grant select on public.shelf_life_rules to authenticated;
grant all on public.shelf_life_rules to service_role;

create table private.not_keywords (
  word text primary key check (word <> '')
);
comment on table private.not_keywords is 'Words inside which a keyword does not count: a 오리지널 holds no 오리.';
alter table private.not_keywords enable row level security;

create type private.shelf_life as (storage text, basis text, min_days integer, max_days integer, source text);

create function private.printed_name(p_name text) returns text
language sql immutable set search_path = ''
as $$
  -- Receipts print spaces or lose them; what NFKC leaves of Unicode's spaces goes too. No receipt prints longer names.
  select left(regexp_replace(normalize(coalesce(p_name, ''), nfkc), '[\s\u001c-\u001f\u0085\u1680\u2028\u2029]', '', 'g'), 200)
$$;
comment on function private.printed_name(text) is 'A name as keywords are looked for in it.';
revoke all on function private.printed_name(text) from public, anon;
grant execute on function private.printed_name(text) to authenticated;

create function private.shelf_life_keys(p_name text, p_category_id smallint)
returns table (keyword text, rank bigint)
language sql stable security definer set search_path = ''
as $$
  with printed as (
    select private.printed_name(p_name) as name
  ),
  known as (
    select distinct r.keyword, length(r.keyword) as width
    from public.shelf_life_rules r, printed
    where r.category_id = p_category_id and strpos(printed.name, r.keyword) > 0
  ),
  covers as (
    select place as start, place + length(n.word) as stop, length(n.word) as width
    from private.not_keywords n, printed, generate_series(1, length(printed.name)) place
    where strpos(printed.name, n.word) > 0 and substr(printed.name, place, length(n.word)) = n.word
  ),
  found as (
    select known.keyword, known.width, max(place + known.width) as stop
    from known, printed, generate_series(1, length(printed.name)) place
    where substr(printed.name, place, known.width) = known.keyword
      and not (known.width = 1 and substr(printed.name, place + 1, 1) collate "C" between '가' and '힣')
      and not exists (
        select from covers c
        where c.start <= place and place + known.width <= c.stop and c.width > known.width
      )
    group by known.keyword, known.width
  )
  select found.keyword, row_number() over (order by stop desc, width desc) from found
  union all
  select null, (select count(*) + 1 from found)
$$;
comment on function private.shelf_life_keys(text, smallint) is
  'The keywords of a category that a name holds, the deciding one first, and last null for the category itself. Korean compounds end in their head noun, so the keyword that ends last decides, then the longest; one syllable counts only at the end of a run of Hangul: 돌김 is 김, 김치 is not.';
revoke all on function private.shelf_life_keys(text, smallint) from public, anon;
grant execute on function private.shelf_life_keys(text, smallint) to authenticated;

create function private.shelf_life(p_name text, p_category_id smallint, p_storage text default null)
returns private.shelf_life
language plpgsql stable security definer set search_path = ''
as $$
declare
  rule public.shelf_life_rules;
  usual public.shelf_life_rules;
  chosen public.shelf_life_rules;
  said text;
  wanted text;
  colder boolean;
begin
  -- A name can say its place itself.
  select place.storage into said
  from (values (1, '냉동', 'freezer'), (2, '냉장', 'fridge'), (3, '상온', 'pantry'), (4, '실온', 'pantry'))
    as place (sort, word, storage)
  where strpos(private.printed_name(p_name), place.word) > 0
  order by place.sort limit 1;
  wanted := coalesce(p_storage, said);

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
    exit when wanted is null;
    if rule.storage = wanted then
      chosen := rule;
      exit;
    end if;
  end loop;
  if usual.storage is null then
    return (null, usual.basis, null, null, usual.source)::private.shelf_life;
  end if;

  if usual.source = 'not_applicable' then
    return (coalesce(p_storage, chosen.storage, usual.storage), usual.basis, null, null, usual.source)::private.shelf_life;
  end if;
  if chosen.id is not null and chosen.keyword is distinct from usual.keyword and wanted is distinct from said then
    -- A rule of the category stands in. What the keyword says bounds it: colder never keeps shorter, warmer never longer.
    colder := array_position(array['pantry', 'fridge', 'freezer'], wanted)
      > array_position(array['pantry', 'fridge', 'freezer'], usual.storage);
    if colder and coalesce(chosen.min_days < usual.min_days, true) then
      return (wanted, usual.basis, usual.min_days, usual.max_days, usual.source)::private.shelf_life;
    elsif not colder and coalesce(chosen.min_days > usual.min_days, true) then
      chosen := null;
    end if;
  end if;
  if chosen.id is not null then
    return (chosen.storage, chosen.basis, chosen.min_days, chosen.max_days, chosen.source)::private.shelf_life;
  elsif p_storage is not null then
    return (p_storage, 'purchase', null, null, 'none')::private.shelf_life;
  end if;
  return (usual.storage, usual.basis, usual.min_days, usual.max_days, usual.source)::private.shelf_life;
end
$$;
comment on function private.shelf_life(text, smallint, text) is
  'Where to keep an item, or how it keeps at p_storage, counted from the purchase. No days with the source not_applicable where no date applies, with none where no rule is known.';
revoke all on function private.shelf_life(text, smallint, text) from public, anon;
grant execute on function private.shelf_life(text, smallint, text) to authenticated;

create function private.shelf_life_after(p_name text, p_category_id smallint, p_basis text, p_storage text, p_elsewhere boolean)
returns private.shelf_life
language sql stable security definer set search_path = ''
as $$
  select (r.storage, r.basis, r.min_days, r.max_days, r.source)::private.shelf_life
  from private.shelf_life_keys(p_name, p_category_id) k
  join public.shelf_life_rules r on r.category_id = p_category_id and r.keyword is not distinct from k.keyword
  where r.basis = p_basis and (p_elsewhere or r.storage = p_storage)
    -- Salt stays salt when it is opened: what has no date is not dated by a rule of its whole category.
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
  'How an item keeps once it is opened or thawed (p_basis) at p_storage, or, with p_elsewhere, where such food is kept then; null where no rule is known.';
revoke all on function private.shelf_life_after(text, smallint, text, text, boolean) from public, anon;
grant execute on function private.shelf_life_after(text, smallint, text, text, boolean) to authenticated;

create function private.rule_for(p_name text, p_category text, p_storage text)
returns table (category_id smallint, keeps private.shelf_life)
language plpgsql stable set search_path = ''
as $$
declare
  category public.categories;
begin
  select * into category from public.categories c where c.code = p_category;
  if not found then
    perform private.refuse(422, 'unknown_category', 'There is no such category.');
  elsif p_storage not in ('pantry', 'fridge', 'freezer') then
    perform private.refuse(422, 'unknown_storage', 'The storage is pantry, fridge or freezer.');
  end if;
  return query select category.id, private.shelf_life(p_name, category.id, p_storage);
end
$$;
comment on function private.rule_for(text, text, text) is
  'The category of that code and how such a product keeps, where it usually is or at p_storage. Errors by hint: unknown_category, unknown_storage.';
revoke all on function private.rule_for(text, text, text) from public, anon;
grant execute on function private.rule_for(text, text, text) to authenticated;

create function public.suggest_use_by(name text, category text, storage text default null, purchased_on date default null)
returns jsonb
language sql stable security invoker set search_path = ''
as $$
  select jsonb_build_object(
    'storage', (keeps).storage,
    'expires_on', coalesce($4, private.today()) + (keeps).min_days,
    'min_days', (keeps).min_days,
    'max_days', (keeps).max_days,
    'basis', (keeps).basis,
    'source', (keeps).source
  )
  from private.rule_for($1, $2, $3)
$$;
comment on function public.suggest_use_by(text, text, text, date) is
  'Where to keep a product of that name and category, or how it keeps at that storage, counted from the purchase, today by default: what adding it would make of it. Errors by hint: unknown_category, unknown_storage.';
revoke all on function public.suggest_use_by(text, text, text, date) from public, anon;
grant execute on function public.suggest_use_by(text, text, text, date) to authenticated;
