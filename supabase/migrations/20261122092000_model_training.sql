-- State of the model pipeline's jobs: questions to annotators in Label Studio, their answers, and the retraining runs.

create table public.annotation_queue (
  text_key text primary key check (text_key <> '' and length(text_key) <= 1000),
  item_text text not null check (length(btrim(item_text)) between 1 and 200),
  reason text not null check (reason in ('uncertain', 'disputed', 'conflict', 'gold')),
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
  'the model), disputed (users corrected it, but no two of them agree yet), conflict (retraining found conflicting '
  'votes), gold (a test question with a known answer). '
  'Without a policy: for services only.';
comment on column public.annotation_queue.round is
  'Number of times the name was queued: increased whenever its annotations are returned.';
comment on column public.annotation_queue.pushed_at is
  'When the task of this round was created; null while it is waiting.';
create index annotation_queue_waiting on public.annotation_queue (times_seen desc, text_key) where pushed_at is null;
create index annotation_queue_predicted_category_id on public.annotation_queue (predicted_category_id);
create index annotation_queue_gold_category_id on public.annotation_queue (gold_category_id);
alter table public.annotation_queue enable row level security;
revoke all on public.annotation_queue from anon, authenticated;
grant all on public.annotation_queue to service_role;

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
  'annotation_queue, so that answers outlive the queue. '
  'Without a policy: for services only.';
comment on column public.item_annotations.new_name is
  'The annotator''s spelling of a product name that is missing in the data set.';
comment on column public.item_annotations.status is 'Null until the answers to the task have been compared.';
create index item_annotations_text_key on public.item_annotations (text_key);
create index item_annotations_category_id on public.item_annotations (category_id);
alter table public.item_annotations enable row level security;
revoke all on public.item_annotations from anon, authenticated;
grant all on public.item_annotations to service_role;

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
grant select on public.finished_annotations to service_role;

create table public.retraining_runs (
  id bigint generated always as identity primary key,
  data_sha256 text not null unique check (data_sha256 ~ '^[0-9a-f]{64}$'),
  cutoff timestamptz not null,
  champion_version text not null check (length(champion_version) <= 200),
  mlflow_run_id text check (length(mlflow_run_id) <= 200),
  challenger_version text check (length(challenger_version) <= 200),
  report jsonb check (octet_length(report::text) <= 1000000),
  outcome text check (outcome in ('promoted', 'kept', 'superseded')),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  check ((outcome is null) = (finished_at is null))
);
comment on table public.retraining_runs is
  'One row per data set that a model was trained on, so that the same data is never trained on twice. A run without '
  'an outcome was interrupted and resumes from this row. '
  'Without a policy: for services only.';
comment on column public.retraining_runs.cutoff is
  'Feedback and annotations up to this time were used: the watermark, once the run has an outcome.';
comment on column public.retraining_runs.champion_version is
  'Registry version of the model that the challenger was compared with.';
comment on column public.retraining_runs.outcome is
  'promoted: the challenger became the champion. kept: the champion stayed. superseded: the data changed before the '
  'run finished.';
alter table public.retraining_runs enable row level security;
revoke all on public.retraining_runs from anon, authenticated;
grant all on public.retraining_runs to service_role;
