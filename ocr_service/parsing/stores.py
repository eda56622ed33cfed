"""The name of the store: by its label, by the name of a chain, or by its position above the item list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from ocr_service.parsing.labels import NOTICE_PARTS, jamo, label_of, marker_of

_NAMES = {
    "convenience": "이마트24 emart24 GS25 세븐일레븐 7-ELEVEN 미니스톱 씨유 CU",
    "online": "쿠팡 마켓컬리 컬리 SSG 오아시스마켓 네이버 11번가",
    "chain": """
        이마트에브리데이 이마트 트레이더스 노브랜드 롯데마트 롯데슈퍼 롯데백화점 빅마켓
        홈플러스익스프레스 홈플러스 하나로마트 하나로클럽 코스트코 메가마트 탑마트 킴스클럽
        GS더프레시 GS슈퍼마켓 신세계백화점 현대백화점
        초록마을 한살림 올가 다이소 농협 축협 수협 파리바게뜨 뚜레쥬르 스타벅스 배스킨라빈스
    """,
}
NAMES_BY_KIND = {kind: tuple(names.split()) for kind, names in _NAMES.items()}
"""Names of chains by their kind, which statistics distinguish: `private.store_kind` repeats them, as a test checks."""
CHAINS = (*NAMES_BY_KIND["convenience"], *NAMES_BY_KIND["chain"])
"""Chains that print receipts."""
_PATTERNS = {
    # Printers space names out. Two-letter names are too common inside other words.
    chain: re.compile((r"^" if len(chain) == 2 else "") + r"\s*".join(chain) + r"(?![A-Z])", re.IGNORECASE)
    for chain in CHAINS
}
_LABELS = (
    r"매\s*장\s*명|상\s*호\s*명|가\s*맹\s*점\s*명|점\s*포\s*명|업\s*체\s*명|업\s*소\s*명|주\s*차\s*장\s*명\s*칭?|[상삼]\s*호"
    r"|매\s*장|가\s*맹\s*점|점\s*포"
)
LABEL = re.compile(rf"(?:[\[(【]\s*(?:{_LABELS})\s*[\])】]\s*[:：]?|^\s*(?:{_LABELS})\s*(?:[:：]|(?=\s)))\s*(.+)$")
NOT_A_NAME = re.compile(r"^(?:번\s*호|주\s*소|전\s*화|위\s*치|코\s*드|용\b|정\s*보)")
OWNER_LABEL = re.compile(r"대\s*표(?:\s*자)?")
SHOP_WORD = re.compile(
    r"(?:마트|마켓|슈퍼|상회|유통|농장|상점|식품|편의점|백화점|할인점|정육점|청과|수산|축산|푸드|제과|베이커리|점"
    r"|식당|카페|커피|포차|치킨|김밥|약국|문고|서점|휴게소|주유소|주차장)\)?$"
)
TAIL = re.compile(
    r"[\s:：/|,]*(?:TEL|전화|T\.|☎|[\d*()]{2,4}[-\s)][\d*]{3,4}|\d{3}-\d{2}-\d{5}|\d{10}).*$",
    re.IGNORECASE,
)
IDENTITY = re.compile(r"\d{3}-\d{2}-\d{5}|(?<!\d)\d{10}(?!\d)|TEL|전화|☎|사업자|대표", re.IGNORECASE)
"""Contents of the rows below the store's name: registration number, phone number, owner."""
HEADING = re.compile(
    r"영\s*수\s*증|전\s*표|주\s*문|번\s*호|교환권|고객|포장|테이블|계산서|합계|\d원|[:：]|^\W*\d|^\((?!주\))"
)
COMPANY = re.compile(r"(?:주식회사|\(주\)|㈜|유한회사)")
ADDRESS = re.compile(r"특별시|광역시|[가-힣][도시구]\s|[가-힣][로길]\s?\d|번지|\d층")
MIN_SIMILARITY = 84.0
"""Percentage of common letters from which a misread name of a chain still counts."""
IDENTITY_DISTANCE = 4
"""Maximum number of rows from a store's name to its registration number."""


@dataclass(frozen=True, slots=True)
class Store:
    """Name with branch, and the index of its line; `certain`: a label or the name of a chain identifies it."""

    name: str
    line: int
    certain: bool


def find_store(lines: Sequence[str], above: int) -> Store | None:
    """The store in the lines of a receipt, the first `above` of which precede the items; None if it is not found.

    A labelled name (`[매장명] …`) takes precedence over a chain, a chain over a line that ends like the name of a
    store, and that over the first line above registration number and phone number.
    """
    trimmed = [TAIL.sub("", line).strip(" *#-=:") for line in lines]
    for index, line in enumerate(trimmed):
        labelled = LABEL.search(line)
        if labelled and OWNER_LABEL.fullmatch(next(iter(lines[index + 1 : index + 2]), "").strip()):
            continue  # columns shifted by a row: this is the owner's name
        if labelled and _letters(labelled[1]) >= 2 and not NOT_A_NAME.match(labelled[1]):
            return Store(labelled[1].split("/")[0].strip(), index, certain=True)
    head = trimmed[:above]
    chains = [(index, name) for index, line in enumerate(head) if (name := _chain(line))]
    if chains:
        # A line with the branch is more specific than the logo above it.
        index, name = next(((i, n) for i, n in chains if re.search(r"점\)?$", n)), chains[0])
        return Store(name, index, certain=True)
    for index, line in enumerate(head):
        if SHOP_WORD.search(line) and not _is_other(line) and 3 <= len(line) <= 30:
            return Store(line, index, certain=False)
    return _first_line(lines, head)


def _first_line(lines: Sequence[str], head: Sequence[str]) -> Store | None:
    """The first line that can be a name, if registration or phone number of the store follow."""
    for index, line in enumerate(head):
        if _letters(line) < 2 or len(line) > 30 or HEADING.search(line) or _is_other(line):
            continue
        below = lines[index + 1 : index + 1 + IDENTITY_DISTANCE]
        if marker_of(label_of(line)) is None and any(map(IDENTITY.search, below)):
            return Store(line, index, certain=False)
    return None


def _chain(line: str) -> str | None:
    """The line from the name of the chain on, with its spelling corrected; None if it names no chain."""
    for chain, pattern in _PATTERNS.items():
        # Without the name, because some end like the name of a city: GS더프레시.
        if (match := pattern.search(line)) and not _is_other(f"{line[: match.start()]} {line[match.end() :]}"):
            return chain + _until_branch(line[match.end() :])
    if _is_other(line):
        return None
    for chain in CHAINS:
        if len(chain) < 4:
            continue
        alignment = fuzz.partial_ratio_alignment(jamo(chain), jamo(line), score_cutoff=MIN_SIMILARITY)
        if alignment and alignment.dest_end - alignment.dest_start >= len(jamo(chain)) - 1:
            return chain + _until_branch(line[_syllables(line, alignment.dest_end) :])
    return None


def _until_branch(rest: str) -> str:
    branch = re.match(r"^.{0,24}?[가-힣A-Z0-9]점(?![가-힣])", rest)
    return (branch[0] if branch else rest).rstrip()


def _syllables(text: str, letters: int) -> int:
    """The number of characters of `text` that its first `letters` jamo form."""
    counted = 0
    for index, character in enumerate(text):
        if counted >= letters:
            return index
        counted += len(jamo(character))
    return len(text)


def _is_other(line: str) -> bool:
    return bool(NOTICE_PARTS.search(line) or ADDRESS.search(line + " "))


def _letters(text: str) -> int:
    return sum(character.isalpha() for character in COMPANY.sub("", text))
