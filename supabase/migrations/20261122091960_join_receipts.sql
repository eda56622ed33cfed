-- Several photos of one long receipt: their receipts become one, without the lines that two photos share.

create function private.part_path(p_receipt_id uuid) returns text
language sql stable security definer set search_path = ''
as $$
  select r.object_path from public.receipts r where r.id = p_receipt_id and r.user_id = (select private.owner_id())
$$;
comment on function private.part_path(uuid) is
  'The photo of a receipt of the calling user that has become part of another one. '
  'Runs as its owner, because such receipts are hidden.';
revoke all on function private.part_path(uuid) from public, anon;
grant execute on function private.part_path(uuid) to authenticated;

create function private.lines_to_compare(p_receipt_id uuid) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', i.id, 'numbers', jsonb_build_array(i.amount, i.discount, i.quantity),
        'name', coalesce(i.gtin14, private.text_key(i.predicted_name)), 'won', coalesce(i.amount, 0) + i.discount
      )
      order by i.line_no
    ),
    '[]'
  )
  from public.receipt_items i
  where i.receipt_id = p_receipt_id and i.predicted_category_id is not null
$$;
comment on function private.lines_to_compare(uuid) is
  'What was read of the line items of a receipt, in order: [{id, numbers, name, won}].';
revoke all on function private.lines_to_compare(uuid) from public, anon, authenticated, service_role;

create function private.overlap(
  p_upper jsonb, p_lower jsonb, p_total integer, out lines integer, out cut_above integer, out cut_below integer
)
language plpgsql immutable set search_path = ''
as $$
declare
  longest constant integer := 30;
  upper_count constant integer := jsonb_array_length(p_upper);
  lower_count constant integer := jsonb_array_length(p_lower);
  whole_sum bigint;
  total_sum bigint;
  same integer;
  is_overlap boolean;
  best integer := -1;
  score integer;
  one jsonb;
  other jsonb;
begin
  select coalesce(sum((e.value ->> 'won')::bigint), 0) into whole_sum from jsonb_array_elements(p_upper || p_lower) e;
  lines := 0; cut_above := 0; cut_below := 0;
  -- The edge of a photo may cut its outermost line, which is whole on the other.
  for above in 0..1 loop
    for below in 0..1 loop
      for size in 0..least(longest, upper_count - above, lower_count - below) loop
        continue when size = 0 and above + below > 0;
        is_overlap := true;
        same := 0;
        total_sum := whole_sum;
        for place in 0..size - 1 loop
          one := p_upper -> (upper_count - above - size + place);
          other := p_lower -> (below + place);
          is_overlap := one -> 'numbers' = other -> 'numbers';
          exit when not is_overlap;
          same := same + (one -> 'name' = other -> 'name')::integer;
          total_sum := total_sum - (other ->> 'won')::bigint;
        end loop;
        -- Not every name is read alike on two photos.
        continue when not is_overlap or 2 * same < size;
        if above = 1 then
          total_sum := total_sum - (p_upper -> -1 ->> 'won')::bigint;
        end if;
        if below = 1 then
          total_sum := total_sum - (p_lower -> 0 ->> 'won')::bigint;
        end if;
        -- What adds up to the total is right: two equal lines may also have been bought.
        score := 1000 * coalesce(total_sum = p_total, false)::integer + 4 * size - above - below;
        if score > best then
          best := score; lines := size; cut_above := above; cut_below := below;
        end if;
      end loop;
    end loop;
  end loop;
end
$$;
comment on function private.overlap(jsonb, jsonb, integer) is
  'How many of the last lines of a photo are the first ones of the next photo (at most 30), after how many that the '
  'lower edge has cut, and before how many that the upper edge has cut. Equal are amounts and quantities, and at least '
  'half of the names. p_upper, p_lower: as lines_to_compare returns them; p_total: the total of both photos together, '
  'if known.';
revoke all on function private.overlap(jsonb, jsonb, integer) from public, anon, authenticated, service_role;

create function private.join_part(p_whole_id uuid, p_part_id uuid, p_total integer) returns void
language plpgsql set search_path = ''
as $$
declare
  upper_lines constant jsonb := private.lines_to_compare(p_whole_id);
  lower_lines constant jsonb := private.lines_to_compare(p_part_id);
  shared record;
  last_line integer;
begin
  shared := private.overlap(upper_lines, lower_lines, p_total);
  if shared.cut_above = 1 then
    -- What the user has decided on stays.
    delete from public.receipt_items i
    where i.id = (upper_lines -> -1 ->> 'id')::uuid and i.status = 'pending' and i.decided_by <> 'user'
      and not exists (select from public.item_feedback f where f.receipt_item_id = i.id);
  end if;
  select coalesce(max(i.line_no), 0) into last_line from public.receipt_items i where i.receipt_id = p_whole_id;
  if last_line + jsonb_array_length(lower_lines) > 900 then
    perform private.refuse(409, 'limit_reached', 'The receipt would have too many items.');
  end if;
  -- Crops are cut out of the photo of the receipt, which is another one for these.
  delete from private.reading_samples s
  where s.receipt_item_id in (select i.id from public.receipt_items i where i.receipt_id = p_part_id);
  update public.receipt_items i
  set receipt_id = p_whole_id, line_no = last_line + moved.place, photo_of = coalesce(i.photo_of, p_part_id)
  from (
    select m.id, row_number() over (order by m.line_no) as place
    from public.receipt_items m
    where m.receipt_id = p_part_id
      and m.id::text not in (
        select e.value ->> 'id' from jsonb_array_elements(lower_lines) with ordinality e (value, place)
        where e.place <= shared.cut_below + shared.lines
      )
  ) moved
  where i.id = moved.id;
  update public.receipts r set joined_into = p_whole_id where r.joined_into = p_part_id;
  update public.receipts r set joined_into = p_whole_id, deleted_at = now() where r.id = p_part_id;
  insert into private.changed_receipts (receipt_id) values (p_part_id);
