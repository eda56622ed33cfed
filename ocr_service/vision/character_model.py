"""What Korean product names look like, character by character: a trigram model with smoothing.

Built by `python -m model_export.text_models language` from names and receipt words. Digits count as one character, so
that the model knows where figures stand but has no opinion on which they are.
"""

import gzip
import json
import math
from dataclasses import dataclass
from pathlib import Path

FILE = "characters.json.gz"
START = "\x02"
"""Stands twice before the first character."""
UNKNOWN = 1 / 3000
"""Probability of a character of which nothing is known: one of about as many as the recogniser has."""


def folded(character: str) -> str:
    """The character as the model counts it."""
    return "0" if character.isdigit() else character.lower()


@dataclass(frozen=True)
class CharacterModel:
    """Counts of one to three characters in a row, and after each context how many follow, in all and different."""

    counts: dict[str, int]
    followers: dict[str, tuple[int, int]]

    @classmethod
    def load(cls, folder: Path) -> "CharacterModel":
        """Read the file that `python -m model_export.text_models language` writes. Raises OSError, ValueError."""
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
        """Natural logarithm of the probability of a character after the two of `context`.

        Witten-Bell smoothing: what a context has often been followed by anew, it will be again.
        """
        return math.log(self._probability(context[-2:], folded(character)))

    def _probability(self, context: str, character: str) -> float:
        total, kinds = self.followers.get(context, (0, 0))
        shorter = self._probability(context[1:], character) if context else UNKNOWN
        if total == 0:
            return shorter
        return (self.counts.get(context + character, 0) + kinds * shorter) / (total + kinds)
