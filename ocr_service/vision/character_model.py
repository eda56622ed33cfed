"""The character model: a smoothed trigram model of Korean product names.

Built by `python -m model_export.text_models character-model` from names and receipt words. All digits count as the same
character, so the model knows where numbers occur but prefers no digit over another.
"""

import gzip
import json
import math
from dataclasses import dataclass
from pathlib import Path

FILE = "characters.json.gz"
START = "\x02"
"""Occurs twice before the first character."""
UNKNOWN = 1 / 3000
"""Probability of an unknown character: about one over the number of the recogniser's characters."""


def folded(character: str) -> str:
    """The character as the model counts it: digits as 0, letters in lower case."""
    return "0" if character.isdigit() else character.lower()


@dataclass(frozen=True)
class CharacterModel:
    """n-gram counts (n 1 to 3), and for each context the total and distinct number of characters that follow it."""

    counts: dict[str, int]
    followers: dict[str, tuple[int, int]]

    @classmethod
    def load(cls, folder: Path) -> "CharacterModel":
        """Read the model from `folder`. Raises OSError, ValueError."""
        counts: dict[str, int] = json.loads(gzip.decompress((folder / FILE).read_bytes()))
        return cls.of(counts)

    @classmethod
    def of(cls, counts: dict[str, int]) -> "CharacterModel":
        """From counts of n-grams, n 1 to 3."""
        followers: dict[str, tuple[int, int]] = {}
        for gram, count in counts.items():
            total, kinds = followers.get(gram[:-1], (0, 0))
            followers[gram[:-1]] = (total + count, kinds + 1)
        return cls(counts, followers)

    def log_probability(self, context: str, character: str) -> float:
        """Natural logarithm of the probability of a character after the last two characters of `context`.

        Witten-Bell smoothing: the more distinct characters follow a context, the likelier is another new one.
        """
        return math.log(self._probability(context[-2:], folded(character)))

    def _probability(self, context: str, character: str) -> float:
        total, kinds = self.followers.get(context, (0, 0))
        shorter = self._probability(context[1:], character) if context else UNKNOWN
        if total == 0:
            return shorter
        return (self.counts.get(context + character, 0) + kinds * shorter) / (total + kinds)
