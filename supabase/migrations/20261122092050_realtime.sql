-- Realtime Broadcast: each change of a user's receipts and inventory is sent to a private topic of that user. Changes
-- are not published through a publication, where Realtime would not deliver a filtered DELETE to its user, and would
-- deliver the ids of all deleted rows to every user.

create policy "Users hear of changes to their own rows" on realtime.messages
  for select to authenticated
  using (
    realtime.messages.extension = 'broadcast'
    and (select realtime.topic()) = 'user:' || (select private.owner_id())::text
  );

create function private.count_version() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.version := old.version + 1;
  return new;
end
$$;
comment on function private.count_version() is 'Counts the changes of a row that its user can notice.';
revoke all on function private.count_version() from public, anon, authenticated, service_role;
-- Leases, turns and attempts change more often, and no client shows them.
create trigger version_of_receipt_is_counted before update on public.receipts
  for each row when (
    (
      old.status, old.error_code, old.object_path, old.object_version, old.queued_at, old.processed_at,
      old.duplicate_of, old.photo_deleted_at, old.deleted_at, old.store_name, old.purchased_at, old.total, old.warnings
    ) is distinct from (
      new.status, new.error_code, new.object_path, new.object_version, new.queued_at, new.processed_at,
      new.duplicate_of, new.photo_deleted_at, new.deleted_at, new.store_name, new.purchased_at, new.total, new.warnings
    )
  )
  execute function private.count_version();
create trigger version_of_inventory_is_counted before update on public.inventory
  for each row when (old.* is distinct from new.*)
  execute function private.count_version();

create function private.broadcast_change() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
declare
  status text;
begin
  if tg_op = 'DELETE' then
    perform realtime.send(
      jsonb_build_object('id', old.id, 'status', 'deleted', 'version', old.version + 1),
      tg_table_name::text, 'user:' || old.user_id
    );
    return null;
  elsif tg_table_name = 'receipts' then
    status := case when new.deleted_at is null then new.status else 'deleted' end;
  else
    status := case when new.consumed_at is null then 'in_stock' else 'consumed' end;
  end if;
  perform realtime.send(
    jsonb_build_object('id', new.id, 'status', status, 'version', new.version),
    tg_table_name::text, 'user:' || new.user_id
  );
  return null;
exception when others then
  -- Clients poll, so a change is worth more than its message.
  raise log 'a change of % was not broadcast: %', tg_table_name, sqlstate;
  return null;
end
$$;
comment on function private.broadcast_change() is
  'Sends {id, status, version} to the topic user:{user_id}, with the table as the event. The status of a receipt is '
  'its column, that of an inventory row is in_stock or consumed, and that of a deleted row is deleted. Never raises.';
revoke all on function private.broadcast_change() from public, anon, authenticated, service_role;
create trigger receipt_is_broadcast after insert or delete on public.receipts
  for each row execute function private.broadcast_change();
create trigger receipt_update_is_broadcast after update on public.receipts
  for each row when (old.version <> new.version) execute function private.broadcast_change();
create trigger inventory_is_broadcast after insert or delete on public.inventory
  for each row execute function private.broadcast_change();
create trigger inventory_update_is_broadcast after update on public.inventory
  for each row when (old.version <> new.version) execute function private.broadcast_change();
