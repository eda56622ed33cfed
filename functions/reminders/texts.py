"""The texts of reminders, in the languages that users can choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

NAMES_SHOWN = 5
LONGEST_NAME = 30
"""Characters of a name that are shown; Expo limits a notification to 4 KiB."""


@dataclass(frozen=True)
class DueItem:
    """Something that reaches its use-by date.

    Attributes:
        days_left: 0 is today; negative after the date.
    """

    name: str
    days_left: int


def reminder(language: str, items: Sequence[DueItem], count: int) -> tuple[str, str]:
    """Title and body of a reminder of `items`, the first of `count`. Other languages than `en` are Korean."""
    title, when, more = _ENGLISH if language == "en" else _KOREAN
    shown = items[:NAMES_SHOWN]
    body = ", ".join(f"{_shortened(item.name)} ({when(item.days_left)})" for item in shown)
    return title(count), body + (more(count - len(shown)) if count > len(shown) else "")


def letter(language: str, items: Sequence[DueItem], count: int) -> tuple[str, str]:
    """Subject and text of a reminder by mail. `{link}` in the text stands for the link that ends these mails."""
    title, when, more = _ENGLISH if language == "en" else _KOREAN
    lines = [f"- {_shortened(item.name)} ({when(item.days_left)})" for item in items]
    rest = [more(count - len(items)).strip()] if count > len(items) else []
    return title(count), "\n".join([*lines, *rest, "", _END_IN_ENGLISH if language == "en" else _END_IN_KOREAN, ""])


_END_IN_KOREAN = "알림 메일을 그만 받으려면: {link}"
_END_IN_ENGLISH = "To stop these mails: {link}"


def _shortened(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _when_in_korean(days: int) -> str:
    if days < 0:
        return "기한 지남"
    return {0: "오늘까지", 1: "내일까지"}.get(days, f"{days}일 남음")


def _when_in_english(days: int) -> str:
    if days < 0:
        return "past its date"
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


_Texts = tuple[Callable[[int], str], Callable[[int], str], Callable[[int], str]]
"""The title for a number of items, the words for days left, and the end for further items."""

_KOREAN: _Texts = (lambda count: f"곧 먹어야 할 음식 {count}가지", _when_in_korean, lambda rest: f" 외 {rest}가지")
_ENGLISH: _Texts = (
    lambda count: "1 item to use up" if count == 1 else f"{count} items to use up",
    _when_in_english,
    lambda rest: f" and {rest} more",
)
