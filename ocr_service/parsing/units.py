"""Correct misread units and Latin words in names by their grammar.

Only readings that cannot be printed are corrected: `195m]` for `195ml`, `ikg` for `1kg`, `5OOg` for `500g`. Readings
that are possible, such as `1.6L` for `1.5L`, are left alone.
"""

import re

_BROKEN_MILLILITRES = re.compile(r"(?<=\d)\s?[mM](?:(?:[\]|I!1]|\s[\]|I!])(?![\dA-Za-z가-힣])|[\]|I!1](?=[*xX×]))")
_LETTERS_FOR_ONE = re.compile(
    r"(?<![A-Za-z\d])[iIl|!](?=\s?(?:kg|KG|Kg|L\b|l\b|개|봉|입|팩|병|단|인분|\.\d\s?(?:kg|[lL])))"
)
_LETTERS_FOR_ZERO = re.compile(r"(?<=\d)[oODQ]+(?=\d|\s?(?:g|G|kg|ml|mL|ML|m)(?:[xX]\d|(?![A-Za-z])))")
_DIGIT_FOR_L = re.compile(r"(?<=[a-z]{3})1(?![\dA-Z가-힣])")
_ZERO_FOR_O = re.compile(r"(?<=[A-Za-z])0(?=[a-z]{2})(?!ml|kg)")
_ZERO_FOR_CAPITAL_O = re.compile(r"(?<![\dA-Za-z.,])0(?=[a-z]{3})|(?<=[A-Z]{4})0(?![\dA-Za-z])")
_SQUARE_UNITS = str.maketrans({"㎖": "ml", "㎏": "kg", "ℓ": "L"})
_MILLIGRAMS_FOR_M = re.compile(r"(?<=[A-Za-z\s])㎎(?=[a-z])")
_BRACKET_FOR_L = re.compile(r"(?<=[a-z]{2})\](?=\s|$)")
_ANGLE_FOR_BRACKET = re.compile(r"\(([^()<>]+)>")
_Q_FOR_G = re.compile(r"(?<=\d)(\s?[kK]?)q(?![A-Za-z])(?!\d+(?![\d입개매봉팩포병캔*xX]))|(?<=[(/])([kK])q(?![A-Za-z])")
_LETTER_FOR_GRADE = re.compile(r"(?<=[가-힣\s])[lI|](?=\+{1,2}(?:\s?등급|[)\s]|$))")
_GRADED = re.compile(r"한우|\+\s?등급")
"""Names in which a letter before a plus is a grade of Korean beef: 1+ or 1++."""
_ICE = re.compile(r"(?<![A-Za-z])l(?=[cC][eE](?:[dD])?(?![A-Za-z]))")


def correct_units(name: str) -> str:
    """The name with impossible readings of units and Latin words corrected."""
    name = name.translate(_SQUARE_UNITS)
    name = _LETTERS_FOR_ONE.sub("1", name)
    name = _LETTERS_FOR_ZERO.sub(lambda match: "0" * len(match[0]), name)
    name = _BROKEN_MILLILITRES.sub("ml", name)
    name = with_grams(name)
    if _GRADED.search(name):
        name = _LETTER_FOR_GRADE.sub("1", name)
    name = _MILLIGRAMS_FOR_M.sub("m", name)
    if "[" not in name:
        name = _BRACKET_FOR_L.sub("l", name)
    name = _ANGLE_FOR_BRACKET.sub(r"(\1)", name)
    name = _DIGIT_FOR_L.sub("l", name)
    name = _ZERO_FOR_CAPITAL_O.sub("O", _ZERO_FOR_O.sub("o", name))
    return _ICE.sub("I", name)


def with_grams(text: str) -> str:
    """The text with `q` read as the `g` of a weight."""
    return _Q_FOR_G.sub(r"\1\2g", text)
