-- Numbers of products (GTIN), in the canonical form of fourteen digits.

create function private.check_digit(p_payload text) returns text
language sql immutable strict set search_path = ''
as $$
  -- GS1: weights 3 and 1 from the right.
  select ((10 - sum(digit::integer * case when place % 2 = 1 then 3 else 1 end) % 10) % 10)::text
  from string_to_table(reverse(p_payload), null) with ordinality as d (digit, place)
$$;
comment on function private.check_digit(text) is 'The digit that GS1 puts behind these.';
revoke all on function private.check_digit(text) from public, anon, authenticated;

create function private.gtin14(p_printed text) returns text
language plpgsql immutable strict set search_path = ''
as $$
declare
  digits text := p_printed;
  number text;
begin
  if digits ~ '^[0-9]{18}$' then
    digits := left(digits, 13); -- convenience stores print five digits of their own behind it
  end if;
  if digits !~ '^([0-9]{8}|[0-9]{12,14})$' or digits ~ '^0+$' then
    return null;
  end if;
  if right(digits, 1) <> private.check_digit(left(digits, -1)) then
    return null;
  end if;
  number := lpad(digits, 14, '0');
  -- What a shop gives out for itself (weighed goods), publications and coupons are no products here.
  if number ~ '^000000[02]' or number !~ '^000000' and substr(number, 2) ~ '^(0[24]|2|97[7-9]|9[89])' then
    return null;
  end if;
  return number;
end
$$;
comment on function private.gtin14(text) is
  'The product number in digits that are printed or scanned, in canonical form; null where they hold none. The same rules as functions/barcode/gtin.py.';
revoke all on function private.gtin14(text) from public, anon, authenticated;
