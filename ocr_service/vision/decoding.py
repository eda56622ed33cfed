"""From the recogniser's probabilities to text, with a second opinion from the character model.

The best path is read first. Where the recogniser is unsure of a syllable, another syllable that it considers possible
may replace it if Korean names make that much likelier. A speck between two syllables, read as a point or the like with
doubt, may be dropped. Digits and Latin letters are never questioned, but a letter among digits is the digit that it
looks like, and a digit that fills the place of two is two digits. The raw text, next to the result, is without the
second opinion.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from ocr_service.boxes import Recognition
from ocr_service.vision.character_model import START, CharacterModel, folded

BLANK = 0
SURE_SYLLABLE = 0.98
"""Probability from which a syllable is not questioned."""
POSSIBLE_SYLLABLE = 0.004
"""Probability from which another syllable is considered."""
FIGURES = re.compile(r"(?<![A-Za-z가-힣])[\dlI|Oo][\dlI|OoQ,.:\-/]*[\dlI|OoQ](?![A-Za-z가-힣])")
"""A number, date or time of which some digits may have been read as letters."""
LOOK_ALIKES = str.maketrans({"l": "1", "I": "1", "|": "1", "O": "0", "o": "0", "Q": "0"})
_LITRE = r"(?:\d(?:[.,]\d|\.\d\d)|[1-9]\d{0,3})l"
LITRES = re.compile(rf"{_LITRE}(?:/{_LITRE})*")
DOUBLE = 1.5
"""Length of a run of one digit, in digit pitches, from which it is two equal digits: the recogniser sees no gap between
them in narrow print."""
MIN_DOUBLE = 3
"""The same in steps, of which there is about one per 8 pixels."""
MIN_PITCHES = 3
"""Distances between neighbouring digits in a number from which their pitch is known."""
SPECKS = frozenset(".,!'`\":;^~|")
"""What specks on the paper are read as."""
POSSIBLE_SPECK = 0.02
"""Probability of the blank from which a mark may be a speck."""
MAX_CHOICES = 6
"""Maximum number of syllables considered per position."""
CHARACTER_MODEL_WEIGHT = 0.4
"""Weight of the character model relative to the recogniser; tuned on synthetic lines with names unknown to it."""
BEAM_WIDTH = 12

Choices = list[tuple[str, float]]
"""Characters that could stand at one position with their probabilities: the best path's first, then by probability. The
empty one stands for nothing but a speck."""


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    """The first characters of a line: their log score, the last two as the character model counts them, all of them."""

    score: float
    context: str
    characters: tuple[str, ...]


class Decoder:
    """CTC decoder with an optional character model."""

    def __init__(self, characters: Sequence[str], character_model: CharacterModel | None) -> None:
        """`characters`: the recogniser's classes in order, the blank first."""
        self._characters = list(characters)
        self._character_model = character_model
        self._syllable = np.array([_is_syllable(character) for character in self._characters])

    def decode(self, line: NDArray[np.float32]) -> Recognition:
        """`line`: probabilities of one line, steps x classes."""
        positions = self._positions(line)
        raw = with_digits("".join(choices[0][0] for choices in positions))
        decoded = self._second_opinion(positions)
        text = with_digits("".join(character for character, _ in decoded))
        probabilities = [probability for _, probability in decoded if probability > 0]
        printed = [probability for character, probability in decoded if character]
        digits = [probability for character, probability in zip(text, printed, strict=True) if character.isdigit()]
        confidence = float(np.mean(probabilities)) if probabilities else 0.0
        return Recognition(text, raw, confidence, min(probabilities, default=0.0), min(digits, default=1.0))

    def _positions(self, line: NDArray[np.float32]) -> list[Choices]:
        """The choices at each position of the best path."""
        best = line.argmax(axis=1)
        starts = np.flatnonzero((best != BLANK) & (np.concatenate(([BLANK], best[:-1])) != best))
        positions: list[Choices] = []
        blanks, runs = [], []
        for start in starts:
            stop = start + 1
            while stop < len(best) and best[stop] == best[start]:
                stop += 1
            scores = line[start + int(line[start:stop, best[start]].argmax())]
            first = int(best[start])
            choices = [(self._characters[first], float(scores[first]))]
            if self._syllable[first] and scores[first] < SURE_SYLLABLE:
                others = np.flatnonzero(self._syllable & (scores >= POSSIBLE_SYLLABLE))
                order = others[np.argsort(-scores[others])][:MAX_CHOICES]
                choices += [(self._characters[i], float(scores[i])) for i in order.tolist() if i != first]
            positions.append(choices)
            blanks.append(float(scores[BLANK]))
            runs.append((int(start), stop))
        for i in range(1, len(positions) - 1):
            character, probability = positions[i][0]
            between = _is_syllable(positions[i - 1][0][0]) and _is_syllable(positions[i + 1][0][0])
            if character in SPECKS and between and probability < SURE_SYLLABLE and blanks[i] >= POSSIBLE_SPECK:
                positions[i].append(("", blanks[i]))
        doubled = _doubled_digits([choices[0][0] for choices in positions], runs)
        return [choices for i, choices in enumerate(positions) for _ in range(1 + (i in doubled))]

    def _second_opinion(self, positions: Sequence[Choices]) -> Choices:
        """The likeliest character for every position, with its probability among the choices there."""
        if self._character_model is None or all(len(choices) == 1 for choices in positions):
            return [choices[0] for choices in positions]
        beam = [_Hypothesis(0.0, START * 2, ())]
        for choices in positions:
            extended = [
                _Hypothesis(
                    hypothesis.score
                    + math.log(probability)
                    + CHARACTER_MODEL_WEIGHT * self._log_probability(hypothesis.context, character),
                    (hypothesis.context + folded(character))[-2:],
                    (*hypothesis.characters, character),
                )
                for hypothesis in beam
                for character, probability in choices
            ]
            beam = sorted(extended, key=lambda each: -each.score)[:BEAM_WIDTH]
        return [
            (character, _beam_share(beam, choices, i))
            for i, (character, choices) in enumerate(zip(beam[0].characters, positions, strict=True))
        ]

    def _log_probability(self, context: str, character: str) -> float:
        return self._character_model.log_probability(context, character) if self._character_model and character else 0.0


