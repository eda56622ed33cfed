-- The history of a receipt: one row per attempt, with the request id under which function and OCR service logged it.

create table private.receipt_attempts (
  id bigint generated always as identity primary key,
  receipt_id uuid not null references public.receipts (id) on delete cascade,
  request_id text check (length(request_id) <= 200),
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  outcome text check (outcome in ('queued', 'done', 'failed')),
  error_code text check (length(error_code) <= 200),
  error_detail text check (length(error_detail) <= 500)
);
comment on table private.receipt_attempts is
  'Attempts of receipts: the latest 20 of each, for 30 days. outcome queued: it will be retried. Without a policy: for '
  'services only.';
create index receipt_attempts_receipt_id on private.receipt_attempts (receipt_id, id desc);
create index receipt_attempts_started_at on private.receipt_attempts (started_at);
alter table private.receipt_attempts enable row level security;

create function private.note_attempt() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.status = 'processing' then
    insert into private.receipt_attempts (receipt_id, request_id) values (new.id, new.request_id);
    delete from private.receipt_attempts a
    where a.receipt_id = new.id and a.id <= (
      select o.id from private.receipt_attempts o where o.receipt_id = new.id order by o.id desc offset 20 limit 1
    );
  else
    update private.receipt_attempts a
    set ended_at = now(), outcome = new.status,
        error_code = case when new.status <> 'done' then new.error_code end,
        error_detail = case when new.status <> 'done' then new.error_detail end
    where a.id = (
      select o.id from private.receipt_attempts o where o.receipt_id = new.id order by o.id desc limit 1
    ) and a.ended_at is null;
  end if;
  return null;
end
$$;
comment on function private.note_attempt() is 'Begins or ends the row of an attempt.';
revoke all on function private.note_attempt() from public, anon, authenticated, service_role;

create trigger note_attempt after update of status on public.receipts
  for each row when (old.status <> new.status and 'processing' in (old.status, new.status))
  execute function private.note_attempt();
