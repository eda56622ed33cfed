"""Screenshots of shopping apps and of digital receipts, with where each text stands.

Text is set as a phone sets it: outlines at their own size with grey edges, in natural or tight spacing, in several
weights, sizes and colours, on light or dark ground, beside thumbnails, buttons and lines.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from model_export.text_models.synthesis.fonts import SYMBOL_FONT, find
from model_export.text_models.synthesis.market_text import MarketText
from model_export.text_models.synthesis.pages import MAX_GAP, Page

FAMILIES = (
    ("Pretendard-Regular.otf", "Pretendard-Medium.otf", "Pretendard-SemiBold.otf", "Pretendard-Bold.otf"),
    ("Pretendard-Light.otf", "Pretendard-Regular.otf", "Pretendard-Medium.otf", "Pretendard-Bold.otf"),
    ("NotoSansKR_400Regular.ttf", "NotoSansKR_500Medium.ttf", "NotoSansKR_700Bold.ttf"),
    ("NotoSansKR_300Light.ttf", "NotoSansKR_400Regular.ttf", "NotoSansKR_700Bold.ttf"),
    ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"),
    ("NanumGothic.ttf", "NanumGothicBold.ttf"),
    ("NanumSquareR.ttf", "NanumSquareB.ttf"),
    ("GothicA1_300Light.ttf", "GothicA1_500Medium.ttf", "GothicA1_700Bold.ttf"),
    ("IBMPlexSansKR_400Regular.ttf", "IBMPlexSansKR_600SemiBold.ttf"),
    ("GowunDodum_400Regular.ttf",),
    ("NanumGothicCoding.ttf", "d2coding-bold.ttf"),
    ("dotum.ttf",),
)
"""Fonts of one screen, from the lightest weight to the heaviest."""
FAMILIES_HELD_OUT = (("SUIT-Regular.ttf", "SUIT-Medium.ttf", "SUIT-Bold.ttf"), ("NanumBarunGothic.ttf",))
LARGEST = 1_500_000
"""Pixels of a screen; a longer one is cut off."""

Box = tuple[float, float, float, float]
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Style:
    """How a text is set. size: of the font, in pixels; tracking: extra space per character, in sizes."""

    font: str
    size: int
    colour: Colour
    tracking: float


@dataclass
class Canvas:
    """A screen that grows downwards; texts are kept with their boxes (x0, y0, x1, y1)."""

    width: int
    height: int
    ground: Colour
    texts: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (self.width, self.height), self.ground)
        self.draw = ImageDraw.Draw(self.image)

    def add(self, text: str, row: int, box: Box, near: float) -> None:
        """One more text; joined to the one before when no more than `near` pixels part them."""
        if self.rows and self.rows[-1] == row and 0 <= box[0] - self.boxes[-1][2] < near:
            text, last = f"{self.texts.pop()} {text}", self.boxes.pop()
            box = (last[0], min(last[1], box[1]), box[2], max(last[3], box[3]))
            self.rows.pop()
        self.texts.append(text)
        self.rows.append(row)
        self.boxes.append(box)


class ScreenFonts:
    """Fonts at any size, with the part of the line that Hangul takes, and a fallback for missing characters."""

    def __init__(self, folders: Sequence[Path], held_out: bool = False) -> None:
        """Raises FontMissingError."""
        self.families = FAMILIES_HELD_OUT if held_out else FAMILIES
        names = sorted({name for family in self.families for name in family} | {SYMBOL_FONT})
        self._files = find(folders, names)
        self._loaded: dict[tuple[str, int], ImageFont.FreeTypeFont] = {}
        self._missing: dict[tuple[str, str], bool] = {}
        self._reach: dict[tuple[str, int], tuple[int, int]] = {}

    def font(self, name: str, size: int, character: str = "가") -> ImageFont.FreeTypeFont:
        """The font, or the fallback when it has no such character."""
        if self._lacks(name, character):
            name = SYMBOL_FONT
        if (name, size) not in self._loaded:
            self._loaded[name, size] = ImageFont.truetype(str(self._files[name]), size)
        return self._loaded[name, size]

    def reach(self, name: str, size: int) -> tuple[int, int]:
        """Top and bottom of Hangul, from the baseline down, in pixels."""
        if (name, size) not in self._reach:
            boxes = [self.font(name, size).getbbox(c, anchor="ls") for c in "가뷔흙룰뺄"]
            self._reach[name, size] = round(min(b[1] for b in boxes)), round(max(b[3] for b in boxes))
        return self._reach[name, size]

    def _lacks(self, name: str, character: str) -> bool:
        if character.isascii():
            return False
        if (name, character) not in self._missing:
            font = self._probe(name)
            empty = font.getmask("\U0010fffd")
            mask = font.getmask(character)
            self._missing[name, character] = mask.size == empty.size and bytes(mask) == bytes(empty)
        return self._missing[name, character]

    def _probe(self, name: str) -> ImageFont.FreeTypeFont:
        if (name, 32) not in self._loaded:
            self._loaded[name, 32] = ImageFont.truetype(str(self._files[name]), 32)
        return self._loaded[name, 32]


@dataclass
class ScreenRenderer:
    """Renders screens; `random` and `noise` are its only sources of randomness."""

    fonts: ScreenFonts
    generator: MarketText
    random: random.Random
    noise: np.random.Generator

    def page(self, cell: float | None = None) -> Page:
        """A screenshot whose Hangul is about `cell` pixels high; of random height when None."""
        rng = self.random
        size = cell / 0.92 if cell else rng.choice([rng.uniform(12, 20), rng.uniform(16, 34), rng.uniform(28, 50)])
        screen = _Screen(self, max(10, round(size)))
        canvas = rng.choice([screen.order_list, screen.order_list, screen.receipt, screen.receipt, screen.receipt])()
        image = np.asarray(canvas.image)[..., ::-1].copy()
        quads = np.array(canvas.boxes, np.float32).reshape(-1, 4)[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
        if rng.random() < 0.45:  # scaled by a messenger or a board, then often enlarged again
            scale = rng.uniform(0.5, 1.3)
            image = cv2.resize(
                image,
                None,
                fx=scale,
                fy=scale,
                interpolation=rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC]),
            )
            quads = quads * np.float32(scale)
        if rng.random() < 0.1:
            image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.9))
        if rng.random() < 0.65:
            quality = rng.choice([rng.randint(25, 60), rng.randint(50, 95)])
            coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
            image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
        return Page(np.asarray(image, dtype=np.uint8), canvas.texts, canvas.rows, quads)


class _Screen:
    """Lays out one screen whose body text is `size` pixels high."""

    def __init__(self, renderer: ScreenRenderer, size: int) -> None:
        self.rng, self.generator, self.fonts, self.noise = (
            renderer.random,
            renderer.generator,
            renderer.fonts,
            renderer.noise,
        )
        rng = self.rng
        self.size = size
        self.family = rng.choice(self.fonts.families)
        self.tracking = rng.choice([0.0, 0.0, -0.02, -0.04, rng.uniform(-0.1, 0.06)])
        self.dark = rng.random() < 0.15
        level = rng.randint(0, 45) if self.dark else rng.choice([255, 255, 255, rng.randint(225, 255)])
        tint = (0, 0, 0) if rng.random() < 0.7 else (rng.randint(-8, 8), rng.randint(-8, 8), rng.randint(-8, 8))
        self.ground: Colour = _colour(*(level + t for t in tint))
        ink = rng.randint(205, 255) if self.dark else rng.choice([0, 20, rng.randint(0, 70)])
        self.ink: Colour = (ink, ink, ink)
        grey = rng.randint(120, 190) if self.dark else rng.randint(90, 165)
        self.grey: Colour = (grey, grey, _colour(grey + rng.choice([0, 0, 12]), 0, 0)[0])
        self.accent: Colour = rng.choice(
            [(20, 130, 60), (0, 120, 220), (215, 40, 40), (225, 100, 20), (95, 60, 200), (230, 0, 90), (60, 90, 160)]
        )
        width = round(size * rng.uniform(18, 30))
        self.width = width
        self.canvas = Canvas(width, min(round(size * rng.uniform(30, 70)), LARGEST // width), self.ground)
        self.margin = round(size * rng.uniform(0.4, 1.6))
        self.y = float(self.margin)
        self.row = 0
        self.leading = rng.uniform(1.2, 1.9)

    def style(self, scale: float = 1.0, weight: float = 0.0, colour: Colour | None = None) -> Style:
        """Body text, larger or smaller; weight 0 is the lightest of the family, 1 the heaviest."""
        font = self.family[min(len(self.family) - 1, int(weight * len(self.family)))]
        return Style(font, max(9, round(self.size * scale)), colour or self.ink, self.tracking)

    def measure(self, text: str, style: Style) -> float:
        """Width of a text in pixels."""
        return sum(self._advance(c, style) for c in text)

    def _advance(self, character: str, style: Style) -> float:
        return self.fonts.font(style.font, style.size, character).getlength(character) + style.tracking * style.size

    def put(self, text: str, x: float, style: Style, y: float | None = None) -> float:
        """A text with its top at the current height; returns where it ends.

        What does not fit is cut at the edge; a text that would cover the one before it in its row is left out.
        """
        if self.canvas.rows and self.canvas.rows[-1] == self.row and x < self.canvas.boxes[-1][2] + 2:
            return x
        top, bottom = self.fonts.reach(style.font, style.size)
        baseline = (self.y if y is None else y) - top
        if not text or baseline + bottom >= self.canvas.height:
            return x
        start, pen, drawn = x, x, ""
        for character in text:
            advance = self._advance(character, style)
            if pen + advance > self.width - 1:
                break
            font = self.fonts.font(style.font, style.size, character)
            self.canvas.draw.text((pen, baseline), character, font=font, fill=style.colour, anchor="ls")
            pen += advance
            drawn += character
        if drawn.strip():
            box = (start, baseline + top, pen, baseline + bottom)
            self.canvas.add(" ".join(drawn.split()), self.row, box, MAX_GAP / 2 * style.size)
        return pen

    def right(self, text: str, x: float, style: Style) -> None:
        """A text that ends at x."""
        self.put(text, max(0.0, x - self.measure(text, style)), style)

    def centre(self, text: str, style: Style, middle: float | None = None) -> None:
        """A text around the middle."""
        middle = self.width / 2 if middle is None else middle
        self.put(text, max(0.0, middle - self.measure(text, style) / 2), style)

    def advance(self, style: Style, factor: float = 1.0) -> None:
        """To the next row."""
        self.y += style.size * self.leading * factor
        self.row += 1

    def full(self) -> bool:
        return self.y > self.canvas.height - 2 * self.size

    def fitting(self, text: str, style: Style, room: float) -> int:
        """How many characters fit into a width."""
        width = 0.0
        for i, character in enumerate(text):
            width += self._advance(character, style)
            if width > room:
                return i
        return len(text)

    def rule(self, dashed: bool) -> None:
        rng, y = self.rng, round(self.y + self.size * 0.2)
        colour = _colour(*((c + g) // 2 for c, g in zip(self.grey, self.ground, strict=True)))
        end = self.width - self.margin
        if dashed:
            step = max(4, self.size // rng.choice([2, 3, 4]))
            for x in range(self.margin, end, step):
                self.canvas.draw.line([(x, y), (min(end, x + step * 2 // 3), y)], fill=colour, width=rng.choice([1, 2]))
        else:
            self.canvas.draw.line([(self.margin, y), (end, y)], fill=colour, width=max(1, self.size // 16))
        self.y += self.size * rng.uniform(0.6, 1.4)
        self.row += 1

    def thumbnail(self, x: float, side: float) -> None:
        """A product thumbnail: blobs of colour."""
        blobs = self.noise.integers(60, 256, (4, 4, 3), dtype=np.uint8)
        image = cv2.resize(blobs, (max(4, round(side)), max(4, round(side))), interpolation=cv2.INTER_CUBIC)
        grain = self.noise.normal(0, 12, image.shape)
        self.canvas.image.paste(
            Image.fromarray(np.clip(image + grain, 0, 255).astype(np.uint8)), (round(x), round(self.y))
        )

    def button(self, text: str, x0: float, x1: float, height: float) -> None:
        """A label in a frame."""
        rng = self.rng
        filled = rng.random() < 0.3
        outline = self.accent if rng.random() < 0.4 else self.grey
        box = [(x0, self.y), (x1, min(self.canvas.height - 1.0, self.y + height))]
        if box[1][1] <= box[0][1]:
            return
        self.canvas.draw.rounded_rectangle(
            box, radius=height * rng.uniform(0, 0.5), fill=outline if filled else None, outline=outline
        )
        colour = (255, 255, 255) if filled else rng.choice([self.accent, self.ink])
        style = self.style(rng.uniform(0.8, 1.0), rng.choice([0, 0.5, 0.9]), colour)
        top, bottom = self.fonts.reach(style.font, style.size)
        self.put(text, max(x0, (x0 + x1 - self.measure(text, style)) / 2), style, self.y + (height - bottom + top) / 2)

    def order_list(self) -> Canvas:
        """Orders of an online shop: date, state, thumbnail, name over one or two rows, price and packs, buttons."""
        rng, w = self.rng, self.generator
        name_style = self.style(rng.uniform(0.95, 1.15), rng.choice([0, 0, 0.4, 0.9]))
        detail = self.style(rng.uniform(0.8, 1.0), 0, rng.choice([self.grey, self.grey, self.ink]))
        thumbnail = rng.random() < 0.85
        side = self.size * rng.uniform(2.5, 5.5) if thumbnail else 0.0
        left = self.margin + side + (self.size * rng.uniform(0.4, 1.2) if thumbnail else 0)
        buttons, separate = rng.random() < 0.6, rng.random() < 0.6
        if rng.random() < 0.5:
            self.put(w.order_word(), self.margin, self.style(1.2, 0.9))
            self.advance(name_style, 1.3)
        while not self.full():
            if rng.random() < 0.5:
                self.put(
                    w.order_detail() if rng.random() < 0.6 else w.date(),
                    self.margin,
                    self.style(rng.uniform(0.9, 1.2), 0.9),
                )
                self.advance(name_style)
            if rng.random() < 0.6:
                end = self.put(w.order_word(), self.margin, self.style(1.0, 0.9))
                self.put(w.order_detail(), end + self.size * rng.uniform(0.2, 1.5), self.style(1.0, 0, self.accent))
                self.advance(name_style, 1.1)
            top = self.y
            if thumbnail:
                self.thumbnail(self.margin, side)
            self.y += rng.uniform(0, 0.6) * self.size
            name = w.order_product() if rng.random() < 0.8 else w.name()
            for _ in range(rng.choice([1, 2, 2, 3])):
                cut = self.fitting(name, name_style, self.width - left - self.margin)
                self.put(name[:cut].strip(), left, name_style)
                self.advance(name_style, 0.9)
                name = name[cut:].strip()
                if not name:
                    break
            if rng.random() < 0.8:
                self.put(w.order_detail(), left, detail)
                if rng.random() < 0.25:
                    self.right(w.won_text(), self.width - self.margin, self.style(1.0, 0.9))
                self.advance(detail)
            if rng.random() < 0.25:
                self.put(w.won_text(), left, self.style(1.0, 0.9))
                self.advance(detail)
            self.y = max(self.y, top + side + self.size * 0.4)
            if buttons:
                height, count = self.size * rng.uniform(1.6, 2.4), rng.randint(1, 3)
                step = (self.width - 2 * self.margin) / count
                for i in range(count):
                    self.button(w.order_word(), self.margin + i * step, self.margin + (i + 0.95) * step, height)
                self.y += height + self.size * rng.uniform(0.3, 1.2)
                self.row += 1
            if separate:
                self.rule(dashed=False)
        return self.canvas

    def receipt(self) -> Canvas:
        """A digital receipt: head, line items with or without unit price, options below them, totals."""
        rng, w = self.rng, self.generator
        body, small = self.style(1.0, rng.choice([0, 0.3])), self.style(rng.uniform(0.75, 0.95), 0)
        dashed = rng.random() < 0.5
        right = self.width - self.margin
        if rng.random() < 0.7:
            self.centre(
                rng.choice([w.store(), w.order_word(), "영수증", w.pick("header")]),
                self.style(rng.uniform(1.1, 1.7), 0.9),
            )
            self.advance(body, 1.5)
        for _ in range(rng.randint(0, 4)):
            text = rng.choice([w.date, w.address, w.order_detail, w.phrase, w.store])()
            if rng.random() < 0.3:
                self.put(text[:14], self.margin, small)
                self.right(w.date(), right, small)
            elif rng.random() < 0.3:
                self.centre(text, small)
            else:
                self.put(text, self.margin, small)
            self.advance(small)
        self.rule(dashed)
        item = rng.choice(
            [self._table_row, self._table_row, self._name_and_amount, self._name_and_amount, self._two_rows]
        )
        self._columns = rng.uniform(0.42, 0.6), rng.uniform(0.64, 0.78)
        self._bold = rng.choice([0, 0, 0.4, 0.9])
        self._won = rng.choice(["", "", "원", " 원"])
        self._numbers = rng.random() < 0.2
        for number in range(1, rng.randint(3, 16)):
            if self.full():
                break
            item(number, body, right)
            for _ in range(rng.choice([0, 0, 0, 1, 2])):
                end = self.margin + self.size * rng.uniform(0, 0.8)
                self.put(rng.choice([w.option, w.option, w.promotion, lambda: w.pick("discount")])(), end, small)
                if rng.random() < 0.6:
                    colour = rng.choice([self.accent, self.ink, (215, 40, 40)])
                    self.right(
                        rng.choice(["", "-"]) + f"{w.won():,}{self._won}",
                        right,
                        self.style(small.size / self.size, 0, colour),
                    )
                self.advance(small)
            if rng.random() < 0.2:
                self.y += self.size * rng.uniform(0.2, 0.8)
        self.rule(dashed)
        for _ in range(rng.randint(2, 7)):
            style = self.style(
                rng.choice([1.0, 1.0, 1.2, 1.5]),
                rng.choice([0, 0.9]),
                rng.choice([self.ink, self.ink, self.accent, self.grey]),
            )
            self.put(
                w.pick(rng.choice(["total", "total", "payment", "points"])) if rng.random() < 0.7 else w.order_word(),
                self.margin,
                style,
            )
            self.right(rng.choice([w.won_text(), f"{w.won():,}{self._won}"]), right, style)
            self.advance(style)
        for _ in range(rng.randint(0, 4)):
            self.put(rng.choice([w.phrase, w.payment, w.address])(), self.margin, small)
            self.advance(small)
        return self.canvas

    def _named(self, number: int, x: float, style: Style, room: float) -> float:
        w = self.generator
        text = (f"{number:02d} " if self._numbers else "") + w.name()
        return self.put(text[: self.fitting(text, style, room)], x, style)

    def _table_row(self, number: int, body: Style, right: float) -> None:
        price, quantity, amount = self.generator.prices()
        bold = self.style(1.0, self._bold)
        name_end, middle = (share * self.width for share in self._columns)
        price_x = name_end + self.rng.choice([self.size * 0.2, self.size * 0.6])
        self._named(number, self.margin, bold, name_end - self.margin)
        self.put(price, price_x, body)
        if price_x + self.measure(price, body) < middle:
            self.put(quantity, middle, body)
        self.right(amount + self._won, right, body)
        self.advance(body)

    def _name_and_amount(self, number: int, body: Style, right: float) -> None:
        _, quantity, amount = self.generator.prices()
        amount += self._won
        room = right - self.margin - self.measure(amount, body) - self.size
        end = self._named(number, self.margin, self.style(1.0, self._bold), room * self.rng.choice([1, 1, 0.75]))
        if self.rng.random() < 0.4 and end < right - self.measure(amount, body) - 3 * self.size:
            self.put(quantity + self.rng.choice(["", "개"]), right - self.measure(amount, body) - 2.2 * self.size, body)
        self.right(amount, right, body)
        self.advance(body)

    def _two_rows(self, number: int, body: Style, right: float) -> None:
        price, quantity, amount = self.generator.prices()
        self._named(number, self.margin, self.style(1.0, self._bold), right - self.margin)
        self.advance(body, 0.85)
        grey = self.style(self.rng.choice([0.85, 1.0]), 0, self.rng.choice([self.grey, self.ink]))
        code = self.generator.barcode() if self.rng.random() < 0.5 else price + self._won
        end = self.put(code, self.margin + self.size * self.rng.choice([0, 0.5]), grey)
        if end < right - 6 * self.size:
            self.put(
                self.rng.choice(["", "x", "x ", "* "]) + quantity + self.rng.choice(["", "개"]),
                right - 6 * self.size,
                grey,
            )
        self.right(amount + self._won, right, body)
        self.advance(body)


def _colour(red: int, green: int, blue: int) -> Colour:
    return max(0, min(255, red)), max(0, min(255, green)), max(0, min(255, blue))


def screen_renderer(fonts: Sequence[Path], seed: int, held_out: bool = False) -> ScreenRenderer:
    """A renderer that gives the same screens for the same seed. Raises FontMissingError.

    held_out: draw with the fonts, and product names of the families, that training never sees.
    """
    rng = random.Random(seed)
    return ScreenRenderer(ScreenFonts(fonts, held_out), MarketText(rng, held_out), rng, np.random.default_rng(seed))
