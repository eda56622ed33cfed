"""The other half of the simulation: printed names are really read, corrected with consent, and transcribed.

Categories are predicted on the printed names, so that each of the two curves shows one model alone.
"""

import io
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray
from PIL import Image

from model_export.registry import CHAMPION, Registry
from model_export.release.store import PublishingStore
from model_export.retrain import champion, state
from model_export.retrain.reading.job import Fonts, ReadingJob
from model_export.retrain.reading.settings import Rules, Settings
from model_export.simulation.proportion import Proportion
from model_export.simulation.shoppers import NOTICED
from model_export.text_models.folders import FONTS
from model_export.text_models.recognition.reader import Reader
from model_export.text_models.synthesis.fonts import DOTS, Face, Ink, Outline
from model_export.text_models.synthesis.receipt_text import TextGenerator
from model_export.text_models.synthesis.single_lines import LineRenderer

WORN_WEEK, WORN_ROWS = 3, (4, 5, 12, 13)
"""From this week on the tills print with a head that lost these rows of dots, which no recogniser was trained on."""
BOUGHT = timedelta(days=4)
"""How long before a week's Monday its purchases are made."""
RETRAINED_WEEK = 6
"""The recogniser is retrained after this week."""
SETTINGS = Settings(steps=24, rate=0.5, crop_share=0.6, drawn_lines=96)
RULES = Rules(crops=40, lines_margin=0.08)
"""Few lines exclude a large loss only; the job draws and demands more."""

INSERT_CONSENTS = """
  insert into public.reading_consents (user_id, given_at) select u, %(at)s from unnest(%(users)s::uuid[]) u
  on conflict do nothing
"""
NO_QUOTA = """
  insert into private.settings (name, value) values ('reading_samples_per_day', 1000000)
  on conflict (name) do update set value = excluded.value
"""
"""All weeks are simulated within a day."""
STORE_READ = """
  update public.receipt_items i set predicted_name = t.read
  from unnest(%(receipts)s::uuid[], %(lines)s::integer[], %(reads)s::text[]) t (receipt, line, read)
  where i.receipt_id = t.receipt and i.line_no = t.line
"""
CORRECT = """
  insert into public.item_feedback (receipt_item_id, field, user_id, offered, chosen, created_at)
  select i.id, 'name', r.user_id, to_jsonb(i.predicted_name), to_jsonb(t.name), %(at)s
  from unnest(%(receipts)s::uuid[], %(lines)s::integer[], %(names)s::text[]) t (receipt, line, name)
  join public.receipt_items i on i.receipt_id = t.receipt and i.line_no = t.line
  join public.receipts r on r.id = i.receipt_id
"""
STORE_CROPS = """
  with sample as (
    update private.reading_samples s set line_text = t.read, confidence = 0.5
    from unnest(%(receipts)s::uuid[], %(lines)s::integer[], %(reads)s::text[], %(pngs)s::bytea[])
      t (receipt, line, read, png)
    join public.receipt_items i on i.receipt_id = t.receipt and i.line_no = t.line
    where s.receipt_item_id = i.id
    returning s.id, i.name, t.png
  ), crop as (
    insert into private.reading_crops (sample_id, png) select id, png from sample
  )
  insert into public.line_transcriptions (annotation_id, task_id, sample_id, line_text, annotator, annotated_at)
  select last.id + 2 * row_number() over (order by sample.id) + person, last.id, sample.id, sample.name,
    'annotator ' || person, %(at)s
  from sample cross join generate_series(0, 1) person
  cross join (select coalesce(max(annotation_id), 0) as id from public.line_transcriptions) last
"""
FIGURES = """
  select coalesce(sum(value), 0), coalesce(sum(value) filter (where labels ->> 'result' in ('kept', 'renamed')), 0)
  from private.reading_figures(%(at)s)
  where metric = 'reading_names' and labels ->> 'model_version' = %(model)s
    and labels ->> 'week' = to_char(private.korean_day(%(bought)s), 'IYYY-"W"IW')
"""


@dataclass(frozen=True)
class ReadWeek:
    """How the names of a week were read.

    accuracy: share of the printed names that were read exactly, spaces aside. shown: the name accuracy that the
    product's own figures show, from what users corrected. model: that read them. report: of the retraining after the
    week; None if there was none.
    """

    accuracy: float
    shown: Proportion
    corrections: int
    model: str
    report: dict[str, Any] | None = None


