-- Reminders of use-by dates: one per user and day, at a time of their choice. The function reminders claims users who
-- are due and sends to their devices through Expo's push service and, if they want, by mail.

create table public.reminder_settings (
  user_id uuid primary key references auth.users (id) on delete cascade,
  is_enabled boolean not null default true,
  time_of_day time not null default '18:00',
  days_before smallint not null default 1 check (days_before between 0 and 30),
  time_zone text not null default 'Asia/Seoul' check (length(time_zone) between 1 and 64),
  quiet_from time,
  quiet_until time,
  language text not null default 'ko' check (language in ('ko', 'en')),
  by_mail boolean not null default false,
  mail_token uuid not null default gen_random_uuid() unique,
  mail_refusals smallint not null default 0 check (mail_refusals >= 0),
  mail_refused_on date,
  last_day date,
  last_sent_at timestamptz,
  is_released boolean not null default false,
  attempts smallint not null default 0 check (attempts >= 0),
  next_due_at timestamptz not null default 'infinity',
  check ((quiet_from is null) = (quiet_until is null)),
  check (quiet_from <> quiet_until)
);
comment on table public.reminder_settings is
  'When a user wants to be reminded of what reaches its use-by date. Users without a row get no reminders.';
comment on column public.reminder_settings.days_before is
  'Remind of what reaches its use-by date within so many days; 0 is today.';
comment on column public.reminder_settings.by_mail is 'Whether reminders are also sent by mail.';
comment on column public.reminder_settings.mail_token is
  'In the link of each mail that ends them: who has it may do that alone.';
comment on column public.reminder_settings.mail_refusals is
  'On how many days in a row, before mail_refused_on, the mail server refused the user''s address for good, but accepted '
  'mails to others.';
comment on column public.reminder_settings.mail_refused_on is
  'last_day of the latest refusal since a mail was accepted; null if there was none. It counts once it is known whether '
  'others got mails on that day.';
comment on column public.reminder_settings.last_day is
  'The latest day, in the time zone of that time, for which a reminder was claimed: there is one per day.';
comment on column public.reminder_settings.last_sent_at is 'When the latest reminder was claimed.';
comment on column public.reminder_settings.is_released is
  'The reminder of last_day was certainly not sent, and is due again.';
comment on column public.reminder_settings.attempts is 'How often the reminder of last_day was released.';
comment on column public.reminder_settings.next_due_at is 'When the next reminder is due; infinity if none.';
create index reminder_settings_next_due_at on public.reminder_settings (next_due_at) where is_enabled;
alter table public.reminder_settings enable row level security;
create policy "Users read their own reminder settings" on public.reminder_settings
  for select to authenticated using (user_id = (select auth.uid()));
revoke all on public.reminder_settings from anon, authenticated;
grant select on public.reminder_settings to authenticated;
grant all on public.reminder_settings to service_role;

create function private.is_quiet(p_settings public.reminder_settings, p_time time) returns boolean
language sql immutable set search_path = ''
as $$
  select coalesce(
    case
      when p_settings.quiet_from < p_settings.quiet_until
        then p_time >= p_settings.quiet_from and p_time < p_settings.quiet_until
      else p_time >= p_settings.quiet_from or p_time < p_settings.quiet_until -- over midnight
    end,
    false
  )
$$;
comment on function private.is_quiet(public.reminder_settings, time) is
  'Whether a time of day is in a user''s quiet hours.';
revoke all on function private.is_quiet(public.reminder_settings, time) from public, anon, authenticated, service_role;

create function private.next_reminder(p_settings public.reminder_settings, p_after timestamptz) returns timestamptz
language plpgsql stable set search_path = ''
as $$
declare
  s constant public.reminder_settings := p_settings;
  due_time constant time := case when private.is_quiet(s, s.time_of_day) then s.quiet_until else s.time_of_day end;
  today constant date := (p_after at time zone s.time_zone)::date;
  due_at timestamptz;
