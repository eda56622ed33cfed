"""Synthetic receipt text: line items, amounts, codes, dates, totals, card slips, addresses, notices.

All randomness comes from the `random.Random` passed in, so a seed gives the same lines. Persons, shop branches, card
and telephone numbers are random; any match with real ones is a coincidence.
"""

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from model_export import manifest
from model_export.text_models import charset

WORDS = Path(__file__).with_name("receipt_words.txt")
MARKET_WORDS = Path(__file__).with_name("market_words.txt")
PRODUCTS = Path(__file__).parents[2] / "classifier" / "data"
LONGEST = 44
"""Maximum number of characters in a line."""
HELD_OUT = 10
"""One in HELD_OUT product families is never trained on."""


@cache
def words() -> dict[str, list[str]]:
    """The words around the line items, by kind."""
    return read_words(WORDS)


def read_words(path: Path) -> dict[str, list[str]]:
    """The words of a file by kind. `[kind]` in ASCII starts a kind, `#` a comment."""
    kinds: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.strip("[]").isascii() and line.endswith("]"):
            kinds[line.strip("[]")] = current = []
        elif line and not line.startswith("#"):
            current.append(line)
    return kinds


@cache
def product_names(held_out: bool = False) -> list[str]:
    """Product names for training, or of the families kept for validation."""
    names = []
    for path in sorted(PRODUCTS.glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            family, name = line.split("\t")[:2]
            validation = zlib.crc32(family.encode()) % HELD_OUT == 0
            if validation == held_out and charset.printable(name):
                names.append(name)
    return names


def data_version() -> str:
    """Version of the training data: changes with any list that texts are generated from."""
    return manifest.sha256_of([*sorted(PRODUCTS.glob("*.tsv")), WORDS, MARKET_WORDS])[:12]


def check_digit(payload: str) -> str:
    """The GS1 check digit for the digits before it. Source: GS1 General Specifications, section 7.9."""
    total = sum(int(digit) * (3 if i % 2 == 0 else 1) for i, digit in enumerate(reversed(payload)))
    return str(-total % 10)


@dataclass(frozen=True)
class TextGenerator:
    """Generates texts. held_out: with product names of the families kept for validation."""

    rng: random.Random
    held_out: bool = False

    def line(self) -> str:
        """One line or column of a receipt, readable by the recogniser, 1 to LONGEST characters."""
        kinds: list[tuple[Callable[[], str], int]] = [
            (self.name, 30),
            (self.amount, 10),
            (self.item_row, 8),
            (self.code_row, 4),
            (self.barcode, 5),
            (self.date, 5),
            (self.small_number, 4),
            (self.syllables, 10),
            (self.total, 8),
            (self.discount, 5),
            (self.payment, 6),
            (self.word, 8),
            (self.address, 4),
            (self.store, 4),
            (self.phrase, 6),
            (self.rule, 2),
            (self.noise, 2),
        ]
        make = self.rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        text = make()[:LONGEST].strip()
        if text and self.rng.random() < 0.05:
            text = text.replace(" ", "")
        return text if text and charset.readable(text) else self.amount()

    def pick(self, kind: str) -> str:
        """One of the words of a kind."""
        return self.rng.choice(words()[kind])

    def digits(self, count: int) -> str:
        """Random digits."""
        return "".join(self.rng.choices("0123456789", k=count))

    def name(self) -> str:
        """A product name as tills print it: with prefixes and sizes, often cut off."""
        rng = self.rng
        text = rng.choice(product_names(self.held_out))
        if rng.random() < 0.12:
            text = self.syllables(1) + text
        if rng.random() < 0.22 and ")" not in text:
            text = self.pick("brand") + rng.choice([")", ")", ")", " ", ""]) + text
        if rng.random() < 0.12:
            text += rng.choice(["", " "]) + self.pick("flavour")
        if rng.random() < 0.25:
            text += rng.choice(["", " "]) + self.size()
        if rng.random() < 0.1:
            text += rng.choice(["({})", "[{}]", " {}"]).format(self.pick("flavour"))
        if rng.random() < 0.25:
            text = text.replace(" ", "")
        if rng.random() < 0.35:
            text = text[: rng.randint(6, 16)]
        if rng.random() < 0.05:
            text = text[rng.randint(1, 3) :]
        if rng.random() < 0.16:
            text = rng.choice(["*", "*", "* ", "#", "P", "초)", "R)", "(G)", "행)", "D", "$", "@", "★"]) + text
        if rng.random() < 0.1:
            text = (
                rng.choice(["{:03d} ", "{:02d} ", "{} ", "({:02d}) ", "{:03d}", "{}."]).format(rng.randint(1, 40))
                + text
            )
        if rng.random() < 0.04:
            text += rng.choice(["*", "#", " *"])
        return text.strip()

    def size(self) -> str:
        """A size or count such as 500g, 1.5L, 110G*18, 10입."""
        rng = self.rng
        number = rng.choice(
            [str(rng.randint(1, 12)), str(rng.randrange(10, 1000, 10)), f"{rng.randint(0, 3)}.{rng.randint(1, 9)}"]
        )
        text = number + self.pick("unit")
        if rng.random() < 0.2:
            text += rng.choice("*x×") + str(rng.randint(2, 30)) + rng.choice(["", "입", "개", "개입", "P"])
        return f"({text})" if rng.random() < 0.12 else text

    def won(self) -> int:
        """A typical price, in won."""
        rng = self.rng
        price = int(10 ** rng.uniform(2.2, 5.2))
        return max(10, price // 10 * 10) if rng.random() < 0.75 else max(1, price)

    def amount(self) -> str:
        """A printed amount of money."""
        rng = self.rng
        text = f"{self.won():,}"
        if rng.random() < 0.06:
            text = text.replace(",", ", " if rng.random() < 0.5 else ".")
        if rng.random() < 0.17:
            text = "-" + text
        text += rng.choices(["", "원", "E", "*", "#", " *", "-"], [80, 8, 2, 3, 3, 2, 1])[0]
        return rng.choices(["", "₩", "￦", "W"], [92, 3, 3, 1])[0] + text

    def small_number(self) -> str:
        """A quantity."""
        rng = self.rng
        return rng.choice(
            [str(rng.randint(1, 9)), str(rng.randint(1, 40)), f"{rng.randint(1, 9)}개", f"{rng.uniform(0.1, 3):.3f}"]
        )

    def gap(self) -> str:
        """The space between two columns that detection does not split."""
        return " " * self.rng.choice([1, 1, 2, 2, 3, 4])

    def prices(self) -> tuple[str, str, str]:
        """Unit price, quantity and amount."""
        price, quantity = self.won(), self.rng.choices([1, 2, 3, 5, 10], [70, 15, 8, 4, 3])[0]
        return f"{price:,}", str(quantity), f"{price * quantity:,}"

    def columns(self) -> str:
        """Unit price, quantity and amount in one text, or quantity and amount."""
        return self.gap().join(self.prices()[self.rng.choice([0, 0, 1]) :])

    def item_row(self) -> str:
        """A whole row of a line item."""
        return self.name() + self.gap() + self.columns()

    def code_row(self) -> str:
        """The second row of an item at a mart."""
        return self.barcode() + (self.gap() + self.columns() if self.rng.random() < 0.6 else "")

    def barcode(self) -> str:
        """EAN-13, EAN-8, an in-store code for weighed products, or a shop's own code."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.7:
            payload = rng.choice(["880", "880", "880", "20", "21", "29", "49", "69", "50"])
            payload += self.digits(12 - len(payload))
            text = payload + check_digit(payload)
        elif kind < 0.8:
            payload = self.digits(7)
            text = payload + check_digit(payload)
        else:
            text = self.digits(rng.choice([4, 6, 6, 8, 10, 20]))
        return rng.choice(["", "", "", "", "*", "* ", "#"]) + text

    def date(self) -> str:
        """A date, often with the time, in the formats that tills use."""
        rng = self.rng
        year, month, day = rng.randint(2015, 2032), rng.randint(1, 12), rng.randint(1, 31)
        week = rng.choice("월화수목금토일")
        date = rng.choice(
            [
                f"{year}-{month:02d}-{day:02d}",
                f"{year}-{month:02d}-{day:02d}",
                f"{year}/{month:02d}/{day:02d}",
                f"{year}.{month:02d}.{day:02d}",
                f"{year % 100}-{month:02d}-{day:02d}",
                f"{year % 100}/{month:02d}/{day:02d}",
                f"{month:02d}/{day:02d}/{year % 100}",
                f"{year % 100}-{month:02d}-{day:02d}({week})",
                f"{year}-{month:02d}-{day:02d} ({week})",
                f"{year}년 {month}월 {day}일",
                f"{year}년{month:02d}월{day:02d}일",
                f"{year}{month:02d}{day:02d}",
                f"{month:02d}월{day:02d}일",
            ]
        )
        clock = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}" + rng.choice(["", f":{rng.randint(0, 59):02d}"])
        text = rng.choice([date, f"{date} {clock}", f"{date} {clock}", f"{date}  {clock}", clock])
        if rng.random() < 0.3:
            text = (
                rng.choice(["[구 매]", "[매출일] ", "거래일시: ", "판매일시:", "일시 ", "승인일시 : ", "[판매]"]) + text
            )
        if rng.random() < 0.2:
            text += rng.choice([" POS:", "  POS-", " NO:", " No."]) + self.digits(4)
        return text

    def syllables(self, words: int | None = None) -> str:
        """Words of uniformly random syllables, so that training sees every syllable."""
        rng = self.rng
        drawn = [
            "".join(rng.choices(charset.SYLLABLES, k=rng.randint(1, 6))) for _ in range(words or rng.randint(1, 3))
        ]
        return rng.choice([" ", " ", "", ")", "/"]).join(drawn)

    def total(self) -> str:
        """A line of the totals block, with or without its amount."""
        text = self.pick("total") + self.rng.choice(["", "", ":", " :"])
        return text + self.gap() + self.amount() if self.rng.random() < 0.35 else text

    def discount(self) -> str:
        """A discount row."""
        text = self.pick("discount")
        if self.rng.random() < 0.25:
            text = self.rng.choice(["초)", "조)", "행)", "  ", "$", "*"]) + text
        if self.rng.random() < 0.15:
            text += f"({self.rng.randrange(5, 60, 5)}%)"
        return text + self.gap() + f"-{self.won():,}" if self.rng.random() < 0.3 else text

    def card(self) -> str:
        """A masked card number."""
        rng, star = self.rng, "*"
        return rng.choice(
            [
                f"{self.digits(4)}-{self.digits(2)}**-****-{self.digits(4)}",
                f"{self.digits(4)}-{self.digits(4)}-{star * 4}-{self.digits(3)}*",
                f"{self.digits(6)}{star * rng.randint(6, 7)}{self.digits(rng.randint(1, 4))}",
                f"{self.digits(4)}{star * 8}{self.digits(4)}",
            ]
        )

    def payment(self) -> str:
        """A line of the card slip or of the points block."""
        rng = self.rng
        label = self.pick(rng.choice(["payment", "payment", "points"])).rstrip(":")
        value = rng.choice(
            [self.card(), self.amount(), self.digits(8), self.digits(rng.randint(5, 15)), self.date(), ""]
        )
        return label + rng.choice([" ", ":", ": ", " : ", "  "]) + value if rng.random() < 0.8 else value or label

    def word(self) -> str:
        """A heading, or a label spread out."""
        text = self.pick(self.rng.choice(["header", "total", "payment", "points", "discount", "brand", "flavour"]))
        if self.rng.random() < 0.15 and len(text) < 8:
            text = self.gap().join(text.replace(" ", ""))
        return self.rng.choice(["{}", "{}", "{}", "[{}]", "({})", "- {} -", "◆ {}", "★{}★", "<{}>", "{}:"]).format(text)

    def person(self) -> str:
        """A random name, often partly masked."""
        first_name = "".join(self.rng.choices(charset.SYLLABLES, k=self.rng.choice([1, 2, 2])))
        return self.pick("surname") + (first_name if self.rng.random() < 0.6 else "*" + first_name[-1])

    def phone(self) -> str:
        """A telephone or business number."""
        rng = self.rng
        return rng.choice(
            [
                f"0{rng.randint(2, 70)}-{self.digits(rng.choice([3, 4]))}-{self.digits(4)}",
                f"1{rng.choice('5668')}{self.digits(2)}-{self.digits(4)}",
                f"{self.digits(3)}-{self.digits(2)}-{self.digits(5)}",
                f"010-****-{self.digits(4)}",
            ]
        )

    def address(self) -> str:
        """An address, a telephone number or the owner, as in the header."""
        rng = self.rng
        street = self.pick(rng.choice(["region", "surname"])) + self.syllables(1)[:2] + self.pick("road")
        place = f"{self.pick('region')} {self.pick('region')} {street} {rng.randint(1, 999)}"
        if rng.random() < 0.4:
            place += rng.choice([", ", " ", "-"]) + rng.choice(
                [self.pick("road"), self.digits(2), f"({self.syllables(1)[:3]}동)"]
            )
        return rng.choice(
            [
                place,
                place,
                f"주소:{place}",
                f"TEL:{self.phone()}",
                f"전화: {self.phone()}",
                self.phone(),
                f"대표자:{self.person()}  {self.phone()}",
                f"대표자 : {self.person()}",
                f"사업자번호: {self.phone()}",
                f"담당자:{self.digits(5)}[{self.person()}]",
                f"계산원:{self.person()} NO:{self.digits(6)}",
                f"NO:{self.digits(5)}",
                f"POS:{self.digits(4)}-{self.digits(4)}",
            ]
        )

    def store(self) -> str:
        """A shop with its branch."""
        rng = self.rng
        place = rng.choice([self.pick("region"), self.syllables(1)[:2], self.pick("surname") + self.syllables(1)[:1]])
        shop = self.pick("store")
        text = rng.choice(
            [
                "{shop} {place}{branch}",
                "{shop}{place}{branch}",
                "{place}{shop}",
                "{place} {shop} {branch}",
                "(주){place}{shop}",
            ]
        )
        return text.format(shop=shop, place=place, branch=self.pick("branch"))

    def phrase(self) -> str:
        """A notice, or the end of one."""
        text = self.rng.choice(["", "", "*", "★", "- ", "※ "]) + self.pick("notice")
        if self.rng.random() < 0.3:
            pieces = text.split(" ")
            text = " ".join(pieces[self.rng.randrange(len(pieces)) :])
        return text

    def rule(self) -> str:
        """A rule of dashes or stars, with or without a heading; tills print them and detection returns them."""
        edge = self.rng.choice("-=*") * self.rng.randint(3, 14)
        return self.rng.choice([edge, f"{edge} {self.pick('payment')} {edge}", f"{edge} {self.date()}"])

    def noise(self) -> str:
        """Random ASCII and symbols, so that training sees rare characters."""
        alphabet = charset.ASCII + charset.SYMBOLS
        return "".join(self.rng.choices(alphabet, k=self.rng.randint(1, 8)))
