"""Variants of a name as shops print it and OCR reads it."""

import random
import re

PREFIXES = (
    "P", "*", "#", "N", "행사)", "특)", "초)", "신)", "기획)", "[행사]", "[1+1]", "(1+1)", "1+1 ", "2+1 ", "국내산 ", "국산",
    "PB)", "노브랜드 ", "피코크 ", "심플러스 ", "오늘좋은 ", "요리하다 ", "유어스)", "헤이루)", "득템)", "탐사 ", "곰곰 ",
)  # fmt: skip
SUFFIXES = ("(행사)", "(기획)", " 기획", "(1+1)", "(대)", "(소)", "(특)", " 1개", "*2", " x2", "#", "(팩)", "(봉)", "/1", " 1P", "1입")

SIZE = re.compile(r"[(\s]?\d+(?:\.\d+)?(?:kg|g|ml|l|L|KG|G|ML|입|개입|매|구|봉|팩|병|캔|정|포)(?:[*xX]\d+\w?)?\)?$")

_FIRST = 0xAC00
_VOWELS, _FINALS = 21, 28
# Index of a Hangul letter -> letters that a recogniser takes for it at receipt resolution.
_CONSONANT_CONFUSIONS = {0: (15,), 2: (3,), 3: (16, 2), 5: (6,), 6: (7, 11), 7: (17, 6), 9: (12,), 11: (18, 6), 12: (14, 9),
                         14: (12,), 15: (0,), 16: (3,), 17: (7,), 18: (11,)}  # fmt: skip
_VOWEL_CONFUSIONS = {0: (2, 20), 1: (5,), 2: (0,), 4: (6, 20), 5: (1,), 6: (4,), 8: (12, 18), 9: (8,), 12: (8,),
                     13: (17, 18), 17: (13,), 18: (8, 13), 20: (0, 4)}  # fmt: skip
_FINAL_CONFUSIONS = {0: (4, 21), 1: (24, 0), 4: (0, 8), 8: (4, 0), 16: (17, 21), 17: (16,), 19: (20, 22), 21: (0, 16)}
_LATIN_CONFUSIONS = {"0": "O", "O": "0", "1": "l", "l": "1", "I": "1", "5": "S", "S": "5", "8": "B", "B": "8", ")": "]"}


def sizes(names: list[str]) -> list[str]:
    """Return the size endings (`500g`, `(6입)`) that occur in `names`, repeats kept so that common ones stay common."""
    return [match.group() for name in names if (match := SIZE.search(name))]


def variant(name: str, rng: random.Random, size_pool: list[str]) -> str:
    """Return `name` with a random choice of: prefix, other size, lost spaces, cut end, misread syllables.

    `size_pool` holds size endings usual for the category.
    """
    text = name
    if rng.random() < 0.35:
        bare = SIZE.sub("", text) or text
        text = bare + rng.choice(size_pool) if size_pool and rng.random() < 0.7 else bare
    if rng.random() < 0.2:
        text = rng.choice(PREFIXES) + text
    if rng.random() < 0.12:
        text += rng.choice(SUFFIXES)
    if rng.random() < 0.5:
        text = text.replace(" ", "")
    if len(text) > 6 and rng.random() < 0.2:
        text = text[: -rng.randint(1, 3)]
    if rng.random() < 0.25:
        text = misread(text, rng)
    return text


def misread(text: str, rng: random.Random) -> str:
    """Return `text` with one or two characters replaced by look-alikes."""
    characters = list(text)
    for _ in range(rng.randint(1, 2)):
        place = rng.randrange(len(characters))
        characters[place] = _look_alike(characters[place], rng)
    return "".join(characters)


def _look_alike(character: str, rng: random.Random) -> str:
    if not "가" <= character <= "힣":
        return _LATIN_CONFUSIONS.get(character, character)
    rest, final = divmod(ord(character) - _FIRST, _FINALS)
    initial, vowel = divmod(rest, _VOWELS)
    part = rng.randrange(3)
    if part == 0:
        initial = rng.choice(_CONSONANT_CONFUSIONS.get(initial, (initial,)))
    elif part == 1:
        vowel = rng.choice(_VOWEL_CONFUSIONS.get(vowel, (vowel,)))
    else:
        final = rng.choice(_FINAL_CONFUSIONS.get(final, (final,)))
    return chr(_FIRST + (initial * _VOWELS + vowel) * _FINALS + final)