end
$$;
comment on function private.join_part(uuid, uuid, integer) is
  'Moves the line items of a receipt to the one whose lower part it is, without those that both photos show. Its row '
  'and its photo are kept, hidden, as long as the whole receipt. p_total: the total of both together, if known.';
revoke all on function private.join_part(uuid, uuid, integer) from public, anon, authenticated, service_role;

create function public.join_receipts(receipt_ids uuid[]) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  whole public.receipts;
  part public.receipts;
  part_ids uuid[] := array[]::uuid[];
  part_id uuid;
  head public.receipts;
  new_day date;
begin
  perform private.require_user();
  if not coalesce(cardinality(receipt_ids) between 2 and 10, false)
    or cardinality(receipt_ids) <> (select count(distinct u.id) from unnest(receipt_ids) u (id))
  then
    perform private.refuse(422, 'invalid_receipts', 'receipt_ids must be 2 to 10 different ids.');
  end if;
  whole := private.lock_receipt(receipt_ids[1]);
  perform private.count_call('correct_receipt', 60);
  head := whole;
  for place in 2..cardinality(receipt_ids) loop
    select r.* into part from public.receipts r
    where r.id = receipt_ids[place] and r.user_id = whole.user_id and r.joined_into = whole.id
    for update;
    continue when found; -- joined by an earlier attempt
    part := private.lock_receipt(receipt_ids[place]);
    if exists (select from public.receipt_items i where i.receipt_id = part.id and i.status = 'added') then
      perform private.refuse(409, 'receipt_reviewed', 'Items of a further photo are in the inventory already.');
    end if;
    part_ids := part_ids || part.id;
    head.store_name := coalesce(head.store_name, part.store_name);
    head.purchased_at := coalesce(head.purchased_at, part.purchased_at);
    head.total := coalesce(part.total, head.total);
  end loop;
  if cardinality(part_ids) = 0 then
    return public.review_receipt(whole.id);
  end if;
  if exists (
    select from public.receipt_feedback f where f.receipt_id = whole.id and f.field = 'total'
  ) then
    head.total := whole.total;
  end if;

  new_day := private.purchase_day(head.purchased_at, whole.created_at);
  foreach part_id in array whole.id || part_ids loop
    perform private.move_purchase_day(r.id, private.purchase_day(r.purchased_at, r.created_at), new_day)
    from public.receipts r where r.id = part_id;
  end loop;
  foreach part_id in array part_ids loop
    perform private.join_part(
      whole.id, part_id, case when part_id = part_ids[cardinality(part_ids)] then head.total end
    );
  end loop;
  update public.receipts r
  set store_name = head.store_name, purchased_at = head.purchased_at, total = head.total,
      warnings = (
        select coalesce(jsonb_agg(w.warning order by w.place), '[]')
        from (
          select e.warning, e.place from jsonb_array_elements_text(r.warnings) with ordinality e (warning, place)
          where e.warning not in ('no_items', 'totals_mismatch')
            and not (e.warning = 'no_total' and head.total is not null)
            and not (e.warning = 'no_store' and head.store_name is not null)
            and not (e.warning = 'no_purchase_date' and head.purchased_at is not null)
          union all
          select 'no_items', 1000
          where not exists (select from public.receipt_items i where i.receipt_id = r.id)
          union all
          select 'totals_mismatch', 1001
          where head.total <> (
            select coalesce(sum(coalesce(i.amount, 0)::bigint + i.discount), 0)
            from public.receipt_items i where i.receipt_id = r.id
          )
        ) w
      )
  where r.id = whole.id;
  perform private.compare_duplicates(whole.id);
  foreach part_id in array part_ids loop
    perform private.compare_duplicates(part_id);
  end loop;
  return public.review_receipt(whole.id);
end
$$;
comment on function public.join_receipts(uuid[]) is
  'Joins receipts of the calling user that are photos of one long receipt, from top to bottom, into the first one: it '
  'gets the items of the others, without the lines that two photos share, and what it lacks of store, time and total. '
  'The others are gone; their photos are kept with it. Returns what review_receipt does. Cannot be undone. Idempotent. '
  'Errors by hint: receipt_not_found, receipt_not_done, receipt_reviewed, invalid_receipts, limit_reached, rate_limited. '
  'Runs as its owner, because users may not write receipts.';
revoke all on function public.join_receipts(uuid[]) from public, anon;
grant execute on function public.join_receipts(uuid[]) to authenticated;
