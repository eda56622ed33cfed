-- State of the model pipeline's jobs: questions to annotators in Label Studio, their answers, and the retraining runs.

create table public.annotation_queue (
  text_key text primary key check (text_key <> '' and length(text_key) <= 1000),
  item_text text not null check (length(btrim(item_text)) between 1 and 200),
  reason text not null check (reason in ('uncertain', 'disputed', 'conflict', 'audit', 'gold')),
  times_seen integer not null default 1 check (times_seen >= 0),
  predicted_category_id smallint references public.categories (id),
  confidence real check (confidence between 0 and 1),
  gold_category_id smallint references public.categories (id),
  round smallint not null default 1 check (round >= 1),
  added_at timestamptz not null default now(),
  pushed_at timestamptz,
  check ((reason = 'gold') = (gold_category_id is not null))
);
comment on table public.annotation_queue is
  'Masked line item names for annotators. text_key is made by private.text_key. Reasons: uncertain (low confidence of '
  'the model), disputed (users corrected it, but too few agree yet), conflict (retraining does not let users decide it '
  'alone), audit (part of a random sample of what users bought), gold (a test question with a known answer).';
comment on column public.annotation_queue.round is
  'Number of times the name was queued: increased whenever its annotations are returned.';
comment on column public.annotation_queue.pushed_at is
  'When the task of this round was created; null while it is waiting.';
create index annotation_queue_waiting on public.annotation_queue ((reason = 'audit') desc, times_seen desc, text_key)
  where pushed_at is null;
create index annotation_queue_predicted_category_id on public.annotation_queue (predicted_category_id);
create index annotation_queue_gold_category_id on public.annotation_queue (gold_category_id);
alter table public.annotation_queue enable row level security;
create policy "Annotation reads and writes the queue" on public.annotation_queue
  for all to annotation using (true) with check (true);
revoke all on public.annotation_queue from anon, authenticated;
grant all on public.annotation_queue to service_role;
grant select, insert, update on public.annotation_queue to annotation;

create table public.item_annotations (
  annotation_id bigint primary key,
  task_id bigint not null,
  text_key text not null check (length(text_key) <= 1000),
  item_text text not null check (length(item_text) <= 1000),
  category_id smallint not null references public.categories (id),
  new_name text check (length(btrim(new_name)) between 1 and 200),
  annotator text not null check (length(annotator) <= 320),
  annotated_at timestamptz not null,
  status text check (status in ('accepted', 'returned')),
  judged_at timestamptz,
  pulled_at timestamptz not null default now()
);
comment on table public.item_annotations is
  'One annotator''s answer to one task; annotation_id and task_id are Label Studio''s. The table does not reference '
  'annotation_queue, so that answers outlive the queue.';
comment on column public.item_annotations.new_name is
  'The annotator''s spelling of a product name that is missing in the data set.';
comment on column public.item_annotations.status is 'Null until the answers to the task have been compared.';
create index item_annotations_text_key on public.item_annotations (text_key);
create index item_annotations_category_id on public.item_annotations (category_id);
alter table public.item_annotations enable row level security;
create policy "Annotation reads and writes answers" on public.item_annotations
  for all to annotation using (true) with check (true);
revoke all on public.item_annotations from anon, authenticated;
grant all on public.item_annotations to service_role;
grant select, insert, update on public.item_annotations to annotation;

create view public.finished_annotations with (security_invoker = true) as
select
  a.text_key,
  (array_agg(a.item_text order by a.annotated_at desc))[1] as item_text,
  min(c.code) as category_code,
  count(distinct a.annotator)::integer as annotators,
  max(coalesce(a.judged_at, a.pulled_at)) as finished_at
from public.item_annotations a
join public.categories c on c.id = a.category_id
where a.status = 'accepted'
  and not exists (select from public.annotation_queue q where q.text_key = a.text_key and q.reason = 'gold')
group by a.text_key
having count(distinct a.category_id) = 1;
comment on view public.finished_annotations is
  'Training examples: names whose accepted annotations agree, with their category. Excludes gold questions.';
revoke all on public.finished_annotations from anon, authenticated;
grant select on public.finished_annotations to service_role, annotation;

