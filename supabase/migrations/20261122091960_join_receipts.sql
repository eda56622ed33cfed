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
        'read', jsonb_build_array(
          coalesce(f.offered -> 'amount', to_jsonb(i.amount)),
          coalesce(f.offered -> 'discount', to_jsonb(i.discount)),
          coalesce(f.offered -> 'quantity', to_jsonb(i.quantity))
        ),
        'name', coalesce(i.gtin14, private.text_key(i.predicted_name)), 'text', private.text_key(i.predicted_name),
        'won', coalesce(i.amount, 0) + i.discount,
        'decided', i.status <> 'pending' or i.decided_by = 'user' or f.offered is not null
      )
      order by i.line_no
    ),
    '[]'
  )
  from public.receipt_items i
  left join lateral (
    select jsonb_object_agg(o.field, o.offered) as offered
    from public.item_feedback o where o.receipt_item_id = i.id
  ) f on true
  where i.receipt_id = p_receipt_id and i.predicted_category_id is not null
$$;
comment on function private.lines_to_compare(uuid) is
  'The line items that were read from a receipt, in order: [{id, numbers, read, name, text, won, decided}]. read: the '
  'numbers before the user corrected them; decided: whether the user has decided anything about the line item.';
revoke all on function private.lines_to_compare(uuid) from public, anon, authenticated, service_role;

create function private.is_misreading(p_one text, p_other text) returns boolean
language sql immutable set search_path = ''
as $$
  select exists (
    select from generate_series(0, k.kept) n (size)
    where starts_with(p_other, left(p_one, n.size))
      and starts_with(reverse(p_other), left(reverse(p_one), k.kept - n.size))
  )
  from (select 2 * greatest(length(p_one), length(p_other)) / 3 + 1) k (kept)
  where k.kept <= least(length(p_one), length(p_other))
$$;
comment on function private.is_misreading(text, text) is
  'Whether two names may be two readings of one: they differ in one place of less than a third of the longer one.';
revoke all on function private.is_misreading(text, text) from public, anon, authenticated, service_role;

create function private.may_be_cut(p_cut jsonb, p_whole jsonb, p_adds_up boolean, p_shared integer) returns boolean
language sql immutable set search_path = ''
as $$
  select case
    when p_adds_up then p_shared > 1 or strpos(c.whole, c.cut) > 0
    else length(c.cut) > 1 and (length(c.cut) < length(c.whole) or p_cut -> 'numbers' -> 0 = 'null')
      and (starts_with(c.whole, c.cut) or starts_with(reverse(c.whole), reverse(c.cut)))
  end
  from (select p_cut ->> 'text', p_whole ->> 'text') c (cut, whole)
$$;
comment on function private.may_be_cut(jsonb, jsonb, boolean, integer) is
  'Whether a line may be what the edge of a photo has left of another line: its name is a piece of the other one, or the '
  'total proves it and the photos share several lines. Without the total, one character is no piece (배 is not 배추), nor '
  'a whole name that has an amount. p_adds_up: whether the rest adds up to the total; p_shared: lines that both show.';
revoke all on function private.may_be_cut(jsonb, jsonb, boolean, integer)
  from public, anon, authenticated, service_role;

