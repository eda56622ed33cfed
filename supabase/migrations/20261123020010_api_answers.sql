-- How the functions answered, counted by day. Each instance hands its counts in after an answer is out, so that no
-- caller waits for them, and keeps them while the database is away: outages count.

create table private.api_answers (
  day date not null,
  function text not null check (function ~ '^[a-z_]{1,40}$'),
  status smallint not null check (status between 100 and 599),
  answers bigint not null check (answers >= 1),
  primary key (function, status, day)
);
comment on table private.api_answers is 'Answers of each function by HTTP status. Days are Korea''s.';
alter table private.api_answers enable row level security;

create function public.count_api_answers(p_answers jsonb) returns void
language sql security definer set search_path = ''
as $$
  insert into private.api_answers as known (day, function, status, answers)
  select (now() at time zone 'Asia/Seoul')::date, a.function, a.status, a.answers
  from jsonb_to_recordset(private.json_argument(p_answers)) as a (function text, status smallint, answers bigint)
  order by a.function, a.status -- always the same order, so that nobody waits for each other in a circle
  on conflict (function, status, day) do update set answers = known.answers + excluded.answers
$$;
comment on function public.count_api_answers(jsonb) is 'Adds to the counts of today: [{function, status, answers}].';
revoke all on function public.count_api_answers(jsonb) from public, anon, authenticated;
grant execute on function public.count_api_answers(jsonb) to service_role;
