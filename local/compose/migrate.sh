#!/usr/bin/env bash
# Applies the migrations that are missing, the seed, and the roles of docs/deploy.md. May run twice and die anywhere: a
# migration and its entry in the history, which is that of Supabase's CLI, are one transaction.
set -euo pipefail
psql=(psql --quiet --no-psqlrc --set ON_ERROR_STOP=1)

"${psql[@]}" <<'SQL'
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
SQL
for file in /supabase/migrations/*.sql; do
  name=$(basename "$file" .sql) version=${file##*/} && version=${version%%_*}
  applied=$("${psql[@]}" -At -c "select 1 from supabase_migrations.schema_migrations where version = '$version'")
  [ -z "$applied" ] || continue
  echo "$name"
  "${psql[@]}" --single-transaction --file "$file" --command \
    "insert into supabase_migrations.schema_migrations (version, name) values ('$version', '${name#*_}')"
done
"${psql[@]}" --single-transaction --file /supabase/seed.sql

"${psql[@]}" --set "exporter=$EXPORTER_PASSWORD" --set "mlflow=$MLFLOW_PASSWORD" \
  --set "label_studio=$LABEL_STUDIO_DB_PASSWORD" --set "retraining=$RETRAINING_PASSWORD" \
  --set "annotation=$ANNOTATION_PASSWORD" <<'SQL'
select 'create role exporter login' where not exists (select from pg_roles where rolname = 'exporter') \gexec
alter role exporter password :'exporter';
grant usage on schema private to exporter;
grant execute on function private.monitoring_snapshot(jsonb, timestamptz) to exporter;
select 'create role mlflow login' where not exists (select from pg_roles where rolname = 'mlflow') \gexec
alter role mlflow password :'mlflow';
grant mlflow to postgres;
create schema if not exists mlflow authorization mlflow;
alter role mlflow set search_path = mlflow;
select 'create role label_studio login' where not exists (select from pg_roles where rolname = 'label_studio') \gexec
alter role label_studio password :'label_studio';
grant label_studio to postgres;
create schema if not exists label_studio authorization label_studio;
create extension if not exists pg_trgm schema extensions;
create extension if not exists btree_gin schema extensions;
grant usage on schema extensions to label_studio;
alter role label_studio set search_path = label_studio, extensions;
alter role retraining login password :'retraining';
alter role annotation login password :'annotation';
SQL