create function private.overlap(
  p_upper jsonb, p_lower jsonb, p_total integer,
  out lines integer, out cut_above integer, out cut_below integer, out upper_after integer
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
  alike integer;
  is_overlap boolean;
  is_inside boolean;
  is_proved boolean;
  best integer := -1;
  score integer;
  one jsonb;
  other jsonb;
begin
  select coalesce(sum((e.value ->> 'won')::bigint), 0) into whole_sum from jsonb_array_elements(p_upper || p_lower) e;
  lines := 0; cut_above := 0; cut_below := 0; upper_after := 0;
  -- Doubled lines can be seen and removed, lost ones cannot: no line goes unless it is proved to be on the other photo.
  for after in 0..case when p_total is null then least(1, upper_count) else upper_count end loop
    for below in 0..1 loop
      for size in 0..least(longest, upper_count - after, lower_count - below) loop
        continue when size = 0 and after + below > 0;
        -- The upper photo shows all of the lower one, or its edge has cut its last line, which the lower one shows.
        is_inside := after > 0 and below + size = lower_count;
        continue when after > 1 and not is_inside;
        -- A line that the edge of the lower photo has cut is whole on the upper one.
        continue when below = 1 and after + size = upper_count;
        is_overlap := true;
        same := 0;
        alike := 0;
        total_sum := whole_sum;
        for place in 0..size - 1 loop
          one := p_upper -> (upper_count - after - size + place);
          other := p_lower -> (below + place);
          is_overlap := one -> 'numbers' = other -> 'numbers' or one -> 'read' = other -> 'read';
          exit when not is_overlap;
          if one -> 'name' = other -> 'name' then
            same := same + 1;
          elsif private.is_misreading(one ->> 'text', other ->> 'text') then
            alike := alike + 1;
          end if;
          total_sum := total_sum - case
            when (other -> 'decided')::boolean and not (one -> 'decided')::boolean then (one ->> 'won')::bigint
            else (other ->> 'won')::bigint
          end;
        end loop;
        -- Not every name is read alike on two photos.
        continue when not is_overlap or 2 * same < size;
        if after = 1 and not is_inside then
          total_sum := total_sum - (p_upper -> -1 ->> 'won')::bigint;
        end if;
        if below = 1 then
          total_sum := total_sum - (p_lower -> 0 ->> 'won')::bigint;
        end if;
        -- What adds up to the total is right: two equal lines may also have been bought. Otherwise names must prove it.
        is_proved := coalesce(total_sum = p_total and total_sum <> whole_sum, false);
        continue when not is_proved and (is_inside or same + alike < size);
        if after = 1 and not is_inside then
          continue when not private.may_be_cut(p_upper -> -1, p_lower -> (below + size), is_proved, size);
        end if;
        if below = 1 then
          continue when not private.may_be_cut(
            p_lower -> 0, p_upper -> (upper_count - after - size - 1), is_proved, size
          );
        end if;
        score := 1000 * coalesce(total_sum = p_total, false)::integer + 4 * size - least(after, 1) - below;
        if score > best then
          best := score; lines := size; upper_after := after; cut_below := below;
          cut_above := (after = 1 and not is_inside)::integer;
        end if;
      end loop;
    end loop;
  end loop;
end
$$;
comment on function private.overlap(jsonb, jsonb, integer) is
  'How many of the last lines of a photo are the first ones of the next photo (at most 30), after how many that the '
  'lower edge has cut, before how many that the upper edge has cut, and how many lines of the upper photo follow. Equal '
  'are amounts and quantities, and at least half of the names. Without a proof by the total, the other names must be '
  'similar, and what is cut a piece of its name on the other photo. p_upper, p_lower: as lines_to_compare returns them; '
  'p_total: the total of both photos together, if known.';
revoke all on function private.overlap(jsonb, jsonb, integer) from public, anon, authenticated, service_role;

create function private.join_part(p_whole_id uuid, p_part_id uuid, p_total integer) returns void
language plpgsql set search_path = ''
as $$
declare
  upper_lines constant jsonb := private.lines_to_compare(p_whole_id);
  lower_lines constant jsonb := private.lines_to_compare(p_part_id);
  shared record;
  one jsonb;
  other jsonb;
  free_line integer;
  left_out uuid[] := array[]::uuid[];
  last_line integer;
begin
  shared := private.overlap(upper_lines, lower_lines, p_total);
  -- Crops are cut out of the photo of the receipt, which is another one for these.
  delete from private.reading_samples s
  where s.receipt_item_id in (select i.id from public.receipt_items i where i.receipt_id = p_part_id);
  -- What the user has decided on stays.
  if shared.cut_above = 1 and not (upper_lines -> -1 -> 'decided')::boolean then
    delete from public.receipt_items i where i.id = (upper_lines -> -1 ->> 'id')::uuid;
  end if;
  if shared.cut_below = 1 and not (lower_lines -> 0 -> 'decided')::boolean then
    left_out := left_out || (lower_lines -> 0 ->> 'id')::uuid;
  end if;
  for number in 0..shared.lines - 1 loop
    one := upper_lines -> (jsonb_array_length(upper_lines) - shared.upper_after - shared.lines + number);
    other := lower_lines -> (shared.cut_below + number);
    if (other -> 'decided')::boolean and not (one -> 'decided')::boolean then
      delete from public.receipt_items i where i.id = (one ->> 'id')::uuid returning i.line_no into free_line;
      update public.receipt_items i
      set receipt_id = p_whole_id, line_no = free_line, photo_of = coalesce(i.photo_of, p_part_id)
      where i.id = (other ->> 'id')::uuid;
    else
      left_out := left_out || (other ->> 'id')::uuid;
    end if;
  end loop;
  select coalesce(max(i.line_no), 0) into last_line from public.receipt_items i where i.receipt_id = p_whole_id;
  if 900 < last_line + (
    select count(*) from public.receipt_items i where i.receipt_id = p_part_id and i.id <> all (left_out)
  ) then
    perform private.refuse(409, 'limit_reached', 'The receipt would have too many items.');
  end if;
  update public.receipt_items i
  set receipt_id = p_whole_id, line_no = last_line + moved.place, photo_of = coalesce(i.photo_of, p_part_id)
  from (
    select m.id, row_number() over (order by m.line_no) as place
    from public.receipt_items m
    where m.receipt_id = p_part_id and m.id <> all (left_out)
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

create function private.kept_reading(
  p_photo_ids uuid[], p_field text, out value jsonb, out is_uncertain boolean, out warnings jsonb
)
language sql stable set search_path = ''
as $$
  select reading.value, reading.is_uncertain, reading.warnings
  from (
    select photo.place, coalesce(field.value, 'null') as value, r.warnings,
      p_field = any (r.uncertain_fields)
        or p_field = 'purchased_at' and r.warnings ? 'unsure_purchase_date' as is_uncertain,
      (
        select max(f.created_at)
        from public.receipt_feedback f
        join public.receipts corrected on corrected.id = f.receipt_id
        -- What an earlier call joined has given its corrections to this one.
        where r.id in (corrected.id, corrected.joined_into) and f.field = p_field and f.chosen = field.value
      ) as corrected_at
    from unnest(p_photo_ids) with ordinality photo (id, place)
    join public.receipts r on r.id = photo.id
    cross join lateral (
      select case p_field
        when 'store_name' then to_jsonb(r.store_name)
        when 'purchased_at' then to_jsonb(r.purchased_at)
        else to_jsonb(r.total)
      end as value
    ) field
  ) reading
  order by reading.value = 'null', reading.corrected_at desc nulls last, reading.is_uncertain,
    -- Store and date are printed at the top, the total at the bottom.
    case when p_field = 'total' then -reading.place else reading.place end
  limit 1
$$;
comment on function private.kept_reading(uuid[], text) is
  'What the photos of one receipt, from top to bottom, say about a field of receipts: what the user corrected last, '
  'otherwise what is certain, otherwise what is uncertain; of several the upper one, of totals the lower one. The '
  'warnings are those of its photo.';
revoke all on function private.kept_reading(uuid[], text) from public, anon, authenticated, service_role;

create function public.join_receipts(receipt_ids uuid[]) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  whole public.receipts;
  part public.receipts;
  part_ids uuid[] := array[]::uuid[];
  part_id uuid;
  head public.receipts;
  field text;
  kept record;
  is_unsure_day boolean;
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
  end loop;
  if cardinality(part_ids) = 0 then
    return public.review_receipt(whole.id);
  end if;
  head.uncertain_fields := '{}';
  foreach field in array array['store_name', 'purchased_at', 'total'] loop
    kept := private.kept_reading(whole.id || part_ids, field);
    head := jsonb_populate_record(head, jsonb_build_object(field, kept.value));
    if kept.is_uncertain then
      head.uncertain_fields := head.uncertain_fields || field;
    end if;
    if field = 'purchased_at' then
      is_unsure_day := kept.warnings ? 'unsure_purchase_date';
    end if;
  end loop;

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
      uncertain_fields = head.uncertain_fields,
      warnings = (
        select coalesce(jsonb_agg(w.warning order by w.place), '[]')
        from (
          select e.warning, e.place from jsonb_array_elements_text(r.warnings) with ordinality e (warning, place)
          where e.warning not in ('no_items', 'totals_mismatch')
            and not (e.warning = 'no_total' and head.total is not null)
            and not (e.warning = 'no_store' and head.store_name is not null)
            and not (e.warning = 'no_purchase_date' and head.purchased_at is not null)
            and not (e.warning = 'unsure_purchase_date' and not is_unsure_day)
          union all
          select 'unsure_purchase_date', 999
          where is_unsure_day and not r.warnings ? 'unsure_purchase_date'
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
  perform private.settle_receipt(whole.id, '{}');
  perform private.compare_duplicates(whole.id);
  foreach part_id in array part_ids loop
    perform private.compare_duplicates(part_id);
  end loop;
  return public.review_receipt(whole.id);
end
$$;
comment on function public.join_receipts(uuid[]) is
  'Joins receipts of the calling user that are photos of one long receipt, from top to bottom, into the first one: it '
  'gets the items of the others, without the lines that two photos share. Of store, time and total it gets what the user '
  'corrected on any of them, otherwise what is certain, each with its own doubt. '
  'The others are gone; their photos are kept with it. Returns what review_receipt does. Cannot be undone. Idempotent. '
  'Errors by hint: receipt_not_found, receipt_not_done, receipt_reviewed, invalid_receipts, purchase_after_step, '
  'limit_reached, rate_limited. '
  'Runs as its owner, because users may not write receipts.';
revoke all on function public.join_receipts(uuid[]) from public, anon;
grant execute on function public.join_receipts(uuid[]) to authenticated;
