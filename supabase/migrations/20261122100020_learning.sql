-- Learning from a correction: at once for the user who made it, as feedback for the next model.

-- One opinion an item, the latest; what was said before there was this rule is kept for its item alone.
delete from public.user_category_feedback earlier
using public.user_category_feedback later
where earlier.receipt_item_id = later.receipt_item_id and (earlier.created_at, earlier.id) < (later.created_at, later.id);
drop index public.user_category_feedback_receipt_item_id;
alter table public.user_category_feedback
  add constraint user_category_feedback_receipt_item_id unique (receipt_item_id);
comment on table public.user_category_feedback is
  'What users say about predictions, one row an item with the latest word. Where both categories are equal, the user confirmed the model.';

-- Written by functions alone, which know the prediction and the limits.
drop policy "Users give feedback of their own" on public.user_category_feedback;
revoke insert on public.user_category_feedback from authenticated;

create table private.call_counts (
  user_id uuid not null references auth.users (id) on delete cascade,
  action text not null,
  started_at timestamptz not null,
  calls integer not null check (calls >= 1),
  primary key (user_id, action)
);
comment on table private.call_counts is 'Calls of each user in the minute that began with started_at.';
alter table private.call_counts enable row level security;

create function private.count_call(p_action text, p_default_limit integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  counted private.call_counts;
  minute constant interval := '1 minute';
  allowed constant integer := coalesce(private.setting(p_action || '_per_minute')::integer, p_default_limit);
begin
  insert into private.call_counts as known (user_id, action, started_at, calls)
  values ((select auth.uid()), p_action, now(), 1)
  on conflict (user_id, action) do update
  set started_at = case when known.started_at <= now() - minute then now() else known.started_at end,
      calls = case when known.started_at <= now() - minute then 1 else known.calls + 1 end
  returning * into counted;
  if counted.calls > allowed then
    raise exception using
      errcode = 'PT429', message = 'Too many calls in a minute.', hint = 'rate_limited',
      detail = ceil(extract(epoch from counted.started_at + minute - now()))::integer::text;
  end if;
end
$$;
comment on function private.count_call(text, integer) is
  'Counts a call of the caller and refuses it beyond the limit of a minute (setting {action}_per_minute); the detail says in how many seconds to come again.';
revoke all on function private.count_call(text, integer) from public, anon;

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

create function private.note_feedback(p_item_id uuid) returns void
language sql security definer set search_path = ''
as $$
  insert into public.user_category_feedback as known (
    user_id, receipt_item_id, item_text, predicted_category_id, predicted_confidence, corrected_category_id,
    model_version
  )
  select
    r.user_id, i.id, left(coalesce(nullif(btrim(i.predicted_name), ''), nullif(btrim(i.raw_text), ''), '?'), 200),
    i.predicted_category_id, i.confidence, i.category_id, r.model_versions ->> 'category'
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id
  where i.id = p_item_id and r.user_id = (select auth.uid())
  on conflict (receipt_item_id) do update
  set corrected_category_id = excluded.corrected_category_id, created_at = excluded.created_at
  where known.corrected_category_id <> excluded.corrected_category_id
$$;
comment on function private.note_feedback(uuid) is
  'Stores the caller''s category of an item of theirs beside what was predicted, with which confidence and by which model.';
revoke all on function private.note_feedback(uuid) from public, anon;
grant execute on function private.note_feedback(uuid) to authenticated;
