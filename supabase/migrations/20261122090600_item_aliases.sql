-- Aliases: what a user calls an item that a store prints under another name.

create table public.item_aliases (
  user_id uuid not null default private.owner_id() references auth.users (id) on delete cascade,
  store_key text not null check (length(store_key) <= 200),
  text_key text not null check (text_key <> '' and length(text_key) <= 400),
  name text not null check (length(btrim(name)) >= 1 and length(name) <= 200),
  category_id smallint not null references public.categories (id),
  uses integer not null default 1 check (uses >= 1),
  primary key (user_id, store_key, text_key)
);
comment on table public.item_aliases is
  'The name and category that a user gives to a line item which a store prints as text_key. Both keys are made by '
  'private.text_key; store_key is empty if the store is unknown.';
create function private.check_alias() returns trigger
language plpgsql set search_path = ''
as $$
begin
  -- Checked before the constraints, whose errors contain the row and would put it into the log.
  if coalesce(new.text_key, '') = '' or length(new.text_key) > 400 or length(new.store_key) > 200 then
    perform private.refuse(422, 'invalid_alias', 'text_key must have 1 to 400 characters, store_key at most 200.');
  elsif coalesce(btrim(new.name), '') = '' or length(new.name) > 200 then
    perform private.refuse(422, 'invalid_alias', 'name must have 1 to 200 characters.');
  elsif new.uses < 1 then
    perform private.refuse(422, 'invalid_alias', 'uses must be at least 1.');
  end if;
  return new;
end
$$;
comment on function private.check_alias() is 'Refuses an alias that a user writes with invalid values, in words.';
revoke all on function private.check_alias() from public, anon, authenticated, service_role;
create trigger check_alias before insert or update on public.item_aliases
  for each row execute function private.check_alias();
create trigger limit_item_aliases after insert on public.item_aliases
  referencing new table as added for each statement execute function private.limit_rows('5000');
create index item_aliases_category_id on public.item_aliases (category_id);
alter table public.item_aliases enable row level security;
create policy "Users manage their own aliases" on public.item_aliases
  for all to authenticated
  using (user_id = (select private.owner_id())) with check (user_id = (select private.owner_id()));
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

create function private.learn(p_receipt_item_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  item public.receipt_items;
  receipt public.receipts;
  key text;
begin
  select i.* into item from public.receipt_items i where i.id = p_receipt_item_id;
  select r.* into receipt from public.receipts r where r.id = item.receipt_id and r.user_id = (select private.owner_id());
  key := private.text_key(item.predicted_name);
  if receipt.id is null or key = '' or length(key) > 400 or length(private.text_key(receipt.store_name)) > 200 then
    return;
  end if;
  begin
    insert into public.item_aliases as a (user_id, store_key, text_key, name, category_id)
    values (receipt.user_id, private.text_key(receipt.store_name), key, left(item.name, 200), item.category_id)
    on conflict (user_id, store_key, text_key) do update
    set name = excluded.name, category_id = excluded.category_id, uses = a.uses + 1;
  exception when sqlstate 'PT409' or sqlstate 'PT429' then
    return; -- the decision on the line item counts even if no further alias can be stored
  end;

  -- Pending line items of other receipts take the alias too, except those that the user has already decided. alias_of
  -- prefers an alias of their own store.
  update public.receipt_items i
  set name = alias.name, category_id = alias.category_id, decided_by = alias.decided_by,
      uncertain_fields = private.unsettled(i.uncertain_fields, '{name,category,expires_on}'),
      kind = case when category.is_food then 'food' else 'non_food' end,
      storage = estimate.storage,
      expires_on =
        coalesce(i.purchased_on, private.purchase_day(r.purchased_at, r.created_at)) + estimate.min_days
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
