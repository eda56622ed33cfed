"""Digits that look alike in 24-dot print, which recognition therefore confuses."""

from collections.abc import Iterator

_PAIRS = ("08", "06", "09", "68", "38", "89", "58", "56", "35", "39", "59", "49", "17", "14", "27", "23")
ALIKE: dict[str, str] = {
    digit: "".join(sorted({other for pair in _PAIRS if digit in pair for other in pair if other != digit}))
    for digit in "0123456789"
}


def misreadings(digits: str) -> Iterator[str]:
    """Every text that differs from `digits` in one look-alike digit, without adding a leading zero."""
    for place, digit in enumerate(digits):
        for other in ALIKE.get(digit, ""):
            if place == 0 and other == "0" and len(digits) > 1:
                continue
            yield digits[:place] + other + digits[place + 1 :]


def misread_numbers(number: int) -> list[int]:
    """The positive numbers that differ from `number` in one look-alike digit."""
    return [other for text in misreadings(str(abs(number))) if (other := int(text)) > 0]