begin
  if not s.is_enabled then
    return timestamptz 'infinity';
  end if;
  for day in 0..3 loop
    due_at := (today + day + due_time) at time zone s.time_zone;
    if due_at > p_after and (s.last_day is null or today + day > s.last_day)
      -- A traveller's next day may begin a few hours after the last reminder.
      and (s.last_sent_at is null or due_at >= s.last_sent_at + interval '12 hours')
    then
      return due_at;
    end if;
  end loop;
  return p_after + interval '1 day';
end
$$;
comment on function private.next_reminder(public.reminder_settings, timestamptz) is
  'When the next reminder after p_after is due: at the user''s time of day, or at the end of their quiet hours if it lies '
  'within them, on a day for which none was claimed.';
revoke all on function private.next_reminder(public.reminder_settings, timestamptz)
  from public, anon, authenticated, service_role;

create function private.quiet_end(p_settings public.reminder_settings, p_after timestamptz) returns timestamptz
language sql stable set search_path = ''
as $$
  select min(e.at)
  from generate_series(0, 1) day
  cross join lateral (
    select ((p_after at time zone p_settings.time_zone)::date + day + p_settings.quiet_until)
      at time zone p_settings.time_zone as at
  ) e
  where e.at > p_after
$$;
comment on function private.quiet_end(public.reminder_settings, timestamptz) is
  'When the quiet hours of a user end next.';
revoke all on function private.quiet_end(public.reminder_settings, timestamptz)
  from public, anon, authenticated, service_role;

create function private.clock_time(p_text text) returns time
language plpgsql immutable set search_path = ''
as $$
begin
  if p_text ~ '^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$' then
    return p_text::time;
  end if;
  perform private.refuse(422, 'invalid_reminder', 'Times must have the form HH:MM, such as 18:00.');
  return null; -- not reached
end
$$;
comment on function private.clock_time(text) is 'A time of day as clients send it. Errors by hint: invalid_reminder.';
revoke all on function private.clock_time(text) from public, anon, authenticated, service_role;

create function public.set_reminders(
  is_enabled boolean default null,
  time_of_day text default null,
  days_before integer default null,
  time_zone text default null,
  quiet_from text default null,
  quiet_until text default null,
  language text default null,
  by_mail boolean default null
)
returns public.reminder_settings
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  settings public.reminder_settings;
begin
  perform private.count_call('set_reminders', 60);
  select * into settings from public.reminder_settings where user_id = (select auth.uid()) for update;
  if not found then
    insert into public.reminder_settings (user_id) values ((select auth.uid()))
    on conflict (user_id) do nothing;
    select * into settings from public.reminder_settings where user_id = (select auth.uid()) for update;
  end if;
  settings.is_enabled := coalesce($1, settings.is_enabled);
  if $2 is not null then
    settings.time_of_day := private.clock_time($2);
  end if;
  if $3 is not null then
    if not $3 between 0 and 30 then
      perform private.refuse(422, 'invalid_reminder', 'days_before must be from 0 to 30.');
    end if;
    settings.days_before := $3;
  end if;
  if $4 is not null then
    -- Names alone: an abbreviation or an offset knows no daylight saving time.
    if length($4) > 64 or $4 !~ '^([A-Z][A-Za-z]+|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2})$'
      or $4 not in ('UTC', 'GMT') and exists (select from pg_catalog.pg_timezone_abbrevs a where a.abbrev = upper($4))
    then
      perform private.refuse(422, 'invalid_reminder', 'time_zone must be a name such as Asia/Seoul.');
    end if;
    begin
      perform now() at time zone $4;
    exception when invalid_parameter_value then
      perform private.refuse(422, 'invalid_reminder', 'time_zone must be a name such as Asia/Seoul.');
    end;
    settings.time_zone := $4;
  end if;
  if $5 = '' and coalesce($6, '') = '' or $6 = '' and $5 is null then
    settings.quiet_from := null;
    settings.quiet_until := null;
  elsif $5 is not null or $6 is not null then
    settings.quiet_from := case when $5 is null then settings.quiet_from else private.clock_time($5) end;
    settings.quiet_until := case when $6 is null then settings.quiet_until else private.clock_time($6) end;
    if settings.quiet_from is null or settings.quiet_until is null or settings.quiet_from = settings.quiet_until then
      perform private.refuse(422, 'invalid_reminder', 'quiet_from and quiet_until must be two different times.');
    end if;
  end if;
  if $7 is not null then
    if $7 not in ('ko', 'en') then
      perform private.refuse(422, 'invalid_reminder', 'language must be ko or en.');
    end if;
    settings.language := $7;
  end if;
  settings.by_mail := coalesce($8, settings.by_mail);
  update public.reminder_settings r
  set is_enabled = settings.is_enabled, time_of_day = settings.time_of_day, days_before = settings.days_before,
      time_zone = settings.time_zone, quiet_from = settings.quiet_from, quiet_until = settings.quiet_until,
      language = settings.language, by_mail = settings.by_mail,
      mail_refusals = case when $8 then 0 else r.mail_refusals end,
      mail_refused_on = case when $8 then null else r.mail_refused_on end,
      is_released = false, next_due_at = private.next_reminder(settings, now())
  where r.user_id = settings.user_id
  returning * into settings;
  return settings;
