"""The items of an order list on a screen: the lines of each."""

import re
from dataclasses import dataclass, field

from ocr_service.parsing.labels import TAG_BEFORE
from ocr_service.parsing.order_lines import BULLET, LETTERS, NAME_LABEL, Segment

_BEFORE_NAME = re.compile(rf"\s*[\])}}|]?\s*(?:{NAME_LABEL.pattern})?(?:{BULLET.pattern})?")
"""The edge of a frame, a label (`상품명:`), a bullet."""
_TAGS = re.compile(rf"(?:{TAG_BEFORE})+")


@dataclass(slots=True)
class Block:
    """An item: name lines from top to bottom, price lines, lines with the count, discounts in won by row.

    count: in a column before the names.
    """

    names: list[Segment]
    prices: list[Segment]
    counts: list[Segment] = field(default_factory=list)
    discounts: dict[int, int] = field(default_factory=dict)
    count: int | None = None

    @property
    def name(self) -> str:
        """All lines without tags before them; a name that the shop cut off ends in three points, often partly lost."""
        text = re.sub(r"\s*[.…]+$", "...", " ".join(line.text for line in self.names))
        name = _BEFORE_NAME.sub("", text, count=1)
        tags = _TAGS.match(name)
        return name[tags.end() :] if tags and LETTERS.search(name, tags.end()) else name

    @property
    def top(self) -> float:
        return self.names[0].y

    @property
    def bottom(self) -> float:
        return max(line.y for line in (*self.names, *self.prices, *self.counts))

    @property
    def rows(self) -> set[int]:
        """Indices of the rows with its lines."""
        return {line.row for line in (*self.names, *self.prices, *self.counts)}
