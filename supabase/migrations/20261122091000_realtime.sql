-- What the app watches. Realtime checks the policies of these tables for every subscriber.

do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
end
$$;
alter publication supabase_realtime add table public.receipts, public.inventory;