end
$$;
comment on function public.set_reminders(boolean, text, integer, text, text, text, text, boolean) is
  'Turns the calling user''s reminders on or off and sets when they come; what is not given stays, and the first call '
  'turns them on. by_mail sends them by mail, too, if the environment has a mail server. Times are of the form 18:00 in time_zone, a name such as Asia/Seoul; empty quiet hours remove them. '
  'Returns the settings. Idempotent. Errors by hint: unauthorized, invalid_reminder, rate_limited. '
  'Runs as its owner, because users may not write reminder_settings.';
revoke all on function public.set_reminders(boolean, text, integer, text, text, text, text, boolean) from public, anon;
grant execute on function public.set_reminders(boolean, text, integer, text, text, text, text, boolean) to authenticated;

create table public.push_tokens (
  token text primary key check (token ~ '^Expo(nent)?PushToken\[[A-Za-z0-9_:-]{1,150}\]$' and length(token) <= 200),
  user_id uuid not null references auth.users (id) on delete cascade,
  registered_at timestamptz not null default now()
);
comment on table public.push_tokens is
  'The devices of users that get reminders, by the token that Expo gave them. Removed when Expo reports that the app is '
  'gone from the device.';
create index push_tokens_user_id on public.push_tokens (user_id, registered_at desc);
alter table public.push_tokens enable row level security;
create policy "Users read the tokens of their own devices" on public.push_tokens
  for select to authenticated using (user_id = (select auth.uid()));
revoke all on public.push_tokens from anon, authenticated;
grant select on public.push_tokens to authenticated;
grant all on public.push_tokens to service_role;

create function public.register_push_token(token text) returns void
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  perform private.count_call('register_push_token', 30);
  if $1 is null or length($1) > 200 or $1 !~ '^Expo(nent)?PushToken\[[A-Za-z0-9_:-]{1,150}\]$' then
    perform private.refuse(422, 'invalid_push_token', 'token must be an Expo push token.');
  end if;
  -- A device that another user has signed in on gets that user's reminders alone.
  insert into public.push_tokens as t (token, user_id) values ($1, (select auth.uid()))
  on conflict (token) do update set user_id = excluded.user_id, registered_at = now();
  delete from public.push_tokens t
  where t.user_id = (select auth.uid()) and t.token in (
    select oldest.token from public.push_tokens oldest
    where oldest.user_id = (select auth.uid())
    order by oldest.registered_at desc, oldest.token
    offset 10
  );
end
$$;
comment on function public.register_push_token(text) is
  'Sends reminders of the calling user to this device, and no longer those of a user who used it before. The latest 10 '
  'devices count. Call it at each start of the app. Idempotent. Errors by hint: unauthorized, invalid_push_token, '
  'rate_limited. '
  'Runs as its owner, because users may not write push_tokens.';
revoke all on function public.register_push_token(text) from public, anon;
grant execute on function public.register_push_token(text) to authenticated;

create function public.remove_push_token(token text) returns void
language sql security definer set search_path = ''
as $$
  delete from public.push_tokens t where t.token = $1 and t.user_id = (select auth.uid())