@dataclass
class Readers:
    """Consenting users, their tills and the recogniser that reads their receipts.

    users: who consent. font: of the tills. store: of recognisers.
    """

    connection: psycopg.Connection[Any]
    registry: Registry
    store: PublishingStore
    users: Sequence[UUID]
    font: Path
    seed: int
    progress: Callable[[str], None]
    settings: Settings = SETTINGS
    rules: Rules = RULES
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        outline = Outline(self.font)
        self._face = Face(outline, outline, outline, height=DOTS, threshold=110, grid=True)
        # It prints one face alone, and text of its own only beside a line.
        generator = TextGenerator(self._random)
        self._renderer = LineRenderer(None, generator, self._random, np.random.default_rng(self.seed))  # type: ignore[arg-type]

    def consent(self, at: datetime) -> None:
        """The users agree, and the recogniser of the repository becomes champion."""
        self.connection.execute(NO_QUOTA)
        self.connection.execute(INSERT_CONSENTS, {"users": list(self.users), "at": at})
        champion.sync_champion(self.registry, self.store, "recogniser")
        self._load()

    def week(self, number: int, receipts: Sequence[UUID], names: Sequence[Sequence[str]], monday: datetime) -> ReadWeek:
        """Print and read the names of each receipt, and store what users and annotators make of it.

        The line items are stored already, with the printed names.
        """
        places = [(receipt, place, name) for receipt, all_ in zip(receipts, names, strict=True)
                  for place, name in enumerate(all_, start=1)]  # fmt: skip
        printed = [self._print(name, worn=number >= WORN_WEEK) for *_, name in places]
        reads = [self._reader.read(image)[0] for image in printed]
        wrong = [bare(read) != bare(name) for read, (*_, name) in zip(reads, places, strict=True)]
        # A line of which nothing is read is not offered as a product; the user types its name.
        reads = [read or "?" for read in reads]
        columns: dict[str, Any] = {
            "receipts": [receipt for receipt, _, _ in places],
            "lines": [place for _, place, _ in places],
            "names": [name for *_, name in places],
            "reads": reads,
            "pngs": [_png(image) for image in printed],
        }
        self.connection.execute(STORE_READ, columns)
        noticed = [each and self._random.random() < NOTICED for each in wrong]
        corrected = {
            name: [value for value, is_noticed in zip(values, noticed, strict=True) if is_noticed]
            for name, values in columns.items()
        }
        at = monday - timedelta(hours=1)
        self.connection.execute(CORRECT, {**corrected, "at": at})
        self.connection.execute(STORE_CROPS, {**corrected, "at": at})
        model = self.model
        figures = {"at": monday, "bought": monday - BOUGHT, "model": model}
        total, right = self.connection.execute(FIGURES, figures).fetchone() or (0, 0)
        accuracy = 1 - sum(wrong) / len(wrong)
        report = self._retrain(monday) if number == RETRAINED_WEEK else None
        return ReadWeek(accuracy, Proportion.of(int(right), int(total)), sum(noticed), model, report)

    def _retrain(self, at: datetime) -> dict[str, Any] | None:
        fonts = Fonts(FONTS)
        try:
            import torch  # noqa: F401 - only the environment of the training has it

            samples = list(fonts.frozen_lines(1))
        except (ImportError, FileNotFoundError) as missing:
            self.progress(f"the recogniser is not retrained here: {str(missing).partition(';')[0]}")
            return None
        self.progress(f"retraining the recogniser, compared on {len(samples) * self.settings.drawn_lines} drawn lines")
        database = self.connection.info
        with state.connected(database.dsn + f" password={database.password}", "recogniser") as connection:
            report = ReadingJob(
                connection, self.registry, self.store, lambda: at, progress=self.progress,
                frozen_lines=fonts.frozen_lines, trainer=fonts.train, settings=self.settings, rules=self.rules,
            ).run()  # fmt: skip
        self._load()
        return report

    def _load(self) -> None:
        self.model = str(self.registry.tag(CHAMPION, "model"))
        with tempfile.TemporaryDirectory() as folder:
            self._reader = Reader(self.registry.folder_of(CHAMPION, Path(folder)))

    def _print(self, name: str, *, worn: bool) -> NDArray[np.uint8]:
        return self._renderer.render(_Worn(self._face) if worn else self._face, name)


class _Worn(Face):
    """A face whose printer lost some rows of dots."""

    def __init__(self, face: Face) -> None:
        super().__init__(face.hangul, face.latin, face.symbols, face.height, face.threshold, face.grid, face._cells)

    def line(self, text: str) -> Ink:
        ink = super().line(text)
        ink[list(WORN_ROWS)] = 0
        return ink


def bare(text: str) -> str:
    """A text without spaces: where a till prints some is not what is measured."""
    return "".join(text.split())


def _png(image: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).convert("L").save(file, "PNG")
    return file.getvalue()