def _doubled_digits(characters: Sequence[str], runs: Sequence[tuple[int, int]]) -> set[int]:
    """Positions of digits that stand for two. `runs`: first step and end of each character of the best path."""
    doubled = set()
    for number in re.finditer(r"[\d,.]+", "".join(characters)):
        digits = [i for i in range(*number.span()) if characters[i].isdigit()]
        pitches = [runs[right][0] - runs[left][0] for left, right in pairwise(digits) if right == left + 1]
        if len(pitches) < MIN_PITCHES:
            continue
        pitch = median(pitches)
        doubled |= {i for i in digits if runs[i][1] - runs[i][0] >= max(MIN_DOUBLE, DOUBLE * pitch)}
    return doubled


def with_digits(text: str) -> str:
    """`text` with letters among digits as the digits that they look like: `00l` as 001, but not `1l`, a litre."""
    return FIGURES.sub(lambda match: _digits(match[0]), text)


def _digits(figures: str) -> str:
    digits = sum(map(str.isdigit, figures))
    letters = sum(map(str.isalpha, figures)) + figures.count("|")
    return figures if digits < letters or LITRES.fullmatch(figures) else figures.translate(LOOK_ALIKES)


def _is_syllable(character: str) -> bool:
    return "가" <= character <= "힣"


def _beam_share(beam: Sequence[_Hypothesis], choices: Choices, i: int) -> float:
    """Share of the beam's weight that agrees with its best hypothesis at position i.

    Never more than the recogniser's probability for its own reading.
    """
    weights = [math.exp(hypothesis.score - beam[0].score) for hypothesis in beam]
    agreeing = sum(
        weight
        for weight, hypothesis in zip(weights, beam, strict=True)
        if hypothesis.characters[i] == beam[0].characters[i]
    )
    return min(agreeing / sum(weights), max(probability for _, probability in choices))
