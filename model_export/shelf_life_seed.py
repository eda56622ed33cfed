"""Copies the shelf-life rules of `ocr_service/category/data/` to `supabase/seed.sql`, between two marker lines.

The CSV files of the OCR service are the only source of the rules.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

from ocr_service.category.shelf_life import Rule, read_homographs, read_rules

SEED_FILE = Path(__file__).parents[1] / "supabase" / "seed.sql"
START = "-- shelf-life rules: generated from ocr_service/category/data by python -m model_export.shelf_life_seed"
END = "-- end of shelf-life rules"


def block(rules: Iterable[Rule], homographs: Iterable[str]) -> str:
    """Return idempotent SQL, markers included, that fills the tables with exactly `rules` and `homographs`."""
    rule_rows = ",\n".join(
        f"  ({sort}, {_text(r.category)}, {_text(r.keyword)}, {_text(r.storage)}, {_text(r.basis)}, "
        f"{_number(r.min_days)}, {_number(r.max_days)}, {_text(r.source)})"
        for sort, r in enumerate(rules, 1)
    )
    words = ",\n".join(f"  ({_text(word)})" for word in homographs)
    return f"""{START}
delete from public.shelf_life_rules;
insert into public.shelf_life_rules (sort, category_id, keyword, storage, basis, min_days, max_days, source)
select rule.sort, categories.id, rule.keyword, rule.storage, rule.basis, rule.min_days, rule.max_days, rule.source
from (values
{rule_rows}
) as rule (sort, category, keyword, storage, basis, min_days, max_days, source)
join public.categories on categories.code = rule.category;

delete from private.not_keywords;
insert into private.not_keywords (word) values
{words};
{END}
"""  # noqa: S608 - the rows are ours and quoted


def merge(seed: str, generated: str) -> str:
    """Return `seed` with the generated block replaced, or appended if there was none."""
    before, start, rest = seed.partition(START)
    if not start:
        return f"{seed.rstrip()}\n\n{generated}"
    _, _, after = rest.partition(END + "\n")
    return before + generated + after


def main() -> None:
    """Write the block, or check that it is up to date (exit status 1 if not)."""
    parser = argparse.ArgumentParser(prog="python -m model_export.shelf_life_seed", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="replace the block in supabase/seed.sql")
    action.add_argument("--check", action="store_true", help="fail if the block is stale")
    arguments = parser.parse_args()
    seed = SEED_FILE.read_text(encoding="utf-8")
    merged = merge(seed, block(read_rules(), read_homographs()))
    if arguments.write:
        SEED_FILE.write_text(merged, encoding="utf-8")
    elif merged != seed:
        raise SystemExit("supabase/seed.sql is stale: run python -m model_export.shelf_life_seed --write")


def _text(value: str | None) -> str:
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


def _number(value: int | None) -> str:
    return "null::integer" if value is None else str(value)


if __name__ == "__main__":
    main()
