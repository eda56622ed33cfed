-- Feedback for the next model: what users changed in predictions, of the category and of every other field.

create table public.user_category_feedback (
  id uuid primary key default gen_random_uuid(),
  user_id uuid default private.owner_id() references auth.users (id) on delete set null,
  receipt_item_id uuid unique references public.receipt_items (id) on delete set null,
  item_text text not null check (length(btrim(item_text)) between 1 and 200),
  predicted_category_id smallint references public.categories (id),
  predicted_confidence real check (predicted_confidence between 0 and 1),
  corrected_category_id smallint not null references public.categories (id),
  model_version text check (length(model_version) <= 200),
  created_at timestamptz not null default now()
);
comment on table public.user_category_feedback is
  'The users'' decisions on predicted categories, one row per line item with the latest decision. If both categories '
  'are equal, the user confirmed the prediction.';
comment on column public.user_category_feedback.user_id is
  'Null once the user''s account is deleted; the feedback stays for training.';
create index user_category_feedback_user_id on public.user_category_feedback (user_id, created_at desc);
create index user_category_feedback_predicted on public.user_category_feedback (predicted_category_id);
create index user_category_feedback_corrected on public.user_category_feedback (corrected_category_id);
create index user_category_feedback_created_at on public.user_category_feedback (created_at);
alter table public.user_category_feedback enable row level security;
create policy "Users read their own feedback" on public.user_category_feedback
  for select to authenticated using (user_id = (select private.owner_id()));
-- Only functions write it: they know the prediction and the limits.
revoke all on public.user_category_feedback from anon, authenticated;
grant select on public.user_category_feedback to authenticated;
grant all on public.user_category_feedback to service_role;

create trigger limit_user_category_feedback after insert on public.user_category_feedback
  referencing new table as added for each statement execute function private.limit_rows('200000');

create function private.note_feedback(p_receipt_item_id uuid) returns void
language sql security definer set search_path = ''
as $$
  insert into public.user_category_feedback as f (
    user_id, receipt_item_id, item_text, predicted_category_id, predicted_confidence, corrected_category_id,
    model_version
  )
  select
    r.user_id, i.id,
    left(coalesce(nullif(btrim(i.predicted_name), ''), nullif(btrim(i.raw_text), ''), nullif(btrim(i.name), ''), '?'), 200),
    i.predicted_category_id, i.confidence, i.category_id, coalesce(i.model_versions, r.model_versions) ->> 'category'
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id
  where i.id = p_receipt_item_id and r.user_id = (select private.owner_id())
  on conflict (receipt_item_id) do update
  set corrected_category_id = excluded.corrected_category_id, created_at = excluded.created_at
  where f.corrected_category_id <> excluded.corrected_category_id
$$;
comment on function private.note_feedback(uuid) is
  'Stores the category that the calling user gave a line item of theirs, with the prediction, its confidence and the '
  'model version.';
revoke all on function private.note_feedback(uuid) from public, anon;
grant execute on function private.note_feedback(uuid) to authenticated;

create table public.item_feedback (
  receipt_item_id uuid not null references public.receipt_items (id) on delete cascade,
  field text not null check (
    field in (
      'name', 'quantity', 'unit', 'storage', 'expires_on', 'dismissed', 'unit_price', 'amount', 'discount', 'added',
      'uncertain_fields'
    )
  ),
  user_id uuid not null references auth.users (id) on delete cascade,
  offered jsonb not null check (octet_length(offered::text) <= 10000),
  chosen jsonb not null check (octet_length(chosen::text) <= 10000),
  created_at timestamptz not null default now(),
  primary key (receipt_item_id, field)
);
comment on table public.item_feedback is
  'What a user changed in a line item, per field, with the value that was offered. The field dismissed is recorded for '
  'food only, because other line items are dismissed by default; added means that the line item was not read and the '
  'user added it, and uncertain_fields that the user confirmed what was in doubt. Categories are in user_category_feedback. Deleted with the line item.';
create index item_feedback_user_id on public.item_feedback (user_id, created_at desc);
create index item_feedback_created_at on public.item_feedback (created_at);
alter table public.item_feedback enable row level security;
create policy "Users read their own item feedback" on public.item_feedback
  for select to authenticated using (user_id = (select private.owner_id()));
revoke all on public.item_feedback from anon, authenticated;
grant select on public.item_feedback to authenticated;
grant all on public.item_feedback to service_role;

create trigger limit_item_feedback after insert on public.item_feedback
  referencing new table as added for each statement execute function private.limit_rows('500000');

create function private.note_item_feedback(p_receipt_item_id uuid, p_chosen jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.item_feedback as f (receipt_item_id, field, user_id, offered, chosen)
  select i.id, choice.key, r.user_id, offered.item -> choice.key, choice.value
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id and r.user_id = (select private.owner_id())
  cross join lateral (select to_jsonb(i) || jsonb_build_object('dismissed', i.status = 'dismissed') as item) offered
  cross join jsonb_each(p_chosen) choice
  where i.id = p_receipt_item_id and offered.item -> choice.key <> choice.value
  on conflict (receipt_item_id, field) do update
  set chosen = excluded.chosen, created_at = excluded.created_at
  where f.chosen <> excluded.chosen;
  -- Back to what was offered at first: nothing was wrong.
  delete from public.item_feedback f
  where f.receipt_item_id = p_receipt_item_id and f.chosen = f.offered and f.user_id = (select private.owner_id());
end
$$;
comment on function private.note_item_feedback(uuid, jsonb) is
  'Stores the values that the calling user chose for a line item of theirs, {field: value}, where they differ from '
  'what was offered at first. Must run before the line item is updated.';
revoke all on function private.note_item_feedback(uuid, jsonb) from public, anon;
grant execute on function private.note_item_feedback(uuid, jsonb) to authenticated;
