-- What the jobs of the model pipeline read of users' data: names and categories under pseudonyms, never a user or a
-- receipt. The jobs have roles of their own (retraining, annotation), which may call these functions and read no table
-- with users' rows.

create function private.voter(p_user_id uuid) returns text
language sql immutable set search_path = ''
as $$
  select md5('voter ' || p_user_id)
$$;
comment on function private.voter(uuid) is
  'A pseudonym of a user, the same in every run; null for null. The id cannot be computed from it.';
revoke all on function private.voter(uuid) from public, anon, authenticated, service_role;

create function private.read_purchases(p_until timestamptz)
returns table (user_id uuid, store_key text, purchased_at timestamp, total integer)
language sql stable security definer set search_path = ''
as $$
  select r.user_id, private.text_key(coalesce(f.store_name, r.store_name)), coalesce(f.purchased_at, r.purchased_at),
    coalesce(f.total, r.total)
  from public.receipts r
  left join lateral (
    select min(f.offered #>> '{}') filter (where f.field = 'store_name') as store_name,
      min((f.offered #>> '{}')::timestamp) filter (where f.field = 'purchased_at') as purchased_at,
      min((f.offered #>> '{}')::integer) filter (where f.field = 'total') as total
    from public.receipt_feedback f where f.receipt_id = r.id
  ) f on true
  where r.status = 'done' and r.duplicate_of is null and r.created_at <= p_until
    and not private.is_canary(r.object_path)
    and r.user_id in (select v.user_id from public.user_category_feedback v where v.created_at <= p_until)
$$;
comment on function private.read_purchases(timestamptz) is
  'The purchases of users who voted on categories, as read: users may correct store, time and total, and so make one '
  'receipt look like several.';
revoke all on function private.read_purchases(timestamptz) from public, anon, authenticated, service_role;

create function private.category_votes(p_until timestamptz)
returns table (voter text, text_key text, item_text text, category text, voted_at timestamptz)
language sql stable security definer set search_path = ''
as $$
  select private.voter(f.user_id), private.text_key(f.item_text), f.item_text, c.code, f.created_at
  from public.user_category_feedback f
  join public.categories c on c.id = f.corrected_category_id
  -- A line item that the user added has no prediction, and its name was typed, not read from a receipt.
  where f.created_at <= p_until and f.predicted_category_id is not null
  order by f.created_at, f.id
$$;
comment on function private.category_votes(timestamptz) is
  'All corrections and confirmations of predicted categories until a time, oldest first. The voter is null if the '
  'account was deleted.';
revoke all on function private.category_votes(timestamptz) from public, anon, authenticated, service_role;
grant execute on function private.category_votes(timestamptz) to retraining;

create function private.voters(p_until timestamptz)
returns table (voter text, member_since timestamptz, is_confirmed boolean, receipts integer)
language sql stable security definer set search_path = ''
as $$
  select private.voter(u.id), date_trunc('hour', coalesce(u.created_at, p_until)),
    coalesce(to_jsonb(u) ->> 'email_confirmed_at', to_jsonb(u) ->> 'phone_confirmed_at') is not null
      and not coalesce((to_jsonb(u) ->> 'is_anonymous')::boolean, false),
    coalesce(own.purchases, 0)
  from auth.users u
  left join (
    select p.user_id, count(distinct (p.store_key, p.purchased_at, p.total))::integer as purchases
    from private.read_purchases(p_until) p
    group by p.user_id
  ) own on own.user_id = u.id
  where exists (select from public.user_category_feedback f where f.user_id = u.id and f.created_at <= p_until)
$$;
comment on function private.voters(timestamptz) is
  'What is known of the users who voted on categories: the hour in which they signed up, whether they confirmed an '
  'address, and on how many different purchases of theirs receipts were read.';
revoke all on function private.voters(timestamptz) from public, anon, authenticated, service_role;
grant execute on function private.voters(timestamptz) to retraining;

create function private.linked_voters(p_until timestamptz) returns table (voter text, other text)
language sql stable security definer set search_path = ''
as $$
  with purchase as materialized (
    select distinct p.* from private.read_purchases(p_until) p where p.total is not null and p.purchased_at is not null
  )
  select private.voter(one.user_id), private.voter(two.user_id)
  from purchase one
  join purchase two on (two.store_key, two.purchased_at, two.total) = (one.store_key, one.purchased_at, one.total)
    and two.user_id > one.user_id
  group by one.user_id, two.user_id
  -- Two strangers may spend the same in one store on one day, but not in the same minute, and not twice.
  having count(*) > 1 or bool_or(one.purchased_at <> date_trunc('day', one.purchased_at))
$$;
comment on function private.linked_voters(timestamptz) is
  'Pairs of voters who photographed the same receipt: one household, or one person with several accounts.';
revoke all on function private.linked_voters(timestamptz) from public, anon, authenticated, service_role;
grant execute on function private.linked_voters(timestamptz) to retraining;

create function private.annotated_names(p_until timestamptz)
returns table (text_key text, item_text text, category text, decided_at timestamptz, is_audited boolean)
language sql stable security definer set search_path = ''
as $$
  select f.text_key, f.item_text, f.category_code, f.finished_at,
    exists (select from public.audit_items a where a.text_key = f.text_key and a.sampled_at <= p_until)
  from public.finished_annotations f
  where f.finished_at <= p_until
  order by f.text_key
$$;
comment on function private.annotated_names(timestamptz) is
  'Names that annotators agree on, without the annotators, and since when. is_audited: they were drawn at random, so '
  'that no user chose them.';
revoke all on function private.annotated_names(timestamptz) from public, anon, authenticated, service_role;
grant execute on function private.annotated_names(timestamptz) to retraining;

create function private.queue_conflicts(p_names jsonb) returns integer
language sql security definer set search_path = ''
as $$
  with added as (
    insert into public.annotation_queue (text_key, item_text, reason, times_seen)
    select n.text_key, n.item_text, 'conflict', n.votes
    from jsonb_to_recordset(private.json_argument(p_names)) as n (text_key text, item_text text, votes integer)
    order by n.text_key
    on conflict (text_key) do nothing
    returning 1
  )
  select count(*)::integer from added
$$;
comment on function private.queue_conflicts(jsonb) is
  'Queues names for annotators that users may not decide alone, [{text_key, item_text, votes}], each once. Returns '
  'the number of new names.';
revoke all on function private.queue_conflicts(jsonb) from public, anon, authenticated, service_role;
grant execute on function private.queue_conflicts(jsonb) to retraining;

create function private.audited_names(p_until timestamptz)
returns table (text_key text, item_text text, category text, times integer)
language sql stable security definer set search_path = ''
as $$
  select a.text_key, min(a.item_text), min(a.category_code), count(*)::integer
  from public.finished_audits a
  join public.audit_items i on i.week = a.week and i.place = a.place
  where i.sampled_at <= p_until
  group by a.text_key
  order by a.text_key
$$;
comment on function private.audited_names(timestamptz) is
  'Names of the random audit samples whose category annotators agree on, and how often each was drawn.';
revoke all on function private.audited_names(timestamptz) from public, anon, authenticated, service_role;
grant execute on function private.audited_names(timestamptz) to retraining;

create function private.bought_names(p_since timestamptz, p_until timestamptz, p_limit integer)
returns table (item_text text, times integer)
language sql stable security definer set search_path = ''
as $$
  select min(i.predicted_name), count(*)::integer
  from (
    select r.id, r.user_id from public.receipts r
    where r.created_at > p_since and r.created_at <= p_until and r.status = 'done' and r.deleted_at is null
    order by r.created_at desc
    limit 20000
  ) latest
  join public.receipt_items i on i.receipt_id = latest.id and i.predicted_category_id is not null
  group by private.text_key(i.predicted_name)
  having count(distinct latest.user_id) > 1
  order by 2 desc, 1
  limit p_limit
$$;
comment on function private.bought_names(timestamptz, timestamptz, integer) is
  'The names that users bought most often in a time, as read, if at least two users bought them; of the latest 20,000 '
  'receipts.';
revoke all on function private.bought_names(timestamptz, timestamptz, integer)
  from public, anon, authenticated, service_role;
grant execute on function private.bought_names(timestamptz, timestamptz, integer) to retraining;

create function private.uncertain_names(p_threshold real)
returns table (item_text text, times integer, is_unsure boolean)
language sql stable security definer set search_path = ''
as $$
  -- Items are also marked uncertain because of a date or a price; the model decides which of these names it knows.
  select i.predicted_name, count(*)::integer, coalesce(min(i.confidence) < p_threshold, false)
  from public.receipt_items i
  where i.predicted_category_id is not null
  group by i.predicted_name
  having min(i.confidence) < p_threshold or bool_or(i.uncertain)
$$;
comment on function private.uncertain_names(real) is
  'Names that were read with a confidence below the threshold (is_unsure), or marked uncertain for any reason, and how '
  'often.';
revoke all on function private.uncertain_names(real) from public, anon, authenticated, service_role;
grant execute on function private.uncertain_names(real) to annotation;

create function private.disputed_names(p_users integer) returns table (item_text text, times integer)
language sql stable security definer set search_path = ''
as $$
  select mode() within group (order by f.item_text), count(*)::integer
  from public.user_category_feedback f
  where f.predicted_category_id is not null
  group by private.text_key(f.item_text)
  having bool_or(f.corrected_category_id <> f.predicted_category_id)
    and not (count(distinct f.user_id) >= p_users and count(distinct f.corrected_category_id) = 1)
$$;
comment on function private.disputed_names(integer) is
  'Names that users corrected, and on which not at least p_users users agree without dissent.';
revoke all on function private.disputed_names(integer) from public, anon, authenticated, service_role;
grant execute on function private.disputed_names(integer) to annotation;

create function private.bought_items(p_week date, p_limit integer)
returns table (item_text text, predicted_category_id smallint, category_id smallint, model_version text)
language sql stable security definer set search_path = ''
as $$
  select i.predicted_name, i.predicted_category_id, i.category_id, i.model_version
  from (
    select i.*, coalesce(i.model_versions, r.model_versions) ->> 'category' as model_version, md5(i.id::text || p_week) as lot,
      row_number() over (partition by r.user_id order by md5(i.id::text || p_week)) as item_of_user
    from public.receipts r
    join public.receipt_items i on i.receipt_id = r.id and i.predicted_category_id is not null
    where r.created_at >= private.korean_midnight(p_week) and r.created_at < private.korean_midnight(p_week + 7)
      and r.status = 'done' and r.duplicate_of is null and r.deleted_at is null and not private.is_canary(r.object_path)
  ) i
  -- So that a user who uploads a hundred times as much as others is not what accuracy is measured on.
  where i.item_of_user <= 20
  order by i.lot
  limit p_limit
$$;
comment on function private.bought_items(date, integer) is
  'Line items of a week in random order, which is the same in every call, at most 20 of a user. p_week is the Monday.';
revoke all on function private.bought_items(date, integer) from public, anon, authenticated, service_role;
grant execute on function private.bought_items(date, integer) to annotation;
