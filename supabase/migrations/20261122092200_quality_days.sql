-- How well receipts are read and categorised, by day of upload: computed live while users may still review, stored as
-- counts for earlier days. The counts contain no user, so they stay when an account is deleted.

create table private.photo_days (
  day date primary key,
  processed integer not null,
  failed integer not null,
  reviewed integer not null,
  right_items integer not null,
  with_three integer not null
);
comment on table private.photo_days is 'Photos per day, without photos that their user replaced. '
  'Without a policy: for services only.';
comment on column private.photo_days.reviewed is 'Photos of which the user added or dismissed a line item.';
comment on column private.photo_days.right_items is
  'Line items that were added with the name and category that were offered.';
comment on column private.photo_days.with_three is 'Reviewed photos with at least three right_items.';
alter table private.photo_days enable row level security;

create table private.item_days (
  day date not null,
  model_version text not null check (length(model_version) <= 200),
  category text not null check (length(category) <= 200),
  items integer not null,
  right_items integer not null,
  known_items integer not null,
  corrected_items integer not null,
  primary key (day, model_version, category)
);
comment on table private.item_days is
  'Line items per day, model version and predicted category. The last three columns count reviewed line items. '
  'Without a policy: for services only.';
comment on column private.item_days.right_items is 'The user kept the predicted category.';
comment on column private.item_days.known_items is
  'The user''s alias or the product of the barcode replaced the prediction, and the user kept that category.';
comment on column private.item_days.corrected_items is 'The user chose another category.';
alter table private.item_days enable row level security;

create function private.photo_figures(p_from date, p_until date) returns setof private.photo_days
language sql stable set search_path = ''
as $$
  select day, count(*) filter (where status = 'done'), count(*) filter (where status = 'failed'),
    count(*) filter (where reviewed), coalesce(sum(right_items) filter (where reviewed), 0),
    count(*) filter (where reviewed and right_items >= 3)
  from (
    select private.korean_day(r.created_at) as day, r.status,
      coalesce(bool_or(i.status <> 'pending'), false) as reviewed,
      count(i.id) filter (
        where i.status = 'added'
          and (i.decided_by <> 'user' or (i.name, i.category_id) = (i.predicted_name, i.predicted_category_id))
      ) as right_items
    from public.receipts r
    left join public.receipt_items i on i.receipt_id = r.id
    where r.created_at >= p_from::timestamp at time zone 'Asia/Seoul'
      and r.created_at < p_until::timestamp at time zone 'Asia/Seoul'
      and r.error_code is distinct from 'photo_replaced'
    group by r.id
  ) photo
  group by day
$$;
comment on function private.photo_figures(date, date) is 'Counts of photos per day, from p_from until before p_until.';
revoke all on function private.photo_figures(date, date) from public, anon, authenticated, service_role;

create function private.item_figures(p_from date, p_until date) returns setof private.item_days
language sql stable set search_path = ''
as $$
  select private.korean_day(r.created_at), coalesce(r.model_versions ->> 'category', ''), c.code,
    count(*),
    count(*) filter (where reviewed and i.category_id = i.predicted_category_id),
    count(*) filter (where reviewed and i.category_id <> i.predicted_category_id and f.id is null),
    count(*) filter (where i.category_id <> i.predicted_category_id and f.id is not null)
  from public.receipts r
  join public.receipt_items i on i.receipt_id = r.id
  join public.categories c on c.id = i.predicted_category_id
  left join public.user_category_feedback f on f.receipt_item_id = i.id
  cross join lateral (select i.status = 'added' or f.id is not null as reviewed) by_user
  where r.created_at >= p_from::timestamp at time zone 'Asia/Seoul'
    and r.created_at < p_until::timestamp at time zone 'Asia/Seoul'
  group by 1, 2, 3
$$;
comment on function private.item_figures(date, date) is
  'Counts of line items per day, from p_from until before p_until.';
revoke all on function private.item_figures(date, date) from public, anon, authenticated, service_role;

create function private.close_days(p_until date) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  first_day constant date := coalesce(
    (select max(day) + 1 from private.photo_days),
    (select private.korean_day(min(created_at)) from public.receipts)
  );
  -- At most two days per call, so that each call is short even on a database with a long history.
  last_day constant date := least(p_until, first_day + 2);
begin
  if first_day < p_until then
    insert into private.item_days select * from private.item_figures(first_day, last_day)
    on conflict do nothing;
    insert into private.photo_days
    select d.day, coalesce(p.processed, 0), coalesce(p.failed, 0), coalesce(p.reviewed, 0),
      coalesce(p.right_items, 0), coalesce(p.with_three, 0)
    from (select generate_series(first_day, last_day - 1, interval '1 day')::date as day) d
    left join private.photo_figures(first_day, last_day) p using (day)
    on conflict do nothing;
  end if;
end
$$;
comment on function private.close_days(date) is
  'Stores the counts of the two oldest days before p_until that are not stored yet. Does nothing once all are stored.';
revoke all on function private.close_days(date) from public, anon, authenticated, service_role;