$$;
comment on function public.remove_push_token(text) is
  'Sends no more reminders to this device of the calling user: call it before signing out. Idempotent; refuses nothing. '
  'Runs as its owner, because users may not write push_tokens.';
revoke all on function public.remove_push_token(text) from public, anon;
grant execute on function public.remove_push_token(text) to authenticated;

create function public.claim_reminders(
  p_limit integer, p_now timestamptz default now(), p_with_mails boolean default false
)
returns table (
  user_id uuid, day date, language text, tokens text[], items jsonb, item_count integer, email text, mail_token uuid
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  settings public.reminder_settings;
  local_now timestamp;
  claimed_day date;
  is_due boolean;
  due_tokens text[];
  due_email text;
  due_items jsonb;
  due_count integer;
begin
  for settings in
    select r.* from public.reminder_settings r
    where r.is_enabled and r.next_due_at <= p_now
    order by r.next_due_at
    limit p_limit
    for update skip locked
  loop
    begin
      -- The first run after the chosen time is not late: otherwise a time just before the quiet hours would never come.
      local_now := case
        when not settings.is_released and p_now <= settings.next_due_at + interval '10 minutes' then settings.next_due_at
        else p_now
      end at time zone settings.time_zone;
    exception when invalid_parameter_value then
      -- A name that a newer version of Postgres no longer knows must not stop the reminders of others.
      update public.reminder_settings r set time_zone = 'Asia/Seoul' where r.user_id = settings.user_id;
      return query select settings.user_id, null::date, settings.language, '{}'::text[], '[]'::jsonb, 0, null, null::uuid;
      continue;
    end;
    -- Late, for example after an outage.
    if private.is_quiet(settings, local_now::time) then
      update public.reminder_settings r set next_due_at = private.quiet_end(settings, p_now)
      where r.user_id = settings.user_id;
      return query select settings.user_id, null::date, settings.language, '{}'::text[], '[]'::jsonb, 0, null, null::uuid;
      continue;
    end if;
    -- What is late, or was released, counts for its own day, also after midnight, but not shortly before the next one.
    claimed_day := case
      when settings.is_released then settings.last_day
      else (settings.next_due_at at time zone settings.time_zone)::date
    end;
    if claimed_day <> local_now::date - 1
      or private.next_reminder(settings, p_now) < p_now + interval '12 hours'
    then
      claimed_day := local_now::date;
    end if;
    -- Not twice for one day.
    is_due := case
      when settings.is_released then settings.last_day = claimed_day
      else settings.last_day is null or settings.last_day < claimed_day
    end;
    if is_due then
      settings.attempts := case when settings.is_released then settings.attempts else 0 end;
      settings.last_day := claimed_day;
      settings.last_sent_at := p_now;
    end if;
    update public.reminder_settings r
    set last_day = settings.last_day, last_sent_at = settings.last_sent_at, attempts = settings.attempts,
        is_released = false, next_due_at = private.next_reminder(settings, p_now)
    where r.user_id = settings.user_id;
    if not is_due then
      return query select settings.user_id, null::date, settings.language, '{}'::text[], '[]'::jsonb, 0, null, null::uuid;
      continue;
    end if;

    due_tokens := array(
      select t.token from public.push_tokens t where t.user_id = settings.user_id order by t.registered_at desc
    );
    if exists (select from public.account_deletions d where d.user_id = settings.user_id) then
      due_tokens := '{}';
    end if;
    select u.email into due_email from auth.users u
    where u.id = settings.user_id and p_with_mails and settings.by_mail
      -- A person whose address another one signed up with gets no mails.
      and u.email_confirmed_at is not null
      and not exists (select from public.account_deletions d where d.user_id = settings.user_id);
    -- The days count from when it is sent, which may be after the midnight of its day.
    select coalesce(jsonb_agg(jsonb_build_object('name', v.name, 'days_left', v.expires_on - local_now::date)
        order by v.expires_on, v.name) filter (where v.place <= 10), '[]'), count(*)
    into due_items, due_count
    from (
      select i.name, i.expires_on, row_number() over (order by i.expires_on, i.name) as place
      from public.inventory i
      where i.user_id = settings.user_id and i.consumed_at is null
        -- What passed its date yesterday is mentioned once more.
        and (cardinality(due_tokens) > 0 or due_email is not null)
        and i.expires_on between local_now::date - 1 and local_now::date + settings.days_before
    ) v;
    return query
      select settings.user_id, settings.last_day, settings.language, due_tokens, due_items, due_count, due_email,
        settings.mail_token;
  end loop;
end
$$;
comment on function public.claim_reminders(integer, timestamptz, boolean) is
  'Claims users whose reminder is due, up to p_limit, and returns what to send to whom: the first 10 items, '
  '[{name, days_left}], the earliest first, and their number. A claim counts as the reminder of that day, so that a '
  'worker that dies sends none rather than two. With p_with_mails, the confirmed addresses of users who want mails are '
  'returned, too. Users that nothing can be sent to, or without anything due, are returned without items, so that the '
  'end is known: no row.';
revoke all on function public.claim_reminders(integer, timestamptz, boolean) from public, anon, authenticated;
grant execute on function public.claim_reminders(integer, timestamptz, boolean) to service_role;

create function public.release_reminder(p_user_id uuid, p_day date, p_now timestamptz default now()) returns void
language sql security definer set search_path = ''
as $$
  update public.reminder_settings r
  set is_released = true, attempts = r.attempts + 1, next_due_at = p_now + interval '10 minutes'
  where r.user_id = p_user_id and r.last_day = p_day and not r.is_released and r.is_enabled and r.attempts < 12
$$;
comment on function public.release_reminder(uuid, date, timestamptz) is
  'Makes a claimed reminder due again in ten minutes, up to twelve times, and until 12 hours before the next one is '
  'due: for one that certainly was not accepted.';
revoke all on function public.release_reminder(uuid, date, timestamptz) from public, anon, authenticated;
grant execute on function public.release_reminder(uuid, date, timestamptz) to service_role;

create function public.end_reminder_mails(p_token uuid) returns void
language sql security definer set search_path = ''
as $$
  update public.reminder_settings r set by_mail = false where r.mail_token = p_token and r.by_mail
$$;
comment on function public.end_reminder_mails(uuid) is
  'Sends the user whose mails contain this token no more of them. Idempotent; does not tell whether the token exists.';
revoke all on function public.end_reminder_mails(uuid) from public, anon, authenticated;
grant execute on function public.end_reminder_mails(uuid) to service_role;

create table private.mail_days (day date primary key);
comment on table private.mail_days is
  'The days whose reminders the mail server accepted for at least one address: if it accepts none, the addresses are not '
  'the cause. Without a policy: for services only.';
alter table private.mail_days enable row level security;

create function public.settle_reminder_mails(p_delivered_to uuid[], p_refused_by uuid[]) returns void
language sql security definer set search_path = ''
as $$
  update public.reminder_settings r set mail_refusals = 0, mail_refused_on = null
  where r.user_id = any (p_delivered_to) and r.mail_refused_on is not null;
  insert into private.mail_days (day)
  select distinct r.last_day from public.reminder_settings r
  where r.user_id = any (p_delivered_to) and r.last_day is not null
  on conflict (day) do nothing;
  update public.reminder_settings r
  set mail_refusals = earlier.refusals, mail_refused_on = r.last_day,
      by_mail = r.by_mail
        and earlier.refusals + exists (select from private.mail_days d where d.day = r.last_day)::integer
          < coalesce(private.setting('mail_refusals')::integer, 3)
  from (
    -- The latest refusal counts now, because others may have got their mails later on that day.
    select s.user_id,
      s.mail_refusals + exists (select from private.mail_days d where d.day = s.mail_refused_on)::integer as refusals
    from public.reminder_settings s
    where s.user_id = any (p_refused_by)
  ) earlier
  where r.user_id = earlier.user_id and r.mail_refused_on is distinct from r.last_day
$$;
comment on function public.settle_reminder_mails(uuid[], uuid[]) is
  'Tells which users'' reminders the mail server accepted, and whose addresses it refused for good. Users whose address '
  'it refused on several days in a row (setting mail_refusals, 3) get no more mails until they turn them on again. Only '
  'days on which it accepted mails to others count. Idempotent for the reminders of one day.';
revoke all on function public.settle_reminder_mails(uuid[], uuid[]) from public, anon, authenticated;
grant execute on function public.settle_reminder_mails(uuid[], uuid[]) to service_role;

create table private.push_tickets (
  ticket_id text primary key check (length(ticket_id) between 1 and 100),
  user_id uuid not null references auth.users (id) on delete cascade,
  token text not null check (length(token) <= 200),
  sent_at timestamptz not null,
  due_at timestamptz not null
);
comment on table private.push_tickets is
  'Notifications that Expo accepted, until it says whether they were delivered. Without a policy: for services only.';
create index push_tickets_user_id on private.push_tickets (user_id);
create index push_tickets_sent_at on private.push_tickets (sent_at);
create index push_tickets_due on private.push_tickets (due_at, ticket_id);
alter table private.push_tickets enable row level security;

create function public.store_push_tickets(p_tickets jsonb, p_now timestamptz default now()) returns void
language sql security definer set search_path = ''
as $$
  -- Expo recommends to wait 15 minutes.
  insert into private.push_tickets (ticket_id, user_id, token, sent_at, due_at)
  select t.id, t.user_id, t.token, p_now, p_now + interval '15 minutes'
  from jsonb_to_recordset(private.json_argument(p_tickets)) as t (id text, user_id uuid, token text)
  where length(t.id) between 1 and 100 and exists (select from auth.users u where u.id = t.user_id)
  order by t.id
  on conflict (ticket_id) do nothing
$$;
comment on function public.store_push_tickets(jsonb, timestamptz) is
  'Stores the tickets of accepted notifications: [{id, user_id, token}].';
revoke all on function public.store_push_tickets(jsonb, timestamptz) from public, anon, authenticated;
grant execute on function public.store_push_tickets(jsonb, timestamptz) to service_role;

create function public.due_push_tickets(p_limit integer, p_now timestamptz default now()) returns setof text
language sql security definer set search_path = ''
as $$
  -- Expo forgets them after a day.
  delete from private.push_tickets t where t.sent_at < p_now - interval '24 hours';
  -- Those that Expo has no answer for go to the end, so that they hold up no others.
  with due as (
    update private.push_tickets t
    set due_at = p_now + interval '15 minutes'
    from (
      select d.ticket_id, d.due_at from private.push_tickets d
      where d.due_at <= p_now
      order by d.due_at, d.ticket_id
      limit p_limit
      for update skip locked
    ) old
    where t.ticket_id = old.ticket_id
    returning t.ticket_id, old.due_at
  )
  select due.ticket_id from due order by due.due_at, due.ticket_id
$$;
comment on function public.due_push_tickets(integer, timestamptz) is
  'Tickets of at least 15 minutes ago whose delivery is not known yet, those that are due for longest first. One that is '
  'not settled is due again 15 minutes later. Forgets those of a day ago.';
revoke all on function public.due_push_tickets(integer, timestamptz) from public, anon, authenticated;
grant execute on function public.due_push_tickets(integer, timestamptz) to service_role;

create function public.settle_push_tickets(p_ticket_ids text[], p_gone_ids text[], p_gone_tokens text[])
returns integer
language sql security definer set search_path = ''
as $$
  with gone as (
    delete from public.push_tokens p
    where p.token = any (p_gone_tokens)
      or p.token in (
        select t.token from private.push_tickets t
        -- Registered again since then: the app is back.
        where t.ticket_id = any (p_gone_ids) and p.registered_at < t.sent_at and p.user_id = t.user_id
      )
    returning 1
  ), settled as (
    delete from private.push_tickets t where t.ticket_id = any (p_ticket_ids)
  )
  select count(*)::integer from gone
$$;
comment on function public.settle_push_tickets(text[], text[], text[]) is
  'Forgets tickets whose delivery is known, and removes the devices that the app is gone from: by tickets, or by '
  'tokens. Returns the number of removed devices.';
revoke all on function public.settle_push_tickets(text[], text[], text[]) from public, anon, authenticated;
grant execute on function public.settle_push_tickets(text[], text[], text[]) to service_role;
