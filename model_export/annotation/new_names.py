"""New product names that annotators agree on, to be added to the data set and reviewed in a pull request."""

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
    """The category of a name, and the spelling of each annotator who marked it as a new product."""

    code: str
    names: list[str]


@dataclass(frozen=True)
class Selection:
    """Names to add, and names that cannot be added, as (name, reason)."""

    accepted: list[Example]
    rejected: list[tuple[str, str]]


def proposals(connection: Connection) -> list[Proposal]:
    """Names that annotators marked as new, if their category was accepted."""
    with connection.cursor(row_factory=class_row(Proposal)) as cursor:
        return cursor.execute(NEW_NAMES).fetchall()


def select(
    proposals: Sequence[Proposal], data_set: Sequence[Example], frozen: Sequence[Example], min_annotators: int = 2
) -> Selection:
    """Select the names that comply with the rules of the data set.

    `min_annotators` annotators must have spelt a name alike (spaces do not count). A name joins the family of its
    product line or starts a new one. Names of the evaluation (`frozen`) are rejected, because they are never trained
    on.
    """
    families = {core(example.name): example for example in data_set}
    homes = {example.family: example.category for example in data_set}
    names = {_bare(example.name) for example in data_set}
    evaluation = {core(example.name) for example in frozen}
    accepted: list[Example] = []
    rejected: list[tuple[str, str]] = []
    for proposal in proposals:
        spellings = [normalise(name) for name in proposal.names]
        bare, votes = Counter(_bare(name) for name in spellings).most_common(1)[0]
        name = next(name for name in spellings if _bare(name) == bare)
        relative = families.get(core(name))
        family = relative.family if relative else core(name)
        home = homes.get(family, proposal.code)
        if bare in names:
            continue
        if votes < min_annotators:
            rejected.append((name, "too few annotators spell it alike"))
        elif core(name) in evaluation:
            rejected.append((name, "part of the evaluation"))
        elif "*" in name:
            rejected.append((name, "has masked characters"))
        elif home != proposal.code:
            rejected.append((name, f"family {family} is in {home}, annotators say {proposal.code}"))
        else:
            example = Example(proposal.code, family, name)
            accepted.append(example)
            families[core(name)] = example
            homes[family] = proposal.code
            names.add(bare)
    return Selection(accepted, rejected)


def append(examples: Sequence[Example], directory: Path = dataset.DATA_DIR) -> None:
    """Append examples to the files of their categories."""
    for example in examples:
        with (directory / f"{example.category}.tsv").open("a", encoding="utf-8", newline="") as file:
            file.write(f"{example.family}\t{example.name}\n")


def _bare(name: str) -> str:
    return name.replace(" ", "")
