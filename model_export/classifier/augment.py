"""Noisy variants of a name, as shops print it and OCR reads it."""

import csv
import random
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

CONFUSIONS = Path(__file__).with_name("confusions.tsv")

PREFIXES = (
    "P", "*", "#", "N", "행사)", "특)", "초)", "신)", "기획)", "국)", "냉)", "[행사]", "[1+1]", "(1+1)", "1+1 ", "2+1 ",
    "[특가]", "[KF365]", "[균일가]", "국내산 ", "국산", "PB)", "GS)", "CU)", "노브랜드 ", "피코크 ", "심플러스 ",
    "시그니처 ", "오늘좋은 ", "요리하다 ", "유어스)", "헤이루)", "득템)", "탐사 ", "곰곰 ", "커클랜드 ", "올가 ",
    "초록마을 ", "한살림 ", "자연드림 ", "이마트 ", "홈플러스 ",
)  # fmt: skip
SUFFIXES = (
    "(행사)", "(기획)", " 기획", "(1+1)", "(대)", "(소)", "(특)", " 1개", "*2", " x2", "#", "(팩)", "(봉)", "/1", " 1P",
    "1입", "(국내산)", " 국산", "/봉", "/팩", "(100g)", " 100g당", " 개당", " 내외", " 골라담기", " 증정", " 세트",
)  # fmt: skip
COUNTERS = (
    "팩", "박스", "봉", "봉지", "망", "단", "개", "세트", "상자", "묶음", "통", "캔", "병", "판", "줄", "송이",
    "포기", "마리", "곽", "트레이", "소포장", "대포장", "한팩", "한봉", "한단", "한박스", "한망", "반단", "반통",
    "낱개", "낱봉", "모둠팩", "실속팩", "대용량", "소량", "컵", "롤", "포", "입", "손", "모", "접", "포대", "자루",
    "바구니", "봉투", "케이스", "kg", "g", "100g", "200g", "KG", "BOX", "EA", "PK", "벌크", "리필", "골라담기",
    "무더기", "쪽", "장", "대", "소", "중", "특", "왕", "특대", "상품", "특품", "상", "1등급",
)  # fmt: skip
COMMON_COUNTERS = ("팩", "박스", "봉", "망", "단", "상자")
SALE_WORDS = (
    "세일", "할인", "특가", "행사", "기획", "증정", "균일가", "골라담기", "1+1", "2+1", "추가할인", "무료", "덤",
    "신상", "한정", "단독", "클리어런스", "쿠폰", "카드할인", "오늘만", "주말특가", "임박", "반값", "파격가",
    "최저가", "저가", "전단", "전단행사", "회원가", "멤버십", "사은품", "증정품", "창고개방", "점포행사", "하나더",
    "번들", "새벽배송", "무료배송", "당일", "추천", "인기", "베스트", "MD", "신선", "GAP", "친환경", "무농약",
    "유기농", "햇", "못난이",
)  # fmt: skip
ORIGINS = (
    "국내산", "국산", "수입산", "미국산", "호주산", "중국산", "제주산", "강원도", "전남", "해남", "경북", "의성",
    "필리핀", "뉴질랜드산", "베트남산", "노르웨이산", "태국", "스페인산", "국내산100%", "원산지", "원산지표시",
    "남해안", "안동", "나주", "한국산", "한국", "국내", "수입", "이천", "여주", "논산", "성주", "청도", "김천",
    "고창", "무안", "밀양", "서산", "완도", "통영", "러시아산", "멕시코", "미국", "호주", "중국",
)  # fmt: skip
PRICES = (
    "100g당", "10g당", "kg당", "1kg당", "g당", "1,980원", "990원", "(100g당 1,980원)", "100g당990원", "@1,980",
    "개당", "봉당", "팩당", "980", "/100g", "단위", "단위가격", "계량", "무게", "저울", "즉석계량",
)  # fmt: skip
MARKS = ("*", "#", ".", ",", "-", "▲", "★", "@", "!", "+", "P", "e", "//", ")")
LINE_NUMBERS = ("001 ", "12* ", "01 ", "(1)", "D01 ", "001 P ", "3 ", "10 ", "02.", "05*", "1)")
SEPARATORS = ("", "/", "(", "-", ",")
INVENTED = 0.35
"""Share of the words after a name that are random syllables, in place of words that are not on the lists."""


SIZE = re.compile(r"[(\s]?\d+(?:\.\d+)?(?:kg|g|ml|l|L|KG|G|ML|입|개입|매|구|봉|팩|병|캔|정|포)(?:[*xX]\d+\w?)?\)?$")

