-- Names that households agree on: what users call a product, and what their receipts print beside its barcode. They
-- answer only while no provider knows the product, and on receipts they are offered, never put over what was read.

create table private.printed_names (
  user_id uuid not null references auth.users (id) on delete cascade,
  gtin14 text not null check (gtin14 ~ '^[0-9]{14}$'),
  name text not null check (length(name) between 1 and 200),
  name_key text not null check (name_key <> '' and length(name_key) <= 200),
  category_id smallint references public.categories (id),
  purchase_key text check (length(purchase_key) <= 64),
  created_at timestamptz not null default now(),
  primary key (user_id, gtin14)
);
comment on table private.printed_names is
  'What the user''s latest receipt prints beside a barcode. purchase_key identifies the purchase: two users with the '
  'same one have photographed the same receipt. Without a policy: for services only.';
create index printed_names_gtin14 on private.printed_names (gtin14, created_at desc);
create index printed_names_category_id on private.printed_names (category_id);
alter table private.printed_names enable row level security;

create table private.agreed_names (
  gtin14 text not null check (gtin14 ~ '^[0-9]{14}$'),
  source text not null check (source in ('users', 'receipts')),
  name text check (length(name) between 1 and 200),
  name_key text check (length(name_key) <= 200),
  category_id smallint references public.categories (id),
  quantity_text text check (length(quantity_text) <= 40),
  accounts integer not null default 0 check (accounts >= 0),
  votes integer not null default 0 check (votes >= 0),
  is_pinned boolean not null default false,
  decided_at timestamptz not null default now(),
  agreed_at timestamptz,
  primary key (gtin14, source),
  check ((name is null) = (name_key is null) and (name is null) = (agreed_at is null))
);
comment on table private.agreed_names is
  'The name that most accounts agree on, null without one. accounts is how many agree, votes how many accounts '
  'named the product at all. A pinned name was chosen by an operator and is not changed by votes. '
  'Without a policy: for services only.';
create index agreed_names_category_id on private.agreed_names (category_id);
alter table private.agreed_names enable row level security;

create table private.agreed_name_history (
  id bigint generated always as identity primary key,
  gtin14 text not null check (gtin14 ~ '^[0-9]{14}$'),
  source text not null check (source in ('users', 'receipts')),
  name text check (length(name) <= 200),
  name_key text check (length(name_key) <= 200),
  category_id smallint references public.categories (id),
  quantity_text text check (length(quantity_text) <= 40),
  accounts integer not null,
  changed_at timestamptz not null default now()
);
comment on table private.agreed_name_history is
  'Every change of an agreed name; a null name was withdrawn. Without a policy: for services only.';
create index agreed_name_history_gtin14 on private.agreed_name_history (gtin14, source, id desc);
create index agreed_name_history_category_id on private.agreed_name_history (category_id);
alter table private.agreed_name_history enable row level security;

create table private.hidden_names (
  gtin14 text not null check (gtin14 ~ '^[0-9]{14}$'),
  name_key text not null check (length(name_key) <= 200),
  reason text check (length(reason) <= 1000),
  hidden_at timestamptz not null default now(),
  primary key (gtin14, name_key)
);
comment on table private.hidden_names is
  'Names that an operator has hidden: votes for them do not count. Without a policy: for services only.';
alter table private.hidden_names enable row level security;

create function private.note_agreed_name() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into private.agreed_name_history (gtin14, source, name, name_key, category_id, quantity_text, accounts)
  values (new.gtin14, new.source, new.name, new.name_key, new.category_id, new.quantity_text, new.accounts);
  delete from private.agreed_name_history h
  where h.gtin14 = new.gtin14 and h.source = new.source and h.id <= (
    select oldest.id from private.agreed_name_history oldest
    where oldest.gtin14 = new.gtin14 and oldest.source = new.source
    order by oldest.id desc
    offset 50 limit 1
  );
  return null;
end
$$;
comment on function private.note_agreed_name() is
  'Writes agreed_name_history, of which the latest 50 entries of each product and source are kept.';
revoke all on function private.note_agreed_name() from public, anon, authenticated, service_role;
create trigger note_first_agreed_name after insert on private.agreed_names
  for each row when (new.name is not null) execute function private.note_agreed_name();
create trigger note_agreed_name after update on private.agreed_names
  for each row when ((old.name, old.category_id) is distinct from (new.name, new.category_id))
  execute function private.note_agreed_name();

create function private.lock_product_name(p_gtin14 text) returns void
language sql set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended('product_names ' || p_gtin14, 0))
$$;
comment on function private.lock_product_name(text) is
  'Serialises the votes on the name of a product until the transaction ends, so that the last of several concurrent '
  'votes sees the others.';
revoke all on function private.lock_product_name(text) from public, anon, authenticated, service_role;

