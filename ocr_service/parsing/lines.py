"""A printed row, split into name, item code and numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from ocr_service.parsing.item_numbers import (
    GRAMS,
    MAX_PIECES,
    MAX_PLAIN_COUNT,
    MIN_PRICE,
    TIMES,
    WEIGHTS,
    ItemNumbers,
    parse_item_numbers,
)
from ocr_service.parsing.labels import (
    ENDS_LIST,
    POINTS_USED,
    SERIAL,
    TOTALS,
    Marker,
    label_of,
    marker_of,
    marker_with_remark,
)
from ocr_service.parsing.money import LOOK_ALIKES, clipped_amount, parse_amount, parse_quantity, split_tokens
from ocr_service.parsing.rows import Cell, Row
from ocr_service.parsing.words import PRICED_OPTION, Word, corrected, with_clean_cells, words_of

_CODE = re.compile(r"^[*#\[(]*(\d{8}|\d{12,14})[*#\])]*$")
STORE_CODE = re.compile(r"^(\d{5,7})$")
BRACKETED_CODE = re.compile(r"^\s*\[[\s,.]*(\d{4,7})\s*[\]1Il|J]?\s*$")
SPACED_SUM = re.compile(r"^\W*(?:[가-힣]\s+계|[합함핟핍힙힘입임압업협]\s+게)\W*$")
"""`합 계` with a misread syllable, but not `꽃 게`, a crab."""
SUMS = (*TOTALS, Marker.COUNT)
"""Labels that count behind something illegible. A tax tag does not: it stands beside names, too."""
LEGIBLE = 0.75
"""Mean probability from which a cell counts as read."""
PACK_UNITS = (
    *("입", "봉", "봉지", "팩", "병", "캔", "박스", "BOX", "세트", "SET", "마리", "모", "단", "포", "포기", "망", "통"),
    *("되", "줄", "송이", "손", "꾸러미", "묶음", "롤", "매", "장", "켤레", "근", "조각"),
)
"""Units in which names give the size of a pack."""
LONGEST_SUM = 8
"""Syllables of the label of a sum: `물품 합계`."""
KINDS_OF_TAX = "면세|과세|비과세|영세"
TAX_LETTERS = "면과비영"
"""First letters of the kinds of tax."""
UNIT_GAP = 1.5
"""Gap in heights from which a count behind a name stands in a column of its own."""
PRICE_COLUMN_REACH = 0.9
"""How far, in row heights, a unit price may end from the column of unit prices."""
_CODE_LETTERS = str.maketrans(
    {"A": "4", "B": "8", "S": "5", "Z": "2", "G": "6", "b": "6", "g": "9", "q": "9", "T": "7"}
)
"""Digits that a long item code reads as letters. Elsewhere, letters like these are meant."""
_LONG_CODE = 12
ITEM_CODE = re.compile(r"[A-Z]\d{5,7}")
"""A code of the store, or the name of a model."""
_PRICE = r"(?P<price>\d{1,3}(?:,\d{3})*)(?:\s*원)?"
_COUNT = r"(?P<count>\d{1,3})(?:\s*[.,]?\s*(?P<unit>개|봉|캔|병|팩|판|포|BOX|EA|박스))?"
_AMOUNT = r"(?:[=＝]\s*)?(?P<sign>[-−–—△▲]?)(?P<amount>\d{1,3}(?:,\d{3})*)(?:\s*원)?(?:\s*[#*A-Z])?"
_PRICE_FIRST = re.compile(rf"(?P<marks>\W*){_PRICE}\s*[*xX×]\s*{_COUNT}\s*{_AMOUNT}")
_COUNT_FIRST = re.compile(rf"(?P<marks>\W*){_COUNT}(?:\s*[*xX×])?\s*@\s*{_PRICE}\s*{_AMOUNT}")
"""Rows of `2,280원*3 = 6,840원` and `4EA @8,900 35,600`."""
PART_SUM = re.compile(
    r"(?<![가-힣])소\s*계\s*[(\[]?\s*\d*\s*(?:품목|개|건|점|종|가지)?\s*[)\]]?$"
    r"|소\s*계\s*[(\[]\s*\d+\s*품목\s*[)\]]?$"
)
"""The sum of a part of a list: `농산 소계 (2품목)`."""
COUNTS = re.compile(
    r"\W*총?\s*(?:상\s*품|품\s*목|구\s*매|판\s*매)\s*(?:종?\s*수량?|개수|건수)\W*(?:\d+\s*(?:종류?|개|점|품목|건|가지|EA)\W*)+",
    re.IGNORECASE,
)
"""How much is in the list: `상품수 8종 12개`."""
_APPROVAL = re.compile(r"승인(?:번호)?")
"""The label of a number that looks like an item code."""
_KIND_OF_TAX = re.compile(rf"[(\[]?(?:{KINDS_OF_TAX})[)\]]?")
_CODE_BEFORE = re.compile(r"^\(?\d{8,14}\)?\s+(?=[@\d])")
_DETAIL = re.compile(r"[(\[\s]*(?:단가[\s:]*|@)?([^xX×*@(\[\s][^xX×*@]*)(?:[xX×*]\s?)?[xX×*@]([^xX×*@]+)")
"""Unit price and quantity in a row of their own: `2,400 x 2`, `(2개 x 2,400원)`."""
_DESCRIBED = re.compile(
    r"(?:^|[/·|,(]\s?)(?:수량\s*:?\s*)?(?P<count>\d{1,2})\s*(?:개|EA)?\s*(?:[/·|,]\s*)?(?:개당|단가\s*:?|[xX×*@])\s*[￦₩@]?\s*"
    r"(?P<price>[\d,]{3,})\s*원?\W*$"
)
_COUNT_BEFORE = re.compile(r"\d{1,2}[xX×]")
_BARE_COUNT = re.compile(r"[1-9]\d?")
_TAX_LABEL = re.compile(r"[A-Z]?(?:(?:면세|과세|비과세|부가세|세액|공급가)(?:물품|상품|매출|금액|합계|액|계)?){2,}")
PACK = re.compile(r"\d{1,4}\s?[A-Za-z]{1,2}")
"""The end of a name that may be read as an amount, too: `100T`, a hundred tea bags."""
TAX_MARK = re.compile(rf"[(\[]?(?:[{TAX_LETTERS}]|{KINDS_OF_TAX})[)\]]?")
WEIGHT = re.compile(r"\d{1,2}\.\d{3}")
UNIT = re.compile(
    rf"[면과비영]세?|\d{{0,3}}\s?(?:마리|접시|{'|'.join(PACK_UNITS)}|EA|PK|CS|PCS|BT|CAN|회|개|판|두름|속|축|쾌|톳|접|벌|상자|권)"
    r"[lI|]?|kg|g|ml|L",
    re.IGNORECASE,
)
UNIT_OR_CODE = re.compile(
    rf"{UNIT.pattern}|(?:[A-Z]{{1,5}}[\s-]?)?[\d.-]{{3,14}}[A-Z]?(?:\s\d{{1,3}}\s?[xX])?", re.IGNORECASE
)
"""What stands before the numbers of an item instead of its name: `BOX`, `604.882.10 2x`, `FOOD 0021`."""


@dataclass(frozen=True)
class Line:
    """A parsed row.

    words: all words but stray ones. name: the words that are neither code nor numbers. barcode: digits only, as read.
    amount_x: right edge of the last word in pixels. name_cells, code_cells, number_cells: the cells that each
    part was read from.
    """

    row: Row
    words: tuple[Word, ...]
    name: str
    barcode: str | None
    numbers: ItemNumbers | None
    amount_x: float
    name_cells: tuple[Cell, ...] = ()
    code_cells: tuple[Cell, ...] = ()
    number_cells: tuple[Cell, ...] = ()

    @classmethod
    def of(cls, row: Row) -> "Line":
        row = with_clean_cells(row)
        words = words_of(row)
        if numbers := _product(row.text):
            return cls(row, tuple(words), "", None, numbers, amount_x=row.cells[-1].x1, number_cells=row.cells)
        words = corrected(words, row.text)
        numbers, used = parse_item_numbers([word.text for word in words])
        if numbers and _ends_in_pack(words, numbers, used):
            numbers, used = None, 0
        if numbers and used in (2, 3, 4) and _is_pack_size(words, numbers, used):
            numbers, used = parse_item_numbers([word.text for word in words[1 - used :]])
        if numbers and used == 2 and numbers.unit_price is None and _COUNT_BEFORE.fullmatch(words[0].text):
            numbers, used = parse_item_numbers([words[-1].text])  # `2x 치즈볼 6개`: the size of a pack
        if numbers and used == 1 and (counted := _with_count_before(words, numbers)):
            numbers, used = counted, 2
        if numbers and used in (1, 3) and _has_list_price(words, numbers, used):
            used += 1
        if numbers and used == 2 and _is_sign_of_quantity(words, numbers):
            used = 3
        return cls._of_words(row, words, numbers, used)

    @classmethod
    def _of_words(cls, row: Row, words: Sequence[Word], numbers: ItemNumbers | None, used: int) -> "Line":
        head, tail = list(words[: len(words) - used]), words[len(words) - used :]
        if code := BRACKETED_CODE.match(row.text):
            return cls(row, tuple(words), "", code[1], None, amount_x=0.0, code_cells=row.cells)
        barcode, name = _take_code(head, has_numbers=numbers is not None)
        if numbers and numbers.product and len(name) == 1 and _KIND_OF_TAX.fullmatch(name[0].text):
            name = []  # below the name
        if numbers and (column := _unit_column(name)):
            numbers = _counted(numbers, "".join(word.text for word in column))
            name = name[: -len(column)]
        return cls(
            row=row,
            words=tuple(words),
            name=" ".join(word.text for word in name),
            barcode=barcode,
            numbers=numbers,
            amount_x=words[-1].x1 if words else 0.0,
            name_cells=cells_of(name),
            code_cells=cells_of([word for word in head if word not in name]),
            number_cells=cells_of(tail),
        )

    def emptied(self) -> "Line":
        """A line of which nothing was read, in the same row: that of an item that was cancelled."""
        return replace(
            self, words=(), name="", barcode=None, numbers=None, name_cells=(), code_cells=(), number_cells=()
        )

    @property
    def is_priced_option(self) -> bool:
        """Whether the row is a choice with its price in brackets: `· 중국당면 추가 (2,000원)`."""
        return PRICED_OPTION.fullmatch(self.row.text) is not None

    @property
    def is_priced(self) -> bool:
        """Whether the row ends in an amount rather than in a figure that may be part of a name."""
        return self.numbers is not None and (self.numbers.is_money or self.numbers.unit_price is not None)

    @property
    def ends_in_figure(self) -> bool:
        """Whether the row ends in a single figure without a separator, which may be part of its name."""
        return self.numbers is not None and self.numbers.is_single and not self.numbers.is_money

    @property
    def price_x(self) -> float | None:
        """Right edge of the unit price in pixels, if unit price and quantity confirm the amount."""
        numbers = self.numbers
        if numbers is None or not numbers.product_confirmed:
            return None
        prices = [
            word for word in self.words[-3:-1] if (won := parse_amount(word.text)) and won.won == numbers.unit_price
        ]
        return prices[0].x1 if prices else None

    def refitted(self, price_x: float | None, *, titled: bool) -> "Line":
        """The line with a unit price that is printed in the column ending at `price_x` but was taken for the name's.

        The price counts if it divides the amount; its quantity is derived or printed beside it. It may be glued to the
        end of the name. Outside of the column, and if it is not known, only a product with the printed quantity counts.
        What is left of a price that lost a digit is left out.
        titled: unit prices have a title. Without one, a figure at the end of a name is more likely a part of it.
        """
        numbers = self.numbers
        if numbers is None or numbers.unit_price is not None or numbers.amount < MIN_PRICE or len(self.words) < 2:
            return self
        if numbers.discount:
            return self  # the amount is not the last number
        used = 1 if numbers.quantity is None else 2
        index = len(self.words) - used - 1
        if index < 0 or self.words[index].cell not in self.name_cells:
            return self
        reach = PRICE_COLUMN_REACH * self.row.height
        in_column = price_x is not None and abs(self.words[index].x1 - price_x) <= reach
        if not in_column and numbers.quantity is None:
            return self
        word = self.words[index]
        for start in _number_starts(word.text):
            price = parse_amount(word.text[start:])
            if price is None or price.won < MIN_PRICE or numbers.amount % price.won:
                continue
            pieces = numbers.amount // price.won
            if pieces > MAX_PIECES or numbers.quantity not in (None, pieces):
                continue
            if not in_column and (pieces == 1 or not titled) and not price.is_money:
                continue  # `칸쵸1000`: part of the name
            derived = numbers.quantity is None
            fitted = replace(numbers, unit_price=price.won, quantity=Decimal(pieces), quantity_derived=derived)
            pitch = (word.x1 - word.x0) / len(word.text)
            middle = word.x0 + start * pitch
            parts = [replace(word, text=word.text[:start], x1=middle), replace(word, text=word.text[start:], x0=middle)]
            words = [*self.words[:index], *(part for part in parts if part.text), *self.words[index + 1 :]]
            return Line._of_words(self.row, words, fitted, used + 1)
        if in_column and index and word.is_alone and clipped_amount(word.text) is not None:
            return Line._of_words(self.row, [*self.words[:index], *self.words[index + 1 :]], numbers, used)
        return self

    @property
    def has_counted_amount(self) -> bool:
        """Whether the row has an amount and its quantity, but no unit price."""
        numbers = self.numbers
        return numbers is not None and numbers.is_money and numbers.quantity is not None and numbers.unit_price is None

    def counted_last(self) -> "Line":
        """The line with the quantity behind the amount, if that is how its numbers stand."""
        tax = self.words[-2].text if len(self.words) > 2 else ""
        if TAX_MARK.fullmatch(tax):
            return replace(self, words=(*self.words[:-2], self.words[-1])).counted_last()
        if len(self.words) < 2 or (self.numbers and self.numbers.product_confirmed):
            return self
        amount, count = parse_amount(self.words[-2].text), parse_quantity(self.words[-1].text)
        if amount is None or count is None or not 1 <= count.value <= MAX_PIECES:
            return self
        if len(self.words) == 2 and not (amount.is_money or self.words[0].is_alone):
            return self  # a name
        price = parse_amount(self.words[-3].text) if len(self.words) > 3 else None
        is_priced = price is not None and price.won * count.value == amount.won
        unit_price = price.won or None if price and is_priced else None
        numbers = ItemNumbers(amount.won, amount.is_money, unit_price, count.value, count.unit)
        return Line._of_words(self.row, self.words, numbers, 3 if is_priced else 2)

    def weighed_first(self) -> "Line":
        """The line with the first of the weight in grams and its price as the weight; their product is the same."""
        numbers = self.numbers
        if numbers is None or numbers.unit not in GRAMS or numbers.quantity is None or len(self.words) < 3:
            return self
        first = parse_amount(self.words[-3].text)
        if first is None or first.won != numbers.unit_price:
            return self
        return replace(self, numbers=replace(numbers, unit_price=int(numbers.quantity), quantity=Decimal(first.won)))

    def weighed(self) -> "Line":
        """The line with a weight in kilograms that may be an amount, too, before the amount: `2.140 6,420`."""
        numbers, weight = self.numbers, self.words[-2].text if len(self.words) > 2 else ""
        if numbers is None or numbers.unit_price is None or numbers.product_confirmed or not WEIGHT.fullmatch(weight):
            return self
        return replace(self, numbers=ItemNumbers(numbers.amount, numbers.is_money, None, Decimal(weight), "kg"))

    def without_zero(self) -> "Line":
        """The line without the discount of 0 behind the amount."""
        amount = parse_amount(self.words[-2].text) if len(self.words) > 2 else None
        if amount is None or self.words[-1].text not in ("0", "o", "O"):
            return self
        words = self.words[:-1]
        numbers, used = parse_item_numbers([word.text for word in words])
        if not amount.is_money and not (numbers and numbers.product_confirmed):
            return self
        return Line._of_words(self.row, words, numbers, used)

    @cached_property
    def detail(self) -> tuple[int, int] | None:
        """Unit price and quantity if the row consists of them: the amount stands in another row."""
        columns = _DETAIL.fullmatch(_CODE_BEFORE.sub("", self.row.text))
        if columns is None or self.has_counted_amount:
            return None
        sides = [[token for token, _, _ in split_tokens(side.rstrip(")] "))] for side in columns.groups()]
        if any(len(side) != 1 for side in sides):
            return None
        for (price_text,), (count_text,) in (sides, sides[::-1]):
            price, count = parse_amount(price_text), parse_quantity(count_text)
            pieces = count is not None and count.unit in (None, "개", "EA") and count.value <= MAX_PIECES
            if price and count and pieces and price.won > count.value and count.value == int(count.value):
                return price.won, int(count.value)
        return None

    @cached_property
    def described(self) -> tuple[int, int] | None:
        """Unit price and quantity at the end of a row about the item above: `국내산 / 2 × 9,800`."""
        match = _DESCRIBED.search(self.row.text)
        if match is None:
            return None
        price, count = parse_amount(match["price"]), int(match["count"])
        return (price.won, count) if price and price.won > count >= 1 else None

    @cached_property
    def label(self) -> str:
        """Letters of the name, for comparing with marker words."""
        return label_of(self.name)

    @cached_property
    def marker(self) -> Marker | None:
        """The kind of label that the line has, also behind something illegible such as a stamp."""
        if self.barcode:
            return Marker.PAYMENT if _APPROVAL.fullmatch(self.label) else None
        cells, numbers = self.name_cells, self.numbers
        if numbers is None and SERIAL.fullmatch(self.row.text):
            return None  # `LOT AL0000` is nearly TOTAL
        if numbers is None and COUNTS.fullmatch(self.name):
            return Marker.COUNT
        if numbers is None and _are_sums(self.words):
            return Marker.SUPPLY
        # Names of products may be nearly a label: `포장김`, `포장비`.
        whole = marker_of(self.label, exact=numbers is not None and numbers.product_confirmed)
        if whole is Marker.COUNT and numbers is not None and numbers.is_money:
            return Marker.SUM  # `합계수량 12  43,700`
        if whole is not None or numbers is None:
            return whole
        remarked = None if numbers.product_confirmed else marker_with_remark(self.name)
        if remarked in (*SUMS, Marker.SUBTOTAL, Marker.SUPPLY):
            return remarked
        if POINTS_USED.search(self.label):
            return Marker.PAYMENT
        if _TAX_LABEL.fullmatch(self.label):
            return Marker.SUPPLY  # `면세 8,900  과세 63,564`
        if (
            len(cells) > 1
            and cells[-1:] == self.number_cells
            and (last := marker_of(label_of(cells[-1].text).removesuffix("원"))) in SUMS
        ):
            return last
        if self.label.endswith(("합계", "총계")) and len(self.label) <= LONGEST_SUM and not numbers.product_confirmed:
            return Marker.SUM
        if self.name == "총" and numbers.is_money:
            return Marker.SUM  # `총 25,230원`, `총 8개  25,230원`
        if SPACED_SUM.match(self.name) and numbers.is_single:
            return Marker.SUM
        if PART_SUM.search(self.name) and not numbers.product_confirmed:
            return Marker.SUBTOTAL
        # `상품금액 9,000원 + 배송비 3,000원 = 결제금액`: what a sum consists of stands before its label.
        parts, sign, label = self.name.replace("＝", "=").rpartition("=")
        if sign and any(map(str.isdigit, parts)) and (rest := marker_of(label_of(label))) in SUMS:
            return rest
        for start in range(1, len(cells)):
            if cells[start - 1].recognition.confidence >= LEGIBLE:
                break
            rest = marker_of(label_of("".join(cell.text for cell in cells[start:])))
            if rest in SUMS:
                return rest
        return None

    @cached_property
    def is_named(self) -> bool:
        """Whether there is a name besides code and numbers.

        A run of one repeated letter is not a name: ruled lines are read as such. Neither is a single Latin letter
        beside a code.
        """
        letters = [character for character in self.name if character.isalpha()]
        if self.barcode and len(letters) == 1 and (letters[0].isascii() or letters[0] in TAX_LETTERS):
            return False
        return len(set(letters)) > 1 or 1 <= len(letters) <= 2


def _are_sums(words: Sequence[Word]) -> bool:
    """Whether the row has the titles of several sums, whose amounts are in the row below: `면세 공급가 세액 합계`."""
    return len(words) > 2 and all(marker_of(word.text, exact=True) in ENDS_LIST for word in words)


def _product(text: str) -> ItemNumbers | None:
    """The numbers of a row of nothing but unit price, quantity and amount, with a sign for the product."""
    match = _PRICE_FIRST.fullmatch(text) or _COUNT_FIRST.fullmatch(text)
    if match is None:
        return None
    price, amount = (int(match[part].replace(",", "")) for part in ("price", "amount"))
    count = int(match["count"])
    if price * count != amount or 0 < price < MIN_PRICE or not 1 <= count <= MAX_PIECES:
        return None
    # A minus touches the first number or the amount; one with a space behind it is a bullet.
    if match["sign"] or match["marks"].endswith(tuple("-−–—△▲")):
        amount = -amount
    return ItemNumbers(amount, True, price or None, Decimal(count), match["unit"])


def _unit_column(name: Sequence[Word]) -> list[Word]:
    """The words of a unit or a count in a column of its own behind the name: `봉`, `2 마리`."""
    cell = name[-1].cell if name else None
    column = [word for word in name if word.cell is cell]
    before = name[-len(column) - 1] if len(column) < len(name) else None
    if cell is None or before is None or not UNIT.fullmatch(cell.text):
        return []
    is_apart = cell.x0 - before.cell.x1 > UNIT_GAP * cell.height
    return column if is_apart or not cell.text[0].isdigit() else []


def _counted(numbers: ItemNumbers, unit: str) -> ItemNumbers:
    """The numbers with the quantity or unit that stands in its own column, unless they have one."""
    count = parse_quantity(unit)
    if count and numbers.quantity is None:
        return replace(numbers, quantity=count.value, unit=count.unit)
    return replace(numbers, unit=numbers.unit or re.sub(r"^\d+", "", unit))


def _has_list_price(words: Sequence[Word], numbers: ItemNumbers, used: int) -> bool:
    """Whether the regular price stands in a column before the price that was paid."""
    paid = numbers.amount if used == 1 else numbers.product_confirmed and numbers.unit_price
    if len(words) < used + 2 or not paid:
        return False
    word = words[-used - 1]
    price = parse_amount(word.text)
    return word.text == word.cell.text and price is not None and price.is_money and price.won >= paid > 0


def _is_sign_of_quantity(words: Sequence[Word], numbers: ItemNumbers) -> bool:
    """Whether a sign stands directly before quantity and amount, also behind a size: `콩나물 300g x | 2 | 2,960`."""
    counted = numbers.quantity is not None and not numbers.quantity_derived
    return counted and len(words) > 3 and TIMES.match(words[-3].text) is not None


def _ends_in_pack(words: Sequence[Word], numbers: ItemNumbers, used: int) -> bool:
    """Whether what was read as an amount below 1,000 with a mark of tax is the end of the name: `커피믹스 100T`."""
    last = words[-1]
    named = used == 1 or (used == 2 and numbers.unit in PACK_UNITS)
    return named and not numbers.is_money and not last.is_alone and PACK.fullmatch(last.text) is not None


def _is_pack_size(words: Sequence[Word], numbers: ItemNumbers, used: int) -> bool:
    """Whether the first word of the numbers is the end of the name (`라면 5입`, `감자 1kg`) instead of a quantity."""
    quantity = words[-used]
    beside_name = len(words) > used and words[-used - 1].cell is quantity.cell and words[-1].cell is not quantity.cell
    if used == 2 and numbers.unit is None and numbers.quantity:
        sized = numbers.quantity > MAX_PLAIN_COUNT and numbers.amount % numbers.quantity != 0
        return beside_name and numbers.unit_price is None and sized  # `크루아상 미니 40`
    if used == 4:
        return beside_name and numbers.unit_price is None and not numbers.discount  # before amount, tax and sum
    if used == 2:
        return beside_name and numbers.unit_price is None and numbers.unit in PACK_UNITS
    if numbers.discount:
        return beside_name and numbers.unit_price is None and numbers.unit in PACK_UNITS
    if not beside_name or numbers.unit not in (*PACK_UNITS, *WEIGHTS):
        return False
    # Unit price and amount follow. They are the same, or a quantity before the name tells one from the other.
    return numbers.quantity == 1 or _with_count_before(words, ItemNumbers(numbers.amount, numbers.is_money)) is not None


def _with_count_before(words: Sequence[Word], numbers: ItemNumbers) -> ItemNumbers | None:
    """The numbers with the unit price beside the amount if the quantity before the name confirms it, otherwise None:
    `3 식빵 3000 9000`.
    """
    count, price = _BARE_COUNT.fullmatch(words[0].text), parse_amount(words[-2].text) if len(words) > 3 else None
    if count is None or price is None or not words[-2].is_alone:
        return None
    if price.won < MIN_PRICE or price.won * int(count[0]) != numbers.amount:
        return None
    return replace(numbers, unit_price=price.won, quantity=Decimal(count[0]), quantity_derived=True)


def _number_starts(text: str) -> list[int]:
    """Where a number at the end of `text` may start, longest number first; 0 only if all of it is one."""
    tail = re.search(r"[\d,.]+$", text)
    if tail is None:
        return []
    return [start for start in range(tail.start(), len(text) - 1) if text[start].isdigit() and text[start] != "0"]


def cells_of(words: Sequence[Word]) -> tuple[Cell, ...]:
    """The cells that the words were read from, each once."""
    return tuple(dict.fromkeys(word.cell for word in words))


def _take_code(words: list[Word], *, has_numbers: bool) -> tuple[str | None, list[Word]]:
    """The item code among the words, and the other words.

    Short in-store codes count only if nothing else precedes the numbers.
    """
    for index, word in enumerate(words):
        digits = word.text.translate(LOOK_ALIKES)
        if len(digits) >= _LONG_CODE:
            digits = digits.translate(_CODE_LETTERS)
        code = _CODE.match(digits)
        if code and sum(character.isdigit() for character in word.text) >= len(word.text) - 3:
            return code[1], words[:index] + words[index + 1 :]
    joined = "".join(word.text for word in words).strip("*#")
    if joined.isdigit() and (len(joined) in (8, 12, 13) or (has_numbers and STORE_CODE.match(joined))):
        return joined, []
    return None, words
