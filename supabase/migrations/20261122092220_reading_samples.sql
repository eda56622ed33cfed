-- Reading samples: with a user's consent, the crop of a printed line whose name they corrected is kept for a while, to
-- measure how well names are read and to train the recogniser. Withdrawing the consent deletes what was kept.
--
-- Crops are rows, not objects of Storage: they go in the same transaction as the consent, the line item or the account,
-- and the model pipeline can be granted them alone, while a key to Storage opens every photo.

create table public.reading_consents (
  user_id uuid primary key references auth.users (id) on delete cascade,
  given_at timestamptz not null default now()
);
comment on table public.reading_consents is
  'Users who agreed that crops of lines whose names they correct are kept. A user without a row has not agreed.';
alter table public.reading_consents enable row level security;
create policy "Users read their own consent" on public.reading_consents
  for select to authenticated using (user_id = (select private.owner_id()));
revoke all on public.reading_consents from anon, authenticated;
grant select on public.reading_consents to authenticated;
grant all on public.reading_consents to service_role;

create table private.reading_samples (
  id uuid primary key default gen_random_uuid(),
  receipt_item_id uuid not null unique references public.receipt_items (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  read_name text not null check (length(read_name) <= 1000),
  line_text text check (length(line_text) <= 500),
  confidence real check (confidence between 0 and 1),
  model_version text check (length(model_version) <= 200),
  attempts smallint not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz not null default now(),
  pushed_at timestamptz,
  created_at timestamptz not null default now()
);
comment on table private.reading_samples is
  'Line items whose names consenting users corrected. line_text is what the recogniser reads on the crop, null until '
  'that is stored. Without a policy: for services only.';
create index reading_samples_user_id on private.reading_samples (user_id);
create index reading_samples_due on private.reading_samples (next_attempt_at) where line_text is null;
create index reading_samples_created_at on private.reading_samples (created_at);
alter table private.reading_samples enable row level security;

create table private.reading_crops (
  sample_id uuid primary key references private.reading_samples (id) on delete cascade,
  png bytea not null check (octet_length(png) between 8 and 65536)
);
comment on table private.reading_crops is
  'The line of a reading sample as a PNG image, 48 pixels high, without other lines. '
  'Without a policy: for services only.';
alter table private.reading_crops enable row level security;

create table public.line_transcriptions (
  annotation_id bigint primary key,
  task_id bigint not null,
  sample_id uuid not null references private.reading_samples (id) on delete cascade,
  line_text text not null check (length(btrim(line_text)) between 1 and 500),
  annotator text not null check (length(annotator) <= 320),
  annotated_at timestamptz not null,
  pulled_at timestamptz not null default now()
);
comment on table public.line_transcriptions is
  'What an annotator reads on the crop of a reading sample. Deleted with the sample.';
create index line_transcriptions_sample_id on public.line_transcriptions (sample_id);
alter table public.line_transcriptions enable row level security;
create policy "Annotation reads and adds transcriptions" on public.line_transcriptions
  for all to annotation using (true) with check (true);
revoke all on public.line_transcriptions from anon, authenticated;
grant all on public.line_transcriptions to service_role;
grant select, insert on public.line_transcriptions to annotation;

create function private.has_reading_consent(p_user_id uuid) returns boolean
language sql stable set search_path = ''
as $$
  select exists (select from public.reading_consents c where c.user_id = p_user_id)
$$;
comment on function private.has_reading_consent(uuid) is
  'Whether a user agrees, now, that crops of lines are kept. Whatever stores a crop or hands one on asks here.';
revoke all on function private.has_reading_consent(uuid) from public, anon, authenticated, service_role;

create function public.set_reading_consent(allowed boolean) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.require_user();
  -- A correction that has noted a sample, and is not committed yet, commits first; the sample is then deleted too.
  perform private.lock_user((select private.owner_id()));
  if allowed is null then
    perform private.refuse(422, 'invalid_consent', 'allowed must be true or false.');
  elsif allowed then
    insert into public.reading_consents (user_id) values ((select private.owner_id())) on conflict do nothing;
  else
    delete from public.reading_consents c where c.user_id = (select private.owner_id());
    delete from private.reading_samples s where s.user_id = (select private.owner_id());
  end if;
  return allowed;
end
$$;
comment on function public.set_reading_consent(boolean) is
  'Gives or withdraws the calling user''s consent to keep crops of lines whose names they correct. Withdrawing deletes '
  'what was kept. Idempotent. Errors by hint: unauthorized, invalid_consent. '
  'Runs as its owner, because users may not write consents and samples.';
revoke all on function public.set_reading_consent(boolean) from public, anon;
grant execute on function public.set_reading_consent(boolean) to authenticated;

create function private.note_reading_sample() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  noted private.reading_samples;
begin
  for noted.receipt_item_id, noted.user_id, noted.read_name, noted.model_version in
  select i.id, a.user_id, i.predicted_name, coalesce(i.model_versions, r.model_versions) ->> 'recognition'
  from added a
  join public.reading_consents c on c.user_id = a.user_id
  join public.receipt_items i on i.id = a.receipt_item_id and i.predicted_category_id is not null
  join public.receipts r on r.id = i.receipt_id and r.photo_deleted_at is null
  where a.field = 'name' and i.photo_of is null and jsonb_typeof(a.chosen) = 'string' and i.predicted_name <> ''
    -- Personal data was masked on this line, so it is not kept.
    and i.predicted_name !~ '\*' and i.raw_text !~ '\*'
    -- Far more than one user corrects, and far below what one user must not take from the others.
    and (select count(*) from private.reading_samples s where s.user_id = a.user_id) < 500
    and not exists (select from private.reading_samples s where s.receipt_item_id = i.id)
  order by i.id
  loop
    -- The correction counts also if its line is not kept.
    exit when not private.take_quota(noted.user_id, 'reading_samples', 1);
    insert into private.reading_samples (receipt_item_id, user_id, read_name, model_version)
    values (noted.receipt_item_id, noted.user_id, noted.read_name, noted.model_version)
    on conflict do nothing;
  end loop;
  return null;
end
$$;
comment on function private.note_reading_sample() is
  'Notes line items whose names consenting users corrected, up to reading_samples_per_day (50) per user and day; a '
  'sweep then crops their lines.';
revoke all on function private.note_reading_sample() from public, anon, authenticated, service_role;
create trigger note_reading_sample after insert on public.item_feedback
  referencing new table as added for each statement execute function private.note_reading_sample();

create function private.forget_reading_sample() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from private.reading_samples s where s.receipt_item_id = old.receipt_item_id;
  return null;
end
$$;
comment on function private.forget_reading_sample() is
  'Deletes the sample of a line item whose name the user has put back: nothing was misread.';
revoke all on function private.forget_reading_sample() from public, anon, authenticated, service_role;
create trigger forget_reading_sample after delete on public.item_feedback
  for each row when (old.field = 'name')
  execute function private.forget_reading_sample();

create function private.forget_reading_samples() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from private.reading_samples s
  where s.receipt_item_id in (select i.id from public.receipt_items i where i.receipt_id = new.id);
  return null;
end
$$;
comment on function private.forget_reading_samples() is 'Deletes the crops of a receipt with its photo.';
revoke all on function private.forget_reading_samples() from public, anon, authenticated, service_role;
create trigger forget_reading_samples after update on public.receipts
  for each row when (
    old.photo_deleted_at is null and new.photo_deleted_at is not null
    or old.deleted_at is null and new.deleted_at is not null
  )
  execute function private.forget_reading_samples();

create function public.claim_reading_samples(p_limit integer)
returns table (id uuid, bucket text, object_path text, name text, box jsonb)
language plpgsql security definer set search_path = ''
as $$
begin
  delete from private.reading_samples s
  where s.created_at < now() - make_interval(days => coalesce(private.setting('reading_sample_days')::integer, 180))
    or s.line_text is null and s.attempts >= 5 and s.next_attempt_at <= now()
    or not private.has_reading_consent(s.user_id);
  return query
    with due as (
      update private.reading_samples s
      set attempts = s.attempts + 1,
          next_attempt_at = now() + make_interval(mins => (5 * 4 ^ least(s.attempts, 5))::integer)
      where s.id in (
        select d.id from private.reading_samples d
        where d.line_text is null and d.next_attempt_at <= now()
        order by d.next_attempt_at
        limit p_limit
        for update skip locked
      )
      returning s.id, s.receipt_item_id, s.read_name
    )
    select d.id, r.bucket, r.object_path, d.read_name, i.box
    from due d
    join public.receipt_items i on i.id = d.receipt_item_id
    join public.receipts r on r.id = i.receipt_id
    where r.photo_deleted_at is null and i.box is not null;
end
$$;
comment on function public.claim_reading_samples(integer) is
  'Reading samples whose lines are to be cropped, with the photo and the place of the line item in it. A sample that '
  'is not stored is claimed again later, five times. Deletes samples at the end of their life (setting '
  'reading_sample_days, 180), and without consent.';
revoke all on function public.claim_reading_samples(integer) from public, anon, authenticated;
grant execute on function public.claim_reading_samples(integer) to service_role;

create function public.store_reading_sample(p_id uuid, p_line jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  line constant jsonb := private.json_argument(p_line);
  sample private.reading_samples;
begin
  select * into sample from private.reading_samples s where s.id = p_id;
  -- The user may have withdrawn the consent, or deleted the photo, while its line was being cropped.
  perform private.lock_user(sample.user_id);
  perform from private.reading_samples s where s.id = p_id for update;
  if not found then
    return false;
  elsif coalesce(jsonb_typeof(line), 'null') = 'null' or not private.has_reading_consent(sample.user_id) then
    delete from private.reading_samples s where s.id = p_id;
    return false;
  end if;
  insert into private.reading_crops (sample_id, png) values (p_id, decode(line ->> 'png', 'base64'))
  on conflict (sample_id) do update set png = excluded.png;
  update private.reading_samples s
  set line_text = left(line ->> 'text', 500), confidence = (line ->> 'confidence')::real
  where s.id = p_id;
  return true;
end
$$;
comment on function public.store_reading_sample(uuid, jsonb) is
  'Stores the crop of a reading sample, {text, confidence, png}, or deletes the sample if its line was not found '
  '(null) or its user does not consent any more. Returns whether it was stored: not if the sample has been deleted '
  'meanwhile. Idempotent.';
revoke all on function public.store_reading_sample(uuid, jsonb) from public, anon, authenticated;
grant execute on function public.store_reading_sample(uuid, jsonb) to service_role;

create view private.transcribed_lines as
select s.id as sample_id, min(t.line_text) as line_text
from private.reading_samples s
join public.reading_consents c on c.user_id = s.user_id
join (
  select distinct on (l.sample_id, l.annotator) l.sample_id, l.annotator, l.line_text
  from public.line_transcriptions l
  order by l.sample_id, l.annotator, l.annotation_id desc
) t on t.sample_id = s.id
group by s.id
having count(*) >= 2 and count(distinct private.text_key(t.line_text)) = 1;
comment on view private.transcribed_lines is
  'Reading samples of consenting users that two annotators or more read alike, spaces and case aside.';
revoke all on private.transcribed_lines from public, anon, authenticated, service_role;

create function private.reading_tasks(p_limit integer)
returns table (sample_id uuid, png bytea, line_text text)
language sql stable security definer set search_path = ''
as $$
  select s.id, c.png, s.line_text
  from private.reading_samples s
  join private.reading_crops c on c.sample_id = s.id
  where s.pushed_at is null and s.line_text is not null and private.has_reading_consent(s.user_id)
  order by s.created_at
  limit p_limit
$$;
comment on function private.reading_tasks(integer) is
  'Crops that annotators have not been asked to transcribe, without user and receipt.';
revoke all on function private.reading_tasks(integer) from public, anon, authenticated, service_role;
grant execute on function private.reading_tasks(integer) to annotation;

create function private.mark_reading_tasks(p_ids uuid[]) returns setof uuid
language sql security definer set search_path = ''
as $$
  update private.reading_samples s set pushed_at = coalesce(s.pushed_at, now())
  where s.id = any (p_ids) and private.has_reading_consent(s.user_id)
  returning s.id
$$;
comment on function private.mark_reading_tasks(uuid[]) is
  'Marks samples as pushed to annotators. Returns those that still exist, with consent; the tasks of the '
  'others have to be deleted.';
revoke all on function private.mark_reading_tasks(uuid[]) from public, anon, authenticated, service_role;
grant execute on function private.mark_reading_tasks(uuid[]) to annotation;

create function private.training_lines() returns table (png bytea, line_text text, week date)
language sql stable security definer set search_path = ''
as $$
  select l.png, l.line_text, l.week
  from (
    select c.png, t.line_text, date_trunc('week', private.korean_day(s.created_at))::date as week, s.created_at, s.id,
      row_number() over (partition by s.user_id order by s.created_at desc, s.id) as place
    from private.transcribed_lines t
    join private.reading_samples s on s.id = t.sample_id
    join private.reading_crops c on c.sample_id = t.sample_id
  ) l
  where l.place <= coalesce(private.setting('reading_lines_per_user')::integer, 100)
  order by l.created_at, l.id
$$;
comment on function private.training_lines() is
  'Crops with the text that annotators agree on, for evaluation and training of the recogniser: the latest 100 of each '
  'user (reading_lines_per_user), so that no till outweighs the others.';
revoke all on function private.training_lines() from public, anon, authenticated, service_role;
grant execute on function private.training_lines() to retraining;

create function private.store_kind(p_store_name text) returns text
language sql immutable set search_path = ''
as $$
  -- The names of ocr_service/parsing/stores.py; those of two letters are too common inside other words.
  select case
    when s.name ~ any ('{이마트24, emart24, gs25, 세븐일레븐, 7-eleven, 미니스톱, ^씨유, ^cu}'::text[]) then 'convenience'
    when s.name ~ any ('{^쿠팡, 마켓컬리, ^컬리, ssg, 오아시스마켓, 네이버, 11번가}'::text[]) then 'online'
    when s.name ~ any ('{
      이마트에브리데이, 이마트, 트레이더스, 노브랜드, 롯데마트, 롯데슈퍼, 롯데백화점, 빅마켓, 홈플러스익스프레스, 홈플러스, 하나로마트, 하나로클럽, 코스트코,
      메가마트, 탑마트, 킴스클럽, gs더프레시, gs슈퍼마켓, 신세계백화점, 현대백화점, 초록마을, 한살림, ^올가, 다이소, ^농협, ^축협, ^수협, 파리바게뜨,
      뚜레쥬르, 스타벅스, 배스킨라빈스
    }'::text[]) then 'chain'
    when s.name = '' then 'unknown'
    else 'local'
  end
  from (select private.text_key(p_store_name) as name) s
$$;
comment on function private.store_kind(text) is 'The kind of a store by its name, for statistics.';
revoke all on function private.store_kind(text) from public, anon, authenticated, service_role;

create function private.reading_figures(p_now timestamptz)
returns table (metric text, labels jsonb, value double precision)
language sql stable security definer set search_path = ''
as $$
  select 'reading_names',
    jsonb_build_object(
      'model_version', coalesce(coalesce(i.model_versions, r.model_versions) ->> 'recognition', ''),
      'week', to_char(private.korean_day(r.created_at), 'IYYY-"W"IW'),
      'store', private.store_kind(r.store_name),
      'result', case
        when f.receipt_item_id is null then 'kept'
        -- The line has to contain the name: it may have a number or a price beside it.
        when t.line_text is not null and strpos(private.text_key(t.line_text), private.text_key(i.predicted_name)) > 0
          then 'renamed'
        when t.line_text is not null then 'misread'
        else 'open'
      end
    ), count(*)
  from public.reading_consents c
  join public.receipts r on r.user_id = c.user_id and r.created_at >= greatest(c.given_at, p_now - interval '8 weeks')
  join public.receipt_items i on i.receipt_id = r.id and i.status <> 'pending' and i.predicted_category_id is not null
  left join public.item_feedback f on f.receipt_item_id = i.id and f.field = 'name'
  left join private.reading_samples s on s.receipt_item_id = i.id
  left join private.transcribed_lines t on t.sample_id = s.id
  where r.status = 'done' and r.duplicate_of is null and r.deleted_at is null
  group by 2
$$;
comment on function private.reading_figures(timestamptz) is
  'Metrics of how well names are read, on the reviewed line items of consenting users, by release of the recogniser, '
  'week and kind of store. kept: the user did not change the name; renamed: annotators read the line as the recogniser did; '
  'misread: they read something else; open: they have not read it.';
revoke all on function private.reading_figures(timestamptz) from public, anon, authenticated, service_role;
