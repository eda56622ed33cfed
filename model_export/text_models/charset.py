"""The characters of the recogniser, in the order of its output classes.

Class 0 is the CTC blank, class i is CHARACTERS[i - 1], and the last class is the space, as PaddleOCR's decoder expects.
"""

from collections.abc import Iterable, Sequence


def _ks_x_1001_syllables() -> list[str]:
    """The 2,350 Hangul syllables of KS X 1001, the character set of receipt printers."""
    return [bytes((high, low)).decode("euc-kr") for high in range(0xB0, 0xC9) for low in range(0xA1, 0xFF)]


ASCII = "".join(map(chr, range(33, 127)))
SYMBOLS = "₩￦·×÷※★☆●○◎■□◆◇▶▷◀→←↓↑♥♡☎㈜℃㎖㎏㎎ℓ…~「」『』"
SYLLABLES = _ks_x_1001_syllables()
MORE = "▲△▼▽ⓔⓟⓖⓢⓒⓜ①②③④⑤⑥⑦⑧⑨⑩㎝㏄ㄴ└【】똠릳챂펲"
"""Marks that shops print around names, and syllables outside KS X 1001 that product names have. They come last: the
classes before them keep their numbers."""
CHARACTERS = list(dict.fromkeys([*ASCII, *SYMBOLS, *SYLLABLES, *MORE]))
BLANK = 0
SPACE = len(CHARACTERS) + 1
CLASSES = len(CHARACTERS) + 2
_CLASS = {character: index for index, character in enumerate(CHARACTERS, start=1)} | {" ": SPACE}


def printable(text: str) -> bool:
    """Whether receipt printers have every character of the text."""
    return readable(text) and not any(character in MORE for character in text)


def readable(text: str) -> bool:
    """Whether every character of the text has a class."""
    return all(character in _CLASS for character in text)


def encode(text: str) -> list[int]:
    """Classes of the characters. Raises KeyError for a character without a class."""
    return [_CLASS[character] for character in text]


def decode(classes: Iterable[int]) -> str:
    """Best-path CTC decoding: merges repeats and removes blanks."""
    characters: list[str] = []
    previous = BLANK
    for index in classes:
        if index not in (previous, BLANK):
            characters.append(" " if index == SPACE else CHARACTERS[index - 1])
        previous = index
    return "".join(characters)


def distance(first: Sequence[str], second: Sequence[str]) -> int:
    """Levenshtein distance in characters."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, start=1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(second, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]
