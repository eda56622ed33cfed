"""What people photograph beyond plain till rows: column glue, line numbers, marks, cafés, order lists, English names.

`MarketText` generates the texts, renderers print or display them. All randomness comes from the `random.Random` passed
in, so a seed gives the same texts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from model_export.text_models import charset
from model_export.text_models.synthesis.receipt_text import (
    LONGEST,
    MARKET_WORDS,
    TextGenerator,
    product_names,
    read_words,
)

LOOK_ALIKE_LATIN = "lI1|]i!jtfJ"
LOOK_ALIKE_DIGITS = "O0oQDCGU6b89BS5s3Z2z7"
FIRST_SYLLABLE, LEADS, VOWELS, TAILS = 0xAC00, 19, 21, 28
"""Hangul syllables in Unicode: FIRST_SYLLABLE + (lead * VOWELS + vowel) * TAILS + tail."""
CONSONANTS, SOFT_VOWELS = "bcdfghjklmnprstvwz", "aeiouy"


@cache
def market_words() -> dict[str, list[str]]:
    """The words of digital receipts, cafés, order lists and imported products, by kind."""
    return read_words(MARKET_WORDS)


def look_alike(syllable: str, step: int) -> str:
    """A Hangul syllable with one of its three letters exchanged: 봉 for 통, 램 for 랠. `step` decides which one."""
    code = ord(syllable) - FIRST_SYLLABLE
    lead, vowel, tail = code // (VOWELS * TAILS), code // TAILS % VOWELS, code % TAILS
    part, shift = step % 3, step // 3
    if part == 0:
        lead = (lead + 1 + shift % (LEADS - 1)) % LEADS
    elif part == 1:
        vowel = (vowel + 1 + shift % (VOWELS - 1)) % VOWELS
    else:
        tail = (tail + 1 + shift % (TAILS - 1)) % TAILS
    return chr(FIRST_SYLLABLE + (lead * VOWELS + vowel) * TAILS + tail)


def known(text: str) -> str:
    """The text without the characters that the recogniser has no class for."""
    return "".join(character for character in text if charset.readable(character))


@dataclass(frozen=True)
class MarketText(TextGenerator):
    """Generates texts that plain till rows do not cover. Layouts print `name` as a line item."""

    def line(self) -> str:
        """One line or column, readable by the recogniser, 1 to LONGEST characters."""
        kinds: list[tuple[Callable[[], str], int]] = [
            (self.name, 24),
            (self.glued, 6),
            (self.numbered, 8),
            (self.order_product, 8),
            (self.order_detail, 4),
            (self.cafe, 7),
            (self.option, 4),
            (self.english, 9),
            (self.sized, 8),
            (self.altered, 8),
            (self.promotion, 4),
            (self.code, 3),
            (self.order_word, 3),
            (self.won_text, 3),
            (super().line, 12),
        ]
        make = self.rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        text = make()[:LONGEST].strip()
        return text if text and charset.readable(text) else self.amount()

    def market_word(self, kind: str) -> str:
        """One of the words of `market_words.txt`."""
        return self.rng.choice(market_words()[kind])

    def name(self) -> str:
        """A line item of any shop: a till's name with marks, a café's, one in English, one with its size at the end."""
        kinds: list[tuple[Callable[[], str], int]] = [
            (super().name, 30),
            (self.sized, 22),
            (self.altered, 12),
            (self.english, 10),
            (self.cafe, 10),
            (self.order_product, 8),
            (self.syllables, 8),
        ]
        make = self.rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        return known(self.marked(make()) if self.rng.random() < 0.4 else make())

    def marked(self, name: str) -> str:
        """A name with the marks that shops print around it."""
        rng = self.rng
        before = ["*", "* ", "#", "P", "P ", "@", "ⓔ", "Pⓔ", "P ⓔ ", "▲", "△", "★", "☆", "■", "▶", "◎", "-", "$"]
        before += ["[행사]", "(행사)", "행사)", "R)", "T)", "G)", "(G)", "(R)", "CJ)", "초)", "조)", "통)", "[1+1]"]
        after = ["*", "#", " *", " .", ".", "_", " [행사]", " 행사", " ★", "▲", " P", "(1+1)", " x2", "x3", " *2", "@"]
        after += [f"({self.won():,})", f" {self.won():,}원", f"[{self.won():,}]", f"({self.won()}원)", " (면세)", " F"]
        text = rng.choice(before) + name if rng.random() < 0.6 else name
        return known(text + rng.choice(after) if rng.random() < 0.5 else text)

    def glued(self) -> str:
        """A name cut at its column with the unit price right behind it, and often the rest of the row."""
        rng = self.rng
        price, quantity, amount = self.prices()
        text = self.name()[: rng.randint(5, 14)].strip() + rng.choice(["", " ", " ", "  "]) + price
        if rng.random() < 0.3:
            text += self.gap() + quantity
            if rng.random() < 0.5:
                text += self.gap() + amount
        return text

    def number(self) -> str:
        """A line number as tills print it before a name, with the space that follows."""
        rng = self.rng
        value = rng.randint(1, 60)
        text = rng.choice(
            [
                f"{value:02d}",
                f"{value:02d}",
                f"{value:02d}*",
                f"{value:03d}",
                f"{value:03d}",
                str(value),
                f"({value})",
                f"D{value:02d}",
                f"A{value:03d}",
                f"{value:04d}",
                f"{value}.",
                f"{value:02d}#",
                f"No.{value}",
                f"{value})",
            ]
        )
        return text + rng.choice([" ", " ", "  ", "   ", ""])

    def numbered(self) -> str:
        """A line number and a name."""
        return self.number() + (self.marked(self.name()) if self.rng.random() < 0.4 else self.name())

    def quantity_unit(self) -> str:
        """A size in the units whose letters look like digits: 195ml, 1.5L, 500G, 1kg."""
        rng = self.rng
        number = rng.choice(
            [
                str(rng.randint(1, 20)),
                str(rng.randrange(50, 1000, 5)),
                f"{rng.randint(0, 9)}.{rng.randint(1, 9)}",
                str(rng.choice([100, 115, 120, 130, 140, 150, 160, 180, 190, 195, 200, 210, 250, 300, 500, 900, 950])),
            ]
        )
        text = number + self.market_word("measure")
        if rng.random() < 0.2:
            text += rng.choice("*xX×") + str(rng.randint(2, 30)) + rng.choice(["", "", "입", "개", "개입", "P", "EA"])
        return text

    def sized(self) -> str:
        """A name that ends in its size, where a narrow crop clips the last letter."""
        rng = self.rng
        text = rng.choice(product_names(self.held_out))
        if rng.random() < 0.25:
            text = text[: rng.randint(3, 9)].strip()
        if rng.random() < 0.2:
            text = self.pick("brand") + rng.choice([")", " ", ""]) + text
        size = self.quantity_unit()
        text += rng.choice(["{}", "{}", " {}", " {}", "_{}", "_{}", "({})", "/{}", " {}"]).format(size)
        if rng.random() < 0.12:
            text += rng.choice([f" {size}", f"/{self.market_word('pack')}", f"/{self.market_word('origin')}"])
        if rng.random() < 0.15:
            text += rng.choice(["_{}", " {}", "/{}"]).format(f"{rng.randint(1, 30)}{self.market_word('pack')}")
        return text.replace(" ", "") if rng.random() < 0.2 else text

    def altered(self) -> str:
        """A name in which one or two syllables are exchanged for ones that look alike, so that print decides."""
        rng = self.rng
        characters = list(rng.choice(product_names(self.held_out)))
        places = [i for i, c in enumerate(characters) if FIRST_SYLLABLE <= ord(c) < FIRST_SYLLABLE + 11172]
        for place in rng.sample(places, min(len(places), rng.choice([1, 1, 2]))):
            other = look_alike(characters[place], rng.randrange(60))
            if charset.readable(other):
                characters[place] = other
        return "".join(characters) + (rng.choice(["", " "]) + self.quantity_unit() if rng.random() < 0.2 else "")

    def english_word(self) -> str:
        """A word in Latin letters: from the list, made up, or an abbreviation with look-alikes; in any case."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.55:
            word = self.market_word("english")
        elif kind < 0.8:
            word = "".join(rng.choice(CONSONANTS) + rng.choice(SOFT_VOWELS) for _ in range(rng.randint(1, 3)))
            word = (word + rng.choice(["", "l", "n", "r", "s", "t", "ll", "m"])).capitalize()
        else:
            word = "".join(
                rng.choices(LOOK_ALIKE_LATIN[:3] + LOOK_ALIKE_DIGITS + "ABCEHJKLMNPRTVWXY", k=rng.randint(2, 5))
            )
        return rng.choice([word, word, word, word.upper(), word.lower(), word.title()])

    def english(self) -> str:
        """A product name with Latin words, alone or among Korean ones."""
        rng = self.rng
        words = [self.english_word() for _ in range(rng.randint(1, 4))]
        text = rng.choice([" ", " ", " ", "", "-", "_", "/"]).join(words)
        if rng.random() < 0.45:
            korean = rng.choice(product_names(self.held_out))
            text = rng.choice([f"{text} {korean}", f"{text}{korean}", f"{korean}{text}", f"{korean} {text}"])
        if rng.random() < 0.3:
            text += rng.choice(["", " ", "("]) + self.quantity_unit()
        return text

    def cafe(self) -> str:
        """A drink or a bread as cafés and bakeries print it, with temperature and size."""
        rng = self.rng
        text = self.market_word("cafe") if rng.random() < 0.8 else rng.choice(product_names(self.held_out))
        before = [
            "I.",
            "H.",
            "I)",
            "H)",
            "T)",
            "G)",
            "R)",
            "V)",
            "(I)",
            "(H)",
            "[I]",
            "ICE ",
            "HOT ",
            "아이스 ",
            "핫 ",
            "ICE)",
        ]
        before += ["[ICE]", "[HOT]", "(HOT)", "Ice ", "아이스", "따뜻한 ", "Iced ", "Zi", "L)", "S)"]
        after = [
            "(Ice)",
            "(Hot)",
            "(ICE)",
            "(HOT)",
            " R",
            " L",
            " S",
            " T",
            "_보통",
            "_톨",
            "/HOT",
            "/ICE",
            " (보틀)",
            "(R)",
        ]
        after += [
            "(L)",
            " - 아몬드",
            " - Hot",
            " x2",
            "x2",
            "x3",
            " 1개",
            " SR2star",
            "_ICED",
            " Tall",
            "-T",
            "(Tall)",
            " 세트",
            " 30g",
        ]
        if rng.random() < 0.45:
            text = rng.choice(before) + text
        if rng.random() < 0.5:
            text += rng.choice(after)
        return text.replace(" ", "") if rng.random() < 0.1 else text

    def option(self) -> str:
        """An option below a drink, with its mark."""
        rng = self.rng
        mark = rng.choice(
            ["ㄴ", "ㄴ ", "└", "└ ", "-", "- ", "+", "+ ", "▶", "→", "*", "ㄴ)", "  ", "[옵션] ", "(", "·", "· "]
        )
        text = mark + (self.market_word("option") if rng.random() < 0.8 else self.english_word())
        if mark == "(":
            text += ")"
        return known(
            text + rng.choice(["", "", "", " x2", "x1", f" {self.won():,}원", " 0원", f"(+{self.won():,})", " 1"])
        )

    def order_product(self) -> str:
        """A product of an online shop: origin, name, size and packs, with commas."""
        rng = self.rng
        text = rng.choice(product_names(self.held_out))
        if rng.random() < 0.45:
            text = f"{self.market_word('origin')} {text}"
        if rng.random() < 0.25:
            text = f"{self.pick('brand')} {text}"
        if rng.random() < 0.25:
            text += rng.choice([" ", " ", ""]) + self.market_word("grade")
        parts = [text]
        if rng.random() < 0.7:
            parts.append(self.quantity_unit())
        if rng.random() < 0.8:
            parts.append(f"{rng.randint(1, 12)}{self.market_word('pack')}")
        text = rng.choice([", ", ", ", ", ", ",", " "]).join(parts)
        return text + "..." if rng.random() < 0.06 else text

    def order_detail(self) -> str:
        """The row below a product: price and packs; or the state and date of an order."""
        rng = self.rng
        month, day, week = rng.randint(1, 12), rng.randint(1, 31), rng.choice("월화수목금토일")
        return rng.choice(
            [
                f"{self.won():,} 원 · {rng.randint(1, 9)}개",
                f"{self.won():,} 원 · {rng.randint(1, 9)}개",
                f"{self.won():,}원 · {rng.randint(1, 9)}개",
                f"{self.won():,}원 / {rng.randint(1, 9)}개",
                f"{self.won():,}원 | {rng.randint(1, 9)}개",
                f"수량 {rng.randint(1, 9)}개",
                f"{rng.randint(1, 9)}개 / {self.won():,}원",
                f"{rng.randint(2020, 2032)}. {month}. {day}",
                f"{rng.randint(2020, 2032)}.{month:02d}.{day:02d}({week})",
                f"{self.market_word('order')} · {month}/{day}({week}) 도착",
                f"{month}/{day}({week}) 도착 예정",
                f"{month}월 {day}일({week})",
                f"({rng.randint(1, 200)}g당 {self.won():,}원)",
                f"{rng.randint(1, 60)}% {self.won():,}원",
                f"{rng.randint(1, 23)}:{rng.randint(0, 59):02d}",
                f"주문번호: {self.digits(rng.randint(6, 14))}",
                f"주문번호 {self.digits(6)}-{self.digits(7)}",
            ]
        )

    def promotion(self) -> str:
        """A promotion row: @CJ_1만원1천원, [델리]주말e날spoint, 통)과일통조림1+1."""
        rng = self.rng
        words = [self.market_word("promotion") for _ in range(rng.randint(1, 3))]
        text = rng.choice(["", " ", " ", "_"]).join(words)
        text = rng.choice(
            ["{}", "{}", "@{}", "[{}]", "조){}", "통){}", "초){}", "*{}", "▶{}", "<{}>", "({})", "★{}"]
        ).format(text)
        if rng.random() < 0.3:
            text = rng.choice(["@{}_", "[{}]", "{})", "{} ", "{}"]).format(self.pick("brand")) + text
        if rng.random() < 0.25:
            text += rng.choice([" 33%", "1+1", "2+1", "_1만원1천원", f"{rng.randrange(5, 60, 5)}%", f"-{self.won():,}"])
        return text

    def code(self) -> str:
        """Letters and digits without sense: serial numbers, order codes, models."""
        rng = self.rng
        alphabet = LOOK_ALIKE_LATIN + LOOK_ALIKE_DIGITS + "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghkmnpqrstuvwxyz0123456789"
        text = "".join(rng.choices(alphabet, k=rng.randint(2, 9)))
        return (
            text
            if rng.random() < 0.5
            else text + rng.choice("-_./:~") + "".join(rng.choices(alphabet, k=rng.randint(1, 5)))
        )

    def syllables(self, words: int | None = None) -> str:
        """Words of random syllables, now and then with a character that receipt printers lack."""
        text = super().syllables(words)
        if charset.MORE and self.rng.random() < 0.25:
            place = self.rng.randrange(len(text))
            text = text[:place] + self.rng.choice(charset.MORE) + text[place + 1 :]
        return text

    def order_word(self) -> str:
        """A label or a button of an app."""
        return self.market_word("order")

    def won_text(self) -> str:
        """An amount as apps write it."""
        rng = self.rng
        sign = rng.choices(["", "-", "+", "- "], [80, 12, 4, 4])[0]
        return sign + f"{self.won():,}" + rng.choice(["원", "원", " 원", "원~", ""])
