-- A user's right to a copy of their data, in a form that machines can read.

create function public.export_my_data(page integer default 0) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  page_rows constant integer := 1000;
  caller_id constant uuid := (select auth.uid());
  first_row constant bigint := greatest(page, 0)::bigint * page_rows;
  owned record;
  page_of_table jsonb;
  tables jsonb := jsonb_build_object();
  account jsonb;
  is_last boolean := true;
begin
  perform private.require_user();
  perform private.use_quota('export_pages', 1);
  select jsonb_build_object(
    'id', u.id, 'email', u.email, 'created_at', u.created_at, 'last_sign_in_at', u.last_sign_in_at
  ) into account
  from auth.users u where u.id = caller_id;

  for owned in
    -- Every table whose rows belong to a user, as in forget_user, or to a receipt.
    select c.conrelid::regclass as relation, r.relname as name, format('t.%I = $1', a.attname) as belongs,
      't.*' as shown, 1000 as page_rows
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_class r on r.oid = c.conrelid
    join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where c.contype = 'f' and c.confrelid = 'auth.users'::regclass
      and c.connamespace in ('public'::regnamespace, 'private'::regnamespace)
    union all
    select c.conrelid::regclass, r.relname,
      format('t.%I in (select o.id from public.receipts o where o.user_id = $1)', a.attname),
      case c.conrelid
        -- Without the token, which is a worker's.
        when 'private.receipt_leases'::regclass then 't.receipt_id, t.leased_at, t.object_path'
        else 't.*'
      end, 1000
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_class r on r.oid = c.conrelid
    join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where c.contype = 'f' and c.confrelid = 'public.receipts'::regclass and c.confdeltype = 'c'
      and not exists (
        select from pg_catalog.pg_constraint u
        where u.conrelid = c.conrelid and u.contype = 'f' and u.confrelid = 'auth.users'::regclass
      )
    union all
    -- Crops are rows, not objects of Storage; a page of them is a few megabytes at most.
    select 'private.reading_crops'::regclass, 'reading_crops',
      't.sample_id in (select s.id from private.reading_samples s where s.user_id = $1)',
      't.sample_id, translate(encode(t.png, ''base64''), E''\n'', '''') as png', 50
    union all
    -- Without the annotator, who is another person.
    select 'public.line_transcriptions'::regclass, 'line_transcriptions',
      't.sample_id in (select s.id from private.reading_samples s where s.user_id = $1)',
      't.sample_id, t.line_text, t.annotated_at', 1000
    order by 2
  loop
    execute format(
      'select coalesce(jsonb_agg(to_jsonb(t) order by t.row_in_page), ''[]'') from ('
      'select row_number() over (order by %s) as row_in_page, %s from %s t where %s order by 1 offset $2 limit $3) t',
      (
        select string_agg(format('t.%I', a.attname), ', ' order by k.position)
        from pg_catalog.pg_index i
        cross join lateral unnest(i.indkey::smallint[]) with ordinality k (attnum, position)
        join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
        where i.indrelid = owned.relation and i.indisprimary
      ),
      owned.shown, owned.relation, owned.belongs
    ) into page_of_table
    using caller_id, greatest(page, 0)::bigint * owned.page_rows, owned.page_rows;
    tables := tables || jsonb_build_object(
      owned.name, (select coalesce(jsonb_agg(row - 'row_in_page'), '[]') from jsonb_array_elements(page_of_table) row)
    );
    is_last := is_last and jsonb_array_length(page_of_table) < owned.page_rows;
  end loop;

  select coalesce(jsonb_agg(o.name order by o.name), '[]') into page_of_table
  from (
    select o.name from storage.objects o
    where o.bucket_id = 'ocr' and starts_with(o.name, caller_id::text || '/')
    order by o.name offset first_row limit page_rows
  ) o;
  return jsonb_build_object(
    'format', 1, 'page', greatest(page, 0), 'exported_at', now(), 'account', account, 'tables', tables,
    'photos', page_of_table,
    'next_page', case
      when not (is_last and jsonb_array_length(page_of_table) < page_rows) then greatest(page, 0) + 1
    end
  );
end
$$;
comment on function public.export_my_data(integer) is
  'A copy of everything that is stored about the calling user: account, the rows of every table by table name, and the '
  'paths of the photos in the bucket ocr, which the user can download. Crops of corrected lines are PNG images in '
  'base64. Up to 1000 rows per table and page, 50 crops; next_page is '
  'null on the last page. Limited to export_pages per day (setting export_pages_per_day). Runs as its owner, because '
  'users may not read auth.users and the private tables.';
revoke all on function public.export_my_data(integer) from public, anon;
grant execute on function public.export_my_data(integer) to authenticated;
