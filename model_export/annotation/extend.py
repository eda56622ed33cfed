"""New product names that annotators agreed on go into the data set's files, for review in a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg.rows import class_row

from model_export.annotation.queue import Connection
from model_export.classifier import dataset
from model_export.classifier.dataset import Example, core
from ocr_service.category.normalise import normalise

NEW_NAMES = """
  select f.category_code as code, array_agg(a.new_name order by a.annotation_id) as names
  from public.finished_annotations f
  join public.item_annotations a using (text_key)
  where a.status = 'accepted' and a.new_name is not null
  group by f.text_key, f.category_code
  order by f.text_key
"""


@dataclass(frozen=True)
class Proposal:
    """The category of a name, and how each annotator who marked it as a new product spelt it."""

    code: str
    names: list[str]


@dataclass(frozen=True)
class Extension:
    """Names to add, and those that cannot be added, as (name, why)."""

    added: list[Example]
    left_out: list[tuple[str, str]]


def proposals(connection: Connection) -> list[Proposal]:
    """What annotators marked as new, where their category was accepted."""
    with connection.cursor(row_factory=class_row(Proposal)) as cursor:
        return cursor.execute(NEW_NAMES).fetchall()


def extend(
    proposed: Sequence[Proposal], known: Sequence[Example], frozen: Sequence[Example], voices: int = 2
) -> Extension:
    """Choose the names that fit the rules of the data set.

    `voices` annotators must have spelt a name the same (spaces do not count). A name joins the family of its product
    line or founds one. Names of the evaluation (`frozen`) are never trained on, so they stay out.
    """
    families = {core(example.name): example for example in known}
    homes = {example.family: example.category for example in known}
    names = {_bare(example.name) for example in known}
    never = {core(example.name) for example in frozen}
    added: list[Example] = []
    left_out: list[tuple[str, str]] = []
    for proposal in proposed:
        spelt = [normalise(name) for name in proposal.names]
        bare, votes = Counter(_bare(name) for name in spelt).most_common(1)[0]
        name = next(name for name in spelt if _bare(name) == bare)
        relative = families.get(core(name))
        family = relative.family if relative else core(name)
        home = homes.get(family, proposal.code)
        if bare in names:
            continue
        if votes < voices:
            left_out.append((name, "spelt differently, or called new by too few"))
        elif core(name) in never:
            left_out.append((name, "in the evaluation"))
        elif "*" in name:
            left_out.append((name, "has masked characters"))
        elif home != proposal.code:
            left_out.append((name, f"family {family} is in {home}, annotators say {proposal.code}"))
        else:
            example = Example(proposal.code, family, name)
            added.append(example)
            families[core(name)] = example
            homes[family] = proposal.code
            names.add(bare)
    return Extension(added, left_out)


def write(added: Sequence[Example], directory: Path = dataset.DATA_DIR) -> None:
    """Append the names to the files of their categories."""
    for example in added:
        with (directory / f"{example.category}.tsv").open("a", encoding="utf-8", newline="") as file:
            file.write(f"{example.family}\t{example.name}\n")


def _bare(name: str) -> str:
    return name.replace(" ", "")