create function private.decide_product_name(p_gtin14 text, p_source text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  least_accounts constant integer := coalesce(private.setting('agreeing_accounts')::integer, 3);
  least_age constant interval := make_interval(days => coalesce(private.setting('voting_age_days')::integer, 14));
  winner record;
  vote_count integer;
begin
  if exists (select from private.agreed_names a where a.gtin14 = p_gtin14 and a.source = p_source and a.is_pinned) then
    return;
  end if;
  with votes as (
    (
      select n.user_id, n.name, n.name_key, n.category_id, n.quantity_text, null as purchase_key, n.created_at
      from public.product_names n
      where p_source = 'users' and n.gtin14 = p_gtin14
      order by n.created_at desc
      limit 1000
    )
    union all
    (
      select n.user_id, n.name, n.name_key, n.category_id, null, n.purchase_key, n.created_at
      from private.printed_names n
      where p_source = 'receipts' and n.gtin14 = p_gtin14
      order by n.created_at desc
      limit 1000
    )
  ),
  aged as (
    select v.*, u.created_at as member_since
    from votes v
    join auth.users u on u.id = v.user_id
    where u.created_at <= now() - least_age
      and coalesce((to_jsonb(u) ->> 'is_anonymous')::boolean, false) = false
      and not exists (
        select from private.hidden_names h where h.gtin14 = p_gtin14 and h.name_key = v.name_key
      )
  ),
  -- Accounts that were created within the same hour, or that photographed the same receipt, count once: they are one
  -- household, or one person with several accounts.
  by_hour as (
    select distinct on (date_trunc('hour', a.member_since)) a.*
    from aged a
    order by date_trunc('hour', a.member_since), a.created_at, a.user_id
  ),
  independent as (
    select distinct on (coalesce(b.purchase_key, b.user_id::text)) b.*
    from by_hour b
    order by coalesce(b.purchase_key, b.user_id::text), b.created_at, b.user_id
  ),
  counted as (
    select
      i.name_key, count(*)::integer as accounts,
      mode() within group (order by i.name) as name,
      mode() within group (order by i.quantity_text) as quantity_text,
      mode() within group (order by i.category_id) as category_id
    from independent i
    group by i.name_key
  )
  select
    c.name_key, c.name, c.accounts,
    -- A quantity and a category also need most of those who agree on the name.
    case
      when 2 * (
        select count(*) from independent i
        where i.name_key = c.name_key and private.text_key(i.quantity_text) = private.text_key(c.quantity_text)
      ) > c.accounts then c.quantity_text
    end as quantity_text,
    case
      when 2 * (
        select count(*) from independent i where i.name_key = c.name_key and i.category_id = c.category_id
      ) > c.accounts then c.category_id
    end as category_id,
    (select count(*)::integer from independent) as votes
  into winner
  from counted c
  order by c.accounts desc
  limit 1;
  vote_count := coalesce(winner.votes, 0);
  if winner.accounts >= least_accounts and 2 * winner.accounts > vote_count then
    insert into private.agreed_names as a (
      gtin14, source, name, name_key, category_id, quantity_text, accounts, votes, decided_at, agreed_at
    )
    values (
      p_gtin14, p_source, winner.name, winner.name_key, winner.category_id, winner.quantity_text, winner.accounts,
      vote_count, now(), now()
    )
    on conflict (gtin14, source) do update
    set name = excluded.name, name_key = excluded.name_key, category_id = excluded.category_id,
        quantity_text = excluded.quantity_text, accounts = excluded.accounts, votes = excluded.votes,
        decided_at = excluded.decided_at,
        agreed_at = case when a.name_key = excluded.name_key then a.agreed_at else excluded.agreed_at end;
  elsif vote_count > 0 then
    insert into private.agreed_names as a (gtin14, source, votes) values (p_gtin14, p_source, vote_count)
    on conflict (gtin14, source) do update
    set name = null, name_key = null, category_id = null, quantity_text = null, agreed_at = null, accounts = 0,
        votes = excluded.votes, decided_at = excluded.decided_at;
  else
    update private.agreed_names a
    set name = null, name_key = null, category_id = null, quantity_text = null, agreed_at = null, accounts = 0,
        votes = 0, decided_at = now()
    where a.gtin14 = p_gtin14 and a.source = p_source;
  end if;
end
$$;
comment on function private.decide_product_name(text, text) is
  'Counts the votes on the name of a product, from users or from receipts: a name is agreed if at least three accounts '
  '(setting agreeing_accounts) and more than half of all that named the product give it, ignoring spaces and case. Only '
  'accounts count that are 14 days old (setting voting_age_days), not anonymous, and independent of each other.';
revoke all on function private.decide_product_name(text, text) from public, anon, authenticated, service_role;

create function private.withdraw_vote() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- Votes of a deleted account or a deleted name no longer count. Without waiting for a lock: a vote that is being
  -- counted at this moment counts again later.
  if exists (select from private.agreed_names a where a.gtin14 = old.gtin14 and a.source = tg_argv[0] and a.name is not null)
    and pg_try_advisory_xact_lock(hashtextextended('product_names ' || old.gtin14, 0))
  then
    perform private.decide_product_name(old.gtin14, tg_argv[0]);
  end if;
  return null;
end
$$;
comment on function private.withdraw_vote() is 'Counts the votes on a product''s name again after one was deleted.';
revoke all on function private.withdraw_vote() from public, anon, authenticated, service_role;
create trigger withdraw_vote_of_user after delete on public.product_names
  for each row execute function private.withdraw_vote('users');
create trigger withdraw_vote_of_receipt after delete on private.printed_names
  for each row execute function private.withdraw_vote('receipts');

create function private.note_printed_names(p_receipt_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  receipt public.receipts;
  number text;
begin
  select r.* into receipt from public.receipts r where r.id = p_receipt_id;
  if (select count(*) from private.printed_names n where n.user_id = receipt.user_id) >= 20000 then
    return; -- more than a household buys in years
  end if;
  for number in
    insert into private.printed_names as n (user_id, gtin14, name, name_key, category_id, purchase_key)
    select distinct on (i.gtin14)
      receipt.user_id, i.gtin14, printed.name, private.text_key(printed.name),
      case when i.uncertain then null else i.predicted_category_id end,
      md5(concat_ws('|', private.text_key(receipt.store_name), receipt.purchased_at, receipt.total))
    from public.receipt_items i
    cross join lateral (select private.clean_name(i.predicted_name) as name) printed
    where i.receipt_id = receipt.id and i.gtin14 is not null and coalesce(i.amount, 0) >= 0
      and private.is_product_name(printed.name) and length(private.text_key(printed.name)) <= 200
    order by i.gtin14, i.line_no
    on conflict (user_id, gtin14) do update
    set name = excluded.name, name_key = excluded.name_key, category_id = excluded.category_id,
        purchase_key = excluded.purchase_key, created_at = now()
    returning n.gtin14
  loop
    -- In the order of the numbers, which prevents deadlocks.
    perform private.lock_product_name(number);
    if not exists (
      -- A product that many users buy is not counted again by every receipt.
      select from private.agreed_names a
      where a.gtin14 = number and a.source = 'receipts' and a.votes >= 50 and a.decided_at > now() - interval '1 day'
    ) then
      perform private.decide_product_name(number, 'receipts');
    end if;
  end loop;
end
$$;
comment on function private.note_printed_names(uuid) is
  'Remembers what a receipt prints beside each barcode, for its user and as a vote on the product''s name.';
revoke all on function private.note_printed_names(uuid) from public, anon, authenticated, service_role;

-- For operators, see the runbook.

create function private.product_name_state(p_gtin14 text) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'gtin14', p_gtin14,
    'users', (select a.name from private.agreed_names a where a.gtin14 = p_gtin14 and a.source = 'users'),
    'receipts', (select a.name from private.agreed_names a where a.gtin14 = p_gtin14 and a.source = 'receipts'),
    'hidden', (
      select coalesce(jsonb_agg(h.name_key order by h.hidden_at), '[]')
      from private.hidden_names h where h.gtin14 = p_gtin14
    )
  )
$$;
comment on function private.product_name_state(text) is 'The agreed and the hidden names of a product.';
revoke all on function private.product_name_state(text) from public, anon, authenticated, service_role;

create function private.hide_product_name(p_gtin14 text, p_name text default null, p_reason text default null)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.lock_product_name(p_gtin14);
  insert into private.hidden_names (gtin14, name_key, reason)
  select p_gtin14, private.text_key(p_name), p_reason where p_name is not null
  union
  select p_gtin14, a.name_key, p_reason
  from private.agreed_names a
  where p_name is null and a.gtin14 = p_gtin14 and a.name_key is not null
    -- Otherwise a repeated call would hide the next names, which the operator has not seen.
    and not exists (select from private.hidden_names h where h.gtin14 = p_gtin14)
  on conflict do nothing;
  if not found then
    return private.product_name_state(p_gtin14);
  end if;
  delete from private.name_reports r where r.gtin14 = p_gtin14;
  update private.agreed_names a set is_pinned = false
  where a.gtin14 = p_gtin14
    and exists (select from private.hidden_names h where h.gtin14 = a.gtin14 and h.name_key = a.name_key);
  perform private.decide_product_name(p_gtin14, 'users'), private.decide_product_name(p_gtin14, 'receipts');
  return private.product_name_state(p_gtin14);
end
$$;
comment on function private.hide_product_name(text, text, text) is
  'For operators: hides a name of a product from all users but those who gave it; by default those that are agreed on '
  'now, unless a name of the product is hidden already. Votes for it no longer count, and reports on the product are '
  'settled, unless it is hidden already. Idempotent. Returns what applies now.';
revoke all on function private.hide_product_name(text, text, text) from public, anon, authenticated, service_role;

create function private.revert_product_name(p_gtin14 text, p_history_id bigint default null) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  entry private.agreed_name_history;
begin
  perform private.lock_product_name(p_gtin14);
  if p_history_id is null and exists (
    select from private.agreed_names a where a.gtin14 = p_gtin14 and a.is_pinned and a.name is not null
  ) then
    return private.product_name_state(p_gtin14); -- the call is repeated: it must not revert the name that it restored
  end if;
  select h.* into entry
  from private.agreed_name_history h
  where h.gtin14 = p_gtin14 and h.name is not null and (p_history_id is null or h.id = p_history_id)
    and (p_history_id is not null or not exists (
      select from private.agreed_names a where a.gtin14 = p_gtin14 and a.name_key = h.name_key
    ))
    and not exists (select from private.hidden_names n where n.gtin14 = p_gtin14 and n.name_key = h.name_key)
  order by h.id desc
  limit 1;
  if p_history_id is not null and entry.id is null then
    return private.product_name_state(p_gtin14); -- of another product, or hidden: nothing takes the name's place
  end if;
  perform private.hide_product_name(p_gtin14, a.name, 'reverted')
  from private.agreed_names a
  where a.gtin14 = p_gtin14 and a.name is not null and a.name_key is distinct from entry.name_key;
  if entry.id is not null then
    update private.agreed_names a
    set name = entry.name, name_key = entry.name_key, category_id = entry.category_id,
        quantity_text = entry.quantity_text, accounts = entry.accounts, is_pinned = true, decided_at = now(),
        agreed_at = now()
    where a.gtin14 = p_gtin14 and a.source = entry.source;
  end if;
  return private.product_name_state(p_gtin14);
end
$$;
comment on function private.revert_product_name(text, bigint) is
  'For operators: hides the agreed name of a product and restores the one before it, or the given entry of '
  'private.agreed_name_history, whatever users vote for. Without an earlier name, none applies. Idempotent: a restored '
  'name is reverted only by giving an entry. An entry that is not one of this product, or whose name is hidden, changes '
  'nothing. Returns what applies now.';
revoke all on function private.revert_product_name(text, bigint) from public, anon, authenticated, service_role;

create function private.count_product_names_again(p_gtin14 text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.lock_product_name(p_gtin14);
  delete from private.hidden_names h where h.gtin14 = p_gtin14;
  update private.agreed_names a set is_pinned = false where a.gtin14 = p_gtin14;
  perform private.decide_product_name(p_gtin14, 'users'), private.decide_product_name(p_gtin14, 'receipts');
  return private.product_name_state(p_gtin14);
end
$$;
comment on function private.count_product_names_again(text) is
  'For operators: undoes private.hide_product_name and private.revert_product_name. Returns what applies now.';
revoke all on function private.count_product_names_again(text) from public, anon, authenticated, service_role;

create table private.name_reports (
  user_id uuid not null references auth.users (id) on delete cascade,
  gtin14 text not null check (gtin14 ~ '^[0-9]{14}$'),
  reported_at timestamptz not null default now(),
  primary key (user_id, gtin14)
);
comment on table private.name_reports is
  'Agreed names that users reported, until an operator decides on them. Without a policy: for services only.';
create index name_reports_gtin14 on private.name_reports (gtin14);
alter table private.name_reports enable row level security;

create function public.report_product_name(gtin14 text) returns void
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  number constant text := private.gtin14($1);
begin
  perform private.require_user();
  if number is null then
    perform private.refuse(422, 'invalid_barcode', 'gtin14 is not a valid product number.');
  end if;
  perform private.count_call('report_product_name', 20);
  perform private.use_quota('name_reports', 1);
  insert into private.name_reports (user_id, gtin14)
  select auth.uid(), number
  where exists (select from private.agreed_names a where a.gtin14 = number and a.name is not null)
    and (select count(*) from private.name_reports r where r.user_id = auth.uid()) < 500
  on conflict do nothing;
end
$$;
comment on function public.report_product_name(text) is
  'Reports the agreed name of a product to the operators, once per user and product. Errors by hint: unauthorized, '
  'invalid_barcode, rate_limited. Runs as its owner, because users may not write reports directly.';
revoke all on function public.report_product_name(text) from public, anon;
grant execute on function public.report_product_name(text) to authenticated;