_FIRST = ord("가")
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
# Letters that look alike in receipt print, for characters that are not in CONFUSIONS.
_ALIKE_INITIALS = ("ㄱㅋ", "ㄴㄷㅌ", "ㄷㄹ", "ㅁㅂㅍ", "ㅁㅇ", "ㅅㅈㅊ", "ㅇㅎ")
_ALIKE_VOWELS = ("ㅏㅑㅣ", "ㅓㅕ", "ㅐㅔ", "ㅗㅛㅡ", "ㅜㅠㅡ", "ㅗㅚ", "ㅜㅟ")
_ALIKE_FINALS = (" ㄴ", " ㅇ", " ㄱㅋ", "ㄴㄹ", "ㅁㅂㅇ", "ㅅㅆㅈㅊ")
_ALIKE_LATIN = ("0O", "1lI", "5S", "8B", ")]")


def sizes(names: list[str]) -> list[str]:
    """Return the size endings (`500g`, `(6입)`) of `names`, with repeats, so that frequencies are preserved."""
    return [match.group() for name in names if (match := SIZE.search(name))]


def variant(name: str, rng: random.Random, size_pool: list[str]) -> str:
    """Return `name` with a random combination of prefix, suffix, other size, cut end and misread characters.

    `size_pool`: size endings that are usual in the category.
    """
    text = name
    if rng.random() < 0.35:
        bare = SIZE.sub("", text) or text
        text = bare + rng.choice(size_pool) if size_pool and rng.random() < 0.7 else bare
    if rng.random() < 0.2:
        text = rng.choice(PREFIXES) + text
    if rng.random() < 0.12:
        text += rng.choice(SUFFIXES)
    if len(text) > 6 and rng.random() < 0.2:
        text = text[: -rng.randint(1, min(5, len(text) - 4))]
    if rng.random() < 0.25:
        text = misread(text, rng)
    return text


def decorated(name: str, rng: random.Random, syllables: Sequence[str]) -> str:
    """Return `name` with one or two remarks that say nothing about the product, such as a counter without a figure.

    `syllables`: Korean syllables that invented words consist of, with repeats.
    """
    text = name
    for _ in range(rng.choice((1, 1, 2))):
        kind = rng.randrange(8)
        if kind == 0:
            text = rng.choice((*MARKS, *LINE_NUMBERS)) + text
        elif kind == 1:
            word = rng.choice((*SALE_WORDS, *ORIGINS))
            text = rng.choice((f"[{word}]", f"{word})", f"{word} ", f"({word})")) + text
        elif kind == 2:
            text += rng.choice(MARKS)
        else:
            word = rng.choice(rng.choice((COMMON_COUNTERS, COUNTERS, COUNTERS, SALE_WORDS, ORIGINS, PRICES)))
            if rng.random() < INVENTED:
                word = "".join(rng.choices(syllables, k=rng.randint(2, 3)))
            separator = rng.choice(SEPARATORS)
            text += separator + word + (")" if separator == "(" else "")
    return text


Confusions = dict[str, dict[str, int]]
"""By printed character: the characters it was read as, and how often."""


@cache
def confusions(path: Path = CONFUSIONS) -> Confusions:
    """Read the table of `python -m model_export.text_models recognition confusions`: columns printed, read, count."""
    table: Confusions = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            table.setdefault(row["printed"], {})[row["read"]] = int(row["count"])
    return table


def misread(text: str, rng: random.Random, table: Confusions | None = None) -> str:
    """Return `text` with one or two characters misread.

    The probability of an error is its frequency in `table` (default: `confusions()`). A character without an entry
    becomes a similar-looking one.
    """
    table = confusions() if table is None else table
    characters = list(text)
    for _ in range(rng.randint(1, 2)):
        place = rng.randrange(len(characters))
        if misreadings := table.get(characters[place]):
            characters[place] = rng.choices(list(misreadings), list(misreadings.values()))[0]
        else:
            characters[place] = _look_alike(characters[place], rng)
    return "".join(characters)


def _look_alike(character: str, rng: random.Random) -> str:
    if not "가" <= character <= "힣":
        return _swap(character, _ALIKE_LATIN, rng)
    rest, final = divmod(ord(character) - _FIRST, len(_FINALS))
    initial, vowel = divmod(rest, len(_VOWELS))
    letters = [_INITIALS[initial], _VOWELS[vowel], _FINALS[final]]
    place = rng.randrange(3)
    letters[place] = _swap(letters[place], (_ALIKE_INITIALS, _ALIKE_VOWELS, _ALIKE_FINALS)[place], rng)
    tables = (_INITIALS, _VOWELS, _FINALS)
    initial, vowel, final = (table.index(letter) for table, letter in zip(tables, letters, strict=True))
    return chr(_FIRST + (initial * len(_VOWELS) + vowel) * len(_FINALS) + final)


def _swap(letter: str, groups: tuple[str, ...], rng: random.Random) -> str:
    others = [other for group in groups if letter in group for other in group if other != letter]
    return rng.choice(others) if others else letter
