-- What each retraining did, so that it can go on where it was interrupted and never runs twice on the same data.

create table public.retraining_runs (
  id bigint generated always as identity primary key,
  data_sha256 text not null unique check (data_sha256 ~ '^[0-9a-f]{64}$'),
  cutoff timestamptz not null,
  champion_version text not null,
  mlflow_run_id text,
  challenger_version text,
  report jsonb,
  outcome text check (outcome in ('promoted', 'kept', 'superseded')),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  check ((outcome is null) = (finished_at is null))
);
comment on table public.retraining_runs is
  'One row a data set that a model was trained on. A run that has no outcome was interrupted, and goes on with what stands here.';
comment on column public.retraining_runs.cutoff is
  'Feedback and annotations until then were seen: the watermark, once the run has an outcome.';
comment on column public.retraining_runs.champion_version is 'Version in the registry that the new model was compared with.';
comment on column public.retraining_runs.outcome is
  'promoted: the new model is the champion. kept: the old one stayed. superseded: the data changed before the run was through.';
alter table public.retraining_runs enable row level security;
revoke all on public.retraining_runs from anon, authenticated;
grant all on public.retraining_runs to service_role;
