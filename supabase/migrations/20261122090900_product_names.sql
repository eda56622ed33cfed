-- What users call the product of a barcode: it applies to them at once, and to all users once enough of them agree.

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
  for select to authenticated using (user_id = (select private.owner_id()));
create policy "Users delete their own product names" on public.product_names
  for delete to authenticated using (user_id = (select private.owner_id()));
revoke all on public.product_names from anon, authenticated;
grant select, delete on public.product_names to authenticated;
grant all on public.product_names to service_role;

create trigger limit_product_names after insert on public.product_names
  referencing new table as added for each statement execute function private.limit_rows('5000');

create function private.clean_name(p_name text) returns text
language sql immutable set search_path = ''
as $$
  select btrim(
    regexp_replace(
      -- Controls, invisible marks and marks that change the direction of text.
      regexp_replace(
        normalize(left(p_name, 1000), nfc),
        '[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff'
        -- Letters and marks that show nothing, as in functions/barcode/clean.py, and characters for private use.
        || '\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\ue000-\uf8ff\U000e0000-\U000e0fff]',
        '', 'g'
      ),
      '[\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+', ' ', 'g'
    )
  )
$$;
comment on function private.clean_name(text) is
  'A name as one line of composed text, without control characters and invisible marks.';
revoke all on function private.clean_name(text) from public, anon, authenticated, service_role;

create function private.clean_unit(p_unit text) returns text
language sql immutable set search_path = ''
as $$
  select nullif(private.clean_name(p_unit), '')
$$;
comment on function private.clean_unit(text) is 'A unit, cleaned as a name is; null if nothing of it can be seen.';
revoke all on function private.clean_unit(text) from public, anon, authenticated, service_role;

create function private.is_product_name(p_name text) returns boolean
language sql immutable set search_path = ''
as $$
  -- Compared without spaces, width and case, which would hide a link or a number.
  select case
    when key = '' or length(p_name) > 200 or key !~ '[[:alnum:]]' then false
    when key ~ '://|^www\.|[^a-z]www\.|[a-z0-9-]+\.[a-z]{2,}/' then false -- links
    when key ~ ('[a-z0-9가-힣-]\.(com|net|org|info|biz|shop|store|online|club|site|link|page|live|top|xyz|app|dev|io|gg|me'
        || '|ly|tv|cc|ru|cn|jp|uk|us|eu|fr|vn|tw|hk|sg|tk|ml|pw|ws|su|to|ai|icu|vip|click|win|fun|space|website|cloud|tech'
        || '|co\.[a-z]{2}|kr|or\.kr|ne\.kr|닷컴|닷넷|example|test|invalid)([^a-z]|$)'
        || '|[a-z가-힣][a-z0-9가-힣-]*\.한국([^a-z]|$)') -- not behind a number: 1.한국산 참깨
      then false -- hosts
    when key ~ '[0-9]{1,3}(\.[0-9]{1,3}){3}' then false -- addresses
    when key ~ '@[a-z0-9가-힣_]|카카오톡|카톡|오픈채팅|텔레그램|인스타그램|telegram|instagram|whatsapp|kakaotalk' then false
    -- U+1173 is ㅡ in the normalised form, which people write for a dash.
    when regexp_replace(key, '[-.()/+_·,~\u1173‐–—―−]', '', 'g') ~ '[0-9]{9,}|01[016789][0-9]{7}|1[568][0-9]{6}'
      then false -- phones
    when regexp_replace(key, '[^a-z0-9가-힣]', '', 'g') ~ '01[016789][0-9]{7}' then false -- also with other marks
    else true
  end
  -- A dot that is written in another way, or in brackets, is one.
  from (
    select regexp_replace(replace(private.text_key(p_name), '。', '.'), '[[({<]\.[])}>]', '.', 'g') as key
  ) k
$$;
comment on function private.is_product_name(text) is
  'Whether a text can be the name of a product: it contains no link, no address, no telephone number and no other '
  'contact, and not only punctuation.';
revoke all on function private.is_product_name(text) from public, anon, authenticated, service_role;

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
  clean_name constant text := private.clean_name($2);
  clean_quantity constant text := nullif(private.clean_name($4), '');
  key constant text := private.text_key(private.clean_name($2));
  new_category_id smallint;
begin
  perform private.require_user();
  if number is null then
    perform private.refuse(422, 'invalid_barcode', 'gtin14 is not a valid product number.');
  elsif coalesce(length($2), 0) > 1000 or coalesce(key, '') = '' or length(key) > 200 or length(clean_name) > 200 then
    perform private.refuse(422, 'invalid_name', 'name must have 1 to 200 characters.');
  elsif not private.is_product_name(clean_name) then
    perform private.refuse(422, 'invalid_name', 'name must not contain links or contact data.');
  elsif length($4) > 200 or length(clean_quantity) > 40
    or clean_quantity is not null and not private.is_product_name(clean_quantity)
  then
    perform private.refuse(
      422, 'invalid_quantity', 'quantity_text must have at most 40 characters, without links or contact data.'
    );
  end if;
  perform private.count_call('name_product', 60);
  if $3 is not null then
    select c.id into new_category_id from public.categories c where c.code = $3;
    if not found then
      perform private.refuse(422, 'unknown_category', 'Unknown category.');
    end if;
  end if;

  perform private.lock_product_name(number);
  insert into public.product_names (user_id, gtin14, name, name_key, category_id, quantity_text)
  values ((select private.owner_id()), number, clean_name, key, new_category_id, clean_quantity)
  on conflict (user_id, gtin14) do update
  set name = excluded.name, name_key = excluded.name_key, category_id = excluded.category_id,
      quantity_text = excluded.quantity_text, created_at = now()
  where (product_names.name, product_names.category_id, product_names.quantity_text)
    is distinct from (excluded.name, excluded.category_id, excluded.quantity_text);

  perform private.decide_product_name(number, 'users');
  return exists (
    select from private.agreed_names a where a.gtin14 = number and a.source = 'users' and a.name_key = key
  ) and not exists (select from public.products p where p.gtin14 = number)
    and not exists (select from public.products_bulk b where b.gtin14 = number);
end
$$;
comment on function public.name_product(text, text, text, text) is
  'Stores the calling user''s name for the product of a barcode; it applies to that user at once. Returns whether all '
  'users see it now: most accounts that named the product agree, and no provider knows it. Idempotent. Errors by hint: '
  'unauthorized, invalid_barcode, invalid_name, invalid_quantity, unknown_category, rate_limited. '
  'Runs as its owner, because users may not write names that others see.';
revoke all on function public.name_product(text, text, text, text) from public, anon;
grant execute on function public.name_product(text, text, text, text) to authenticated;
