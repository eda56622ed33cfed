"""What all providers of product data have in common: the protocol, outcomes, configuration and text helpers.

Every provider reports failures inside HTTP 200, each in its own format, so the provider modules classify bodies rather
than statuses.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import quote, unquote

from pydantic import SecretStr

from functions.barcode.clean import text_of
from functions.barcode.fetch import Fetch
from functions.barcode.gtin import canonical
from functions.barcode.quota_windows import SEOUL
from functions.barcode.settings import ProviderSettings

ABSENT = "absent"
"""Stands for a member that a response does not have."""

_HANGUL = re.compile("[가-힣]")
# Digits, also in groups: 8 801234 567893; and as spreadsheets write them: 8.801234567893E+12.
_DIGITS = re.compile(r"[0-9]{8,}")
_GROUPS = re.compile(r"(?<![0-9])[0-9]+(?:[ -][0-9]+)+")
_SCIENTIFIC = re.compile(r"[0-9][.][0-9]{7,13}E[+]?[0-9]{1,2}", re.IGNORECASE)
_COUNT = re.compile(r"([0-9]{1,18})(?:[.]0*)?")
_DATE = re.compile(
    r"(?<![0-9])((?:19|20|99)[0-9]{2})(?:([0-9]{2})([0-9]{2})?|\D{1,3}([0-9]{1,2})(?:\D{1,3}([0-9]{1,2}))?)"
)


@dataclass(frozen=True)
class Source:
    """Source of a product, as the app must show it. `link` may contain `{number}`."""

    name: str
    link: str | None = None
    attribution: str | None = None
    licence: str | None = None
    outdated: bool = False


class ProviderOutcome(StrEnum):
    """Outcome of asking one provider. Only `MISS` means that it does not know the product."""

    HIT = "hit"
    MISS = "miss"
    CLOSED = "closed"  # it is closed at this time of day
    QUOTA = "quota"  # the quota is exhausted, by its count or by ours
    AUTH = "auth"  # it rejects our key
    TRANSIENT = "transient"  # an outage, a timeout or an incomplete response
    INVALID = "invalid"  # its response cannot be used, or it does not understand our request
    SKIPPED = "skipped"  # not asked: busy with another call, or no time left


@dataclass(frozen=True)
class Product:
    """A product as one provider describes it; fields of several providers are never mixed.

    Attributes:
        name: never empty.
        kinds: the provider's own categories, most specific first.
        is_food: whether the provider lists it as food; None if it does not say.
        payload: the row of the response, stored so that it can be parsed again later.
    """

    name: str
    payload: dict[str, Any]
    brand: str | None = None
    quantity: str | None = None
    image_url: str | None = None
    kinds: tuple[str, ...] = ()
    is_food: bool | None = None

    @property
    def has_korean_name(self) -> bool:
        """Products with a Korean name are preferred over others."""
        return has_hangul(self.name)


@dataclass(frozen=True)
class Result:
    """Result of asking one provider. `until` is when it can be asked again, if known."""

    outcome: ProviderOutcome
    product: Product | None = None
    until: datetime | None = None


@dataclass
class ProviderFetch(Fetch):
    """Makes the calls of one lookup to one provider.

    Attributes:
        provisional: what the provider has found so far; it counts if the lookup is cut short.
    """

    provisional: Result | None = None


class Provider(Protocol):
    """One provider.

    Attributes:
        name: of its settings, and of the source of its products.
        most_calls: maximum number of calls per lookup.
        one_at_a_time: whether it must not be called in parallel.
    """

    @property
    def name(self) -> str: ...

    @property
    def most_calls(self) -> int: ...

    @property
    def one_at_a_time(self) -> bool: ...

    def closed_until(self, now: datetime) -> datetime | None:
        """When it opens, if it is known to be closed now."""

    async def ask(self, gtin14: str, fetch: ProviderFetch, now: datetime) -> Result:
        """Look up a canonical number. Raises: FetchError, or any exception on an unforeseen response."""


@dataclass(frozen=True)
class ProviderConfig:
    """An enabled provider and the settings for calling it.

    Attributes:
        headers: additional request headers.
        hosts: other hosts to which it may redirect.
    """

    provider: Provider
    settings: ProviderSettings
    headers: dict[str, str] = field(default_factory=dict)
    hosts: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.provider.name


@dataclass(frozen=True)
class Report:
    """Result of asking one provider, when the calls were reserved in its quotas, and the number of calls made."""

    config: ProviderConfig
    result: Result
    reserved_at: datetime
    calls: int = 0

    @property
    def name(self) -> str:
        return self.config.name


def base_url(settings: ProviderSettings) -> str:
    """The base URL without a slash at its end."""
    return str(settings.url).rstrip("/")


def member(value: object, name: str, default: object = None) -> object:
    """The member of that name, in capitals or not, that is nearest to the top of a response."""
    level = [value]
    while level:
        objects = [each for each in level if isinstance(each, dict)]
        for key, found in (pair for each in objects for pair in each.items()):
            if key.lower() == name.lower():
                return found
        lists = [each for each in level if isinstance(each, list)]
        level = [inner for each in (*lists, *(each.values() for each in objects)) for inner in each]
    return default


def rows_in(value: object, wrapper: str) -> list[dict[str, Any]]:
    """The rows in part of a response: an object or a list of them, each also as the member `wrapper` of an object.

    PHP writes a list with gaps as an object: `{"0": …, "2": …}`.
    """
    if isinstance(value, dict) and value and all(map(str.isdecimal, value)):
        value = list(value.values())
    if isinstance(value, list):
        return [row for each in value for row in rows_in(each, wrapper)]
    if not isinstance(value, dict):
        return []
    inner = value.get(wrapper)
    return rows_in(inner, wrapper) if isinstance(inner, dict | list) else [value]


def numbers_in(value: object) -> set[str]:
    """The canonical numbers in a field of a response: people filled it in, sometimes with several."""
    if isinstance(value, list):
        return {number for each in value for number in numbers_in(each)}
    text = text_of(value) or ""
    return {number for part in (text, *digits_in(text)) if (number := canonical(part))}


def digits_in(text: str) -> list[str]:
    """What may be a number in a field that people filled in, without its separators."""
    groups = [re.sub("[ -]", "", group) for group in _GROUPS.findall(text)]
    return [*groups, *_DIGITS.findall(text), *(str(int(float(number))) for number in _SCIENTIFIC.findall(text))]


def day_of(value: object) -> int:
    """A date such as 20150102, 2015-01-02, 2015년 1월 2일 or 2015-01 as a number: 20150102; 0 without one."""
    match = _DATE.search(text_of(value) or "")
    year, month, day = ([part for part in match.groups() if part] + ["0"])[:3] if match else ("0", "0", "0")
    return 10_000 * int(year) + 100 * int(month) + int(day)


def day_in_korea(now: datetime) -> int:
    """The day in Korea in the form of `day_of`."""
    return int(now.astimezone(SEOUL).strftime("%Y%m%d"))


def is_blank(value: object) -> bool:
    """Whether part of a response has no content, in whatever form its writer puts that: `""`, `{"item": []}`."""
    if isinstance(value, dict):
        return all(map(is_blank, value.values()))
    return all(map(is_blank, value)) if isinstance(value, list) else text_of(value) is None


def count_of(value: object) -> int | None:
    """A count in a response, as a number or as text such as `15,316`; None if it is not one."""
    match = _COUNT.fullmatch((text_of(value) or "").replace(",", ""))
    return int(match[1]) if match else None


def result_code(value: object) -> int | None:
    """The result code of a service of data.go.kr, as a number or as text; 0, which some write `OK`, is success."""
    return 0 if (text_of(value) or "").upper() == "OK" else count_of(value)


def has_hangul(text: str) -> bool:
    """Whether the text contains a Hangul syllable, in any normalisation."""
    return bool(_HANGUL.search(unicodedata.normalize("NFC", text)))


def encode_key(key: SecretStr) -> str:
    """A key, percent-encoded exactly once for a URL; some are issued already encoded."""
    return quote(unquote(key.get_secret_value()), safe="")
