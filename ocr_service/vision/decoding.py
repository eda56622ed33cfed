"""From the recogniser's probabilities to text, with a second opinion from the character model.

The best path is read first. Where the recogniser is unsure of a syllable, another syllable that it considers possible
may replace it if Korean names make that much likelier. Nothing is added or removed, digits and Latin letters are never
changed, and the raw text is kept next to the result.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr_service.boxes import Recognition
from ocr_service.vision.character_model import START, CharacterModel, folded

BLANK = 0
SURE_SYLLABLE = 0.98
"""Probability from which a syllable is not questioned."""
POSSIBLE_SYLLABLE = 0.004
"""Probability from which another syllable is considered."""
MAX_CHOICES = 6
"""Maximum number of syllables considered per position."""
CHARACTER_MODEL_WEIGHT = 0.4
"""Weight of the character model relative to the recogniser; tuned on synthetic lines with names unknown to it."""
BEAM_WIDTH = 12

Choices = list[tuple[str, float]]
"""Characters that could stand at one position with their probabilities: the best path's first, then by probability."""


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
        self._syllable = np.array(["가" <= character <= "힣" for character in self._characters])

    def decode(self, line: NDArray[np.float32]) -> Recognition:
        """`line`: probabilities of one line, steps x classes."""
        positions = self._positions(line)
        raw = "".join(choices[0][0] for choices in positions)
        decoded = self._second_opinion(positions)
        text = "".join(character for character, _ in decoded)
        probabilities = [probability for _, probability in decoded if probability > 0]
        digits = [probability for character, probability in decoded if character.isdigit()]
        confidence = float(np.mean(probabilities)) if probabilities else 0.0
        return Recognition(text, raw, confidence, min(probabilities, default=0.0), min(digits, default=1.0))

    def _positions(self, line: NDArray[np.float32]) -> list[Choices]:
        """The choices at each position of the best path."""
        best = line.argmax(axis=1)
        starts = np.flatnonzero((best != BLANK) & (np.concatenate(([BLANK], best[:-1])) != best))
        positions = []
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
        return positions

    def _second_opinion(self, positions: Sequence[Choices]) -> Choices:
        """The likeliest character for every position, with its probability among the choices there."""
        if self._character_model is None or all(len(choices) == 1 for choices in positions):
            return [choices[0] for choices in positions]
        beam = [_Hypothesis(0.0, START * 2, ())]
        for choices in positions:
            extended = [
                _Hypothesis(
                    hypothesis.score
                    + (
                        math.log(probability)
                        + CHARACTER_MODEL_WEIGHT * self._character_model.log_probability(hypothesis.context, character)
                    ),
                    hypothesis.context[1:] + folded(character),
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
