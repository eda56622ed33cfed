-- What users corrected: aliases help the same user at once, feedback helps the next model.

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

create table public.user_category_feedback (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  receipt_item_id uuid references public.receipt_items (id) on delete set null,
  item_text text not null check (length(btrim(item_text)) between 1 and 200),
  predicted_category_id smallint references public.categories (id),
  predicted_confidence real check (predicted_confidence between 0 and 1),
  corrected_category_id smallint not null references public.categories (id),
  model_version text,
  created_at timestamptz not null default now()
);
create index user_category_feedback_user_id on public.user_category_feedback (user_id, created_at desc);
create index user_category_feedback_receipt_item_id on public.user_category_feedback (receipt_item_id);
create index user_category_feedback_predicted on public.user_category_feedback (predicted_category_id);
create index user_category_feedback_corrected on public.user_category_feedback (corrected_category_id);
alter table public.user_category_feedback enable row level security;
create policy "Users read their own feedback" on public.user_category_feedback
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users give feedback of their own" on public.user_category_feedback
  for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (
      receipt_item_id is null
      or exists (select from public.receipt_items i where i.id = user_category_feedback.receipt_item_id)
    )
  );
revoke all on public.user_category_feedback from anon, authenticated;
grant select, insert on public.user_category_feedback to authenticated;
grant all on public.user_category_feedback to service_role;

create function private.text_key(p_text text) returns text
language sql immutable set search_path = ''
as $$
  -- Recognition loses spaces now and then, so they do not count.
  select regexp_replace(lower(normalize(coalesce(p_text, ''), nfkc)), '\s', '', 'g')
$$;
comment on function private.text_key(text) is 'The form of a printed name under which it is found again.';
revoke all on function private.text_key(text) from public, anon;
grant execute on function private.text_key(text) to authenticated;