create table public.audit_items (
  week date not null check (extract(isodow from week) = 1),
  place integer not null check (place between 1 and 100000),
  text_key text not null check (text_key <> '' and length(text_key) <= 1000),
  item_text text not null check (length(btrim(item_text)) between 1 and 200),
  predicted_category_id smallint not null references public.categories (id),
  category_id smallint not null references public.categories (id),
  model_version text check (length(model_version) <= 200),
  is_random boolean not null,
  sampled_at timestamptz not null default now(),
  primary key (week, place)
);
comment on table public.audit_items is
  'A weekly random sample of the line items that users bought, masked and without user or receipt. Annotators decide '
  'their names, so that the accuracy in production is known without the selection that corrections are.';
comment on column public.audit_items.week is 'The Monday of the week, in Korea, in which the photos were uploaded.';
comment on column public.audit_items.category_id is 'The category that the user saw, or chose, when it was sampled.';
comment on column public.audit_items.is_random is
  'Part of the plain random sample, from which accuracy is computed. The others were drawn from held-out names alone, '
  'which models are compared on.';
create index audit_items_text_key on public.audit_items (text_key);
create index audit_items_predicted_category_id on public.audit_items (predicted_category_id);
create index audit_items_category_id on public.audit_items (category_id);
alter table public.audit_items enable row level security;
create policy "Annotation reads and adds audited items" on public.audit_items
  for all to annotation using (true) with check (true);
revoke all on public.audit_items from anon, authenticated;
grant all on public.audit_items to service_role;
grant select, insert on public.audit_items to annotation;

create view public.finished_audits with (security_invoker = true) as
select a.week, a.place, a.text_key, a.item_text, predicted.code as predicted_code, chosen.code as chosen_code,
  coalesce(gold.code, f.category_code) as category_code, a.model_version, a.is_random
from public.audit_items a
join public.categories predicted on predicted.id = a.predicted_category_id
join public.categories chosen on chosen.id = a.category_id
left join public.annotation_queue q on q.text_key = a.text_key
left join public.categories gold on gold.id = q.gold_category_id
left join public.finished_annotations f on f.text_key = a.text_key
where coalesce(gold.code, f.category_code) is not null;
comment on view public.finished_audits is
  'Audited line items whose category annotators agree on (category_code), with the prediction and what the user chose.';
revoke all on public.finished_audits from anon, authenticated;
grant select on public.finished_audits to service_role, annotation;

create table public.retraining_runs (
  id bigint generated always as identity primary key,
  model text not null default 'category' check (model in ('category', 'recogniser')),
  data_sha256 text not null check (data_sha256 ~ '^[0-9a-f]{64}$'),
  cutoff timestamptz not null,
  champion_version text not null check (length(champion_version) <= 200),
  mlflow_run_id text check (length(mlflow_run_id) <= 200),
  challenger_version text check (length(challenger_version) <= 200),
  report jsonb check (octet_length(report::text) <= 1000000),
  outcome text check (outcome in ('promoted', 'kept', 'proposed', 'rejected', 'superseded')),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (model, data_sha256),
  check ((outcome is null) = (finished_at is null))
);
comment on table public.retraining_runs is
  'One row per kind of model and data set that it was trained on, so that the same data is never trained on twice. A run without '
  'an outcome was interrupted and resumes from this row.';
comment on column public.retraining_runs.cutoff is
  'Feedback and annotations up to this time were used: the watermark, once the run has an outcome.';
comment on column public.retraining_runs.champion_version is
  'Registry version of the model that the challenger was compared with.';
comment on column public.retraining_runs.outcome is
  'promoted: the challenger became the champion. kept: the champion stayed. proposed: the challenger waits for a '
  'person''s approval. rejected: a person refused it. superseded: the data changed before the run finished, or a later '
  'challenger took its place.';
alter table public.retraining_runs enable row level security;
create policy "Retraining reads and writes its runs" on public.retraining_runs
  for all to retraining using (true) with check (true);
revoke all on public.retraining_runs from anon, authenticated;
grant all on public.retraining_runs to service_role;
grant select, insert, update on public.retraining_runs to retraining;
