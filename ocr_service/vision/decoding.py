"""From the recogniser's probabilities to text, with a second opinion from the character model.

The best path is read first. Where it is unsure of a syllable, another one that it finds possible may take its place if
Korean names make that much likelier. Nothing is added or taken away, figures and Latin letters are never touched, and
what was read is kept beside what was made of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_service.vision.character_model import START, CharacterModel, folded

BLANK = 0
SURE = 0.98
"""Probability from which a syllable is not questioned."""
POSSIBLE = 0.004
"""Probability from which another syllable is considered."""
CHOICES = 6
"""Syllables considered for one place, at most."""
WEIGHT = 0.4
"""How much the character model counts beside the recogniser; measured on drawn lines of names it does not know."""
BEAM = 12


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text of one line.

    text: after the second opinion; raw: the best path. confidence: mean probability of the characters of `text`;
    weakest: the lowest of them; weakest_digit: of the digits among them, 1 without any; 0 to 1.
    """

    text: str
    raw: str
    confidence: float
    weakest: float
    weakest_digit: float = 1.0


@dataclass(frozen=True, slots=True)
class _Place:
    """One character of the best path and what else could stand there, with probabilities, the likeliest first."""

    choices: tuple[tuple[str, float], ...]


class Decoder:
    """Takes the place of PaddleOCR's own decoder of CTC output."""

    def __init__(self, characters: Sequence[str], language: CharacterModel | None) -> None:
        """characters: of the recogniser, in the order of its classes, the blank first. language: None for none."""
        self._characters = list(characters)
        self._language = language
        self._syllable = np.array(["가" <= character <= "힣" for character in self._characters])

    def __call__(self, predictions: Sequence[Any], **_: Any) -> tuple[list[Decoded], list[float]]:
        """Batch x steps x classes, as PaddleOCR passes it, to texts and their confidences."""
        decoded = [self.decode(np.asarray(line, dtype=np.float32)) for line in np.asarray(predictions[0])]
        return decoded, [each.confidence for each in decoded]

    def decode(self, line: NDArray[np.float32]) -> Decoded:
        """Probabilities of one line, steps x classes."""
        places = self._places(line)
        raw = "".join(place.choices[0][0] for place in places)
        chosen = self._second_opinion(places)
        text = "".join(character for character, _ in chosen)
        sure = [probability for _, probability in chosen if probability > 0]
        digits = [probability for character, probability in chosen if character.isdigit()]
        confidence = float(np.mean(sure)) if sure else 0.0
        return Decoded(text, raw, confidence, min(sure, default=0.0), min(digits, default=1.0))

    def _places(self, line: NDArray[np.float32]) -> list[_Place]:
        best = line.argmax(axis=1)
        starts = np.flatnonzero((best != BLANK) & (np.concatenate(([BLANK], best[:-1])) != best))
        places = []
        for start in starts:
            stop = start + 1
            while stop < len(best) and best[stop] == best[start]:
                stop += 1
            scores = line[start + int(line[start:stop, best[start]].argmax())]
            first = int(best[start])
            choices = [(self._characters[first], float(scores[first]))]
            if self._syllable[first] and scores[first] < SURE:
                others = np.flatnonzero(self._syllable & (scores >= POSSIBLE))
                order = others[np.argsort(-scores[others])][:CHOICES]
                choices += [(self._characters[i], float(scores[i])) for i in order.tolist() if i != first]
            places.append(_Place(tuple(choices)))
        return places

    def _second_opinion(self, places: Sequence[_Place]) -> list[tuple[str, float]]:
        """The likeliest choice for every place, and how likely it is among the others there."""
        if self._language is None or all(len(place.choices) == 1 for place in places):
            return [place.choices[0] for place in places]
        beam: list[tuple[float, str, tuple[str, ...]]] = [(0.0, START * 2, ())]
        for place in places:
            grown = []
            for score, context, said in beam:
                for character, probability in place.choices:
                    gain = math.log(probability) + WEIGHT * self._language.log_probability(context, character)
                    grown.append((score + gain, context[1:] + folded(character), (*said, character)))
            beam = sorted(grown, key=lambda each: -each[0])[:BEAM]
        best = beam[0]
        return [
            (character, self._share(beam, place, i, character))
            for i, (character, place) in enumerate(zip(best[2], places, strict=True))
        ]

    def _share(
        self, beam: Sequence[tuple[float, str, tuple[str, ...]]], place: _Place, i: int, character: str
    ) -> float:
        """How much of the beam says the same at a place; never surer than the recogniser was of its own reading."""
        weights = [math.exp(score - beam[0][0]) for score, _, _ in beam]
        same = sum(weight for weight, (_, _, said) in zip(weights, beam, strict=True) if said[i] == character)
        return min(same / sum(weights), max(probability for _, probability in place.choices))
