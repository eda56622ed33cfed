-- Aliases: what a user calls an item that a store prints under another name.

create function private.text_key(p_text text) returns text
language sql immutable set search_path = ''
as $$
  -- Text recognition sometimes drops spaces, so they are ignored.
  select regexp_replace(lower(normalize(coalesce(p_text, ''), nfkc)), '\s', '', 'g')
$$;
comment on function private.text_key(text) is 'The normalised form of a printed name, as a key to look it up by.';
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
  'The name and category that a user gives to a line item which a store prints as text_key. Both keys are made by '
  'private.text_key; store_key is empty if the store is unknown.';
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
  'The user''s alias for a text that this store prints, otherwise their alias for the same text at another store.';
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
  insert into public.item_aliases as a (user_id, store_key, text_key, name, category_id)
  values (receipt.user_id, private.text_key(receipt.store_name), key, item.name, item.category_id)
  on conflict (user_id, store_key, text_key) do update
  set name = excluded.name, category_id = excluded.category_id, uses = a.uses + 1;

  -- Pending line items of other receipts take the alias too, except those that the user has already decided. alias_of
  -- prefers an alias of their own store.
  update public.receipt_items i
  set name = alias.name, category_id = alias.category_id, decided_by = alias.decided_by, uncertain = false,
      kind = case when category.is_food then 'food' else 'non_food' end,
      storage = estimate.storage,
      expires_on = private.purchase_day(r.purchased_at, r.created_at) + estimate.min_days
  from public.receipts r
  cross join lateral private.alias_of(r.user_id, r.store_name, item.predicted_name) alias
  join public.categories category on category.id = alias.category_id
  cross join lateral private.shelf_life(alias.name, alias.category_id) estimate
  where r.user_id = receipt.user_id and i.receipt_id = r.id and i.id <> item.id
    and i.status = 'pending' and i.decided_by <> 'user' and private.text_key(i.predicted_name) = key
    and (i.name, i.category_id) is distinct from (alias.name, alias.category_id);
end
$$;
comment on function private.learn(uuid) is
  'Stores the name and category of a line item of the calling user as an alias, for their next receipts and for those '
  'they have not reviewed yet.';
revoke all on function private.learn(uuid) from public, anon;
grant execute on function private.learn(uuid) to authenticated;
