-- Aliases: what a user calls an item that a store prints under another name.

create function private.text_key(p_text text) returns text
language sql immutable set search_path = ''
as $$
  -- Recognition loses spaces now and then, so they do not count.
  select regexp_replace(lower(normalize(coalesce(p_text, ''), nfkc)), '\s', '', 'g')
$$;
comment on function private.text_key(text) is 'The form of a printed name under which it is found again.';
revoke all on function private.text_key(text) from public, anon;
grant execute on function private.text_key(text) to authenticated;

create table public.item_aliases (
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  store_key text not null,
  text_key text not null check (text_key <> ''),
  name text not null,
  category_id smallint not null references public.categories (id),
  uses integer not null default 1 check (uses >= 1),
  primary key (user_id, store_key, text_key)
);
comment on table public.item_aliases is
  'What a user calls an item that a store prints as text_key. Keys are made by private.text_key; store_key is empty where the store is unknown.';
create index item_aliases_category_id on public.item_aliases (category_id);
alter table public.item_aliases enable row level security;
create policy "Users manage their own aliases" on public.item_aliases
  for all to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
revoke all on public.item_aliases from anon, authenticated;
grant select, insert, update, delete on public.item_aliases to authenticated;
grant all on public.item_aliases to service_role;

create function private.alias_of(p_user_id uuid, p_store text, p_text text)
returns table (name text, category_id smallint, decided_by text)
language sql stable set search_path = ''
as $$
  select a.name, a.category_id,
    case when a.store_key = private.text_key(p_store) then 'alias' else 'alias_elsewhere' end
  from public.item_aliases a
  where a.user_id = p_user_id and a.text_key = private.text_key(p_text)
  order by (a.store_key = private.text_key(p_store)) desc, a.uses desc
  limit 1
$$;
comment on function private.alias_of(uuid, text, text) is
  'What a user calls an item that this store prints so, or else what they call it when another store does.';
revoke all on function private.alias_of(uuid, text, text) from public, anon;

create function private.learn(p_item_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  item public.receipt_items;
  receipt public.receipts;
  key text;
begin
  select i.* into item from public.receipt_items i where i.id = p_item_id;
  select r.* into receipt from public.receipts r where r.id = item.receipt_id and r.user_id = (select auth.uid());
  key := private.text_key(item.predicted_name);
  if receipt.id is null or key = '' then
    return;
  end if;
  insert into public.item_aliases as known (user_id, store_key, text_key, name, category_id)
  values (receipt.user_id, private.text_key(receipt.store_name), key, item.name, item.category_id)
  on conflict (user_id, store_key, text_key) do update
  set name = excluded.name, category_id = excluded.category_id, uses = known.uses + 1;

  -- Receipts that wait for their review learn too, unless the user already decided, or this store has a word of its own.
  update public.receipt_items i
  set name = alias.name, category_id = alias.category_id, decided_by = alias.decided_by, uncertain = false,
      kind = case when category.is_food then 'food' else 'non_food' end,
      storage = keeps.storage,
      expires_on = private.purchase_day(r.purchased_at, r.created_at) + keeps.min_days
  from public.receipts r
  cross join lateral private.alias_of(r.user_id, r.store_name, item.predicted_name) alias
  join public.categories category on category.id = alias.category_id
  cross join lateral private.shelf_life(alias.name, alias.category_id) keeps
  where r.user_id = receipt.user_id and i.receipt_id = r.id and i.id <> item.id
    and i.status = 'pending' and i.decided_by <> 'user' and private.text_key(i.predicted_name) = key
    and (i.name, i.category_id) is distinct from (alias.name, alias.category_id);
end
$$;
comment on function private.learn(uuid) is
  'Remembers what the caller calls an item of theirs, for their next receipts and for those that they have not reviewed yet.';
revoke all on function private.learn(uuid) from public, anon;
grant execute on function private.learn(uuid) to authenticated;
