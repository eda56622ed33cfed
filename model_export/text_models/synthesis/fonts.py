"""Printing faces: characters as cells of ink, on the grid of a till printer or with proportional spacing.

A till printer prints Hangul in square cells, 24 dots high, and Latin letters and digits in cells half as wide. Few free
fonts have this form, so cells are cut from ordinary fonts: Hangul is stretched to fill its cell, digits are squeezed.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from model_export.text_models.synthesis import pcf

Ink = NDArray[np.uint8]
"""Height x width, 255 where there is ink, else 0."""

DOTS = 24
"""Height of a cell on a till printer, in dots."""
SMOOTH = 40
"""Height of a cell drawn without a dot grid."""
RASTER = 64
"""Size in pixels at which outlines are drawn before they are fitted to a cell."""

HANGUL = [
    "gulim24.pcf.gz",
    "dotum24.pcf.gz",
    "gulim24b.pcf.gz",
    "hline24.pcf.gz",
    "gulim16.pcf.gz",
    "gulim.ttf",
    "dotum.ttf",
    "NanumGothic.ttf",
    "NanumGothicBold.ttf",
    "NanumGothicCoding.ttf",
    "NanumGothicLight.ttf",
    "NanumSquareR.ttf",
    "NanumSquareRoundR.ttf",
    "NanumBarunpenR.ttf",
    "UnDotum.ttf",
    "UnGraphic.ttf",
    "UnTaza.ttf",
    "UnDinaru.ttf",
    "NotoSansCJK-Regular.ttc",
    "UnBatang.ttf",
    "NanumMyeongjo.ttf",
    "Galmuri11.ttf",
    "Galmuri14.ttf",
    "neodgm.ttf",
    "d2coding.ttf",
    "d2coding-bold.ttf",
    "GothicA1_300Light.ttf",
    "GothicA1_500Medium.ttf",
    "GothicA1_700Bold.ttf",
    "IBMPlexSansKR_400Regular.ttf",
    "GowunDodum_400Regular.ttf",
    "DoHyeon_400Regular.ttf",
    "Jua_400Regular.ttf",
    "Sunflower_500Medium.ttf",
    "Orbit_400Regular.ttf",
]
LATIN = [
    "NanumGothicCoding.ttf",
    "NanumGothic.ttf",
    "NanumGothicBold.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSansMono-Bold.ttf",
    "DejaVuSans.ttf",
    "NotoSansCJK-Regular.ttc",
    "UnDotum.ttf",
    "UnTaza.ttf",
    "gulim.ttf",
    "NanumSquareR.ttf",
    "NanumSquareRoundR.ttf",
    "Galmuri11.ttf",
    "Galmuri14.ttf",
    "neodgm.ttf",
    "d2coding.ttf",
    "IBMPlexSansKR_400Regular.ttf",
    "GothicA1_500Medium.ttf",
]
HANGUL_HELD_OUT = ["NanumBarunGothic.ttf", "dotum16.pcf.gz", "batang24.pcf.gz", "UnShinmun.ttf"]
LATIN_HELD_OUT = ["NanumBarunGothic.ttf", "dotum.ttf"]
SYMBOL_FONT = "NotoSansCJK-Regular.ttc"
PACKAGES = (
    "fonts-nanum fonts-nanum-extra fonts-unfonts-core fonts-unfonts-extra fonts-baekmuk xfonts-baekmuk "
    "xfonts-base xfonts-terminus fonts-noto-cjk fonts-dejavu-core"
)

NPM_PACKAGES = (
    "galmuri@2.40.3 @kfonts/neodgm@0.5.0 d2coding@1.3.2 @expo-google-fonts/gothic-a1@0.4.1 "
    "@expo-google-fonts/ibm-plex-sans-kr@0.2.3 @expo-google-fonts/gowun-dodum@0.4.1 @expo-google-fonts/do-hyeon@0.4.1 "
    "@expo-google-fonts/jua@0.4.1 @expo-google-fonts/sunflower@0.4.0 @expo-google-fonts/orbit@0.4.1 "
    "@expo-google-fonts/noto-sans-kr@0.4.3 pretendard@1.3.9 @sun-typeface/suit@2.0.5"
)
"""More fonts, under the SIL Open Font License: pixel fonts and gothics."""


class FontMissingError(FileNotFoundError):
    """A required font file is not installed."""


def find(folders: Sequence[Path], names: list[str]) -> dict[str, Path]:
    """Font files by name, anywhere below `folders`. Raises FontMissingError, which names the missing packages."""
    installed = {path.name: path for folder in folders for path in folder.rglob("*.*") if path.is_file()}
    if missing := [name for name in names if name not in installed]:
        raise FontMissingError(
            f"{', '.join(missing)} not found below {', '.join(map(str, folders))}; "
            f"on Debian: apt-get install {PACKAGES}; "
            f"and: npm install --prefix .local/text_models/fonts {NPM_PACKAGES}"
        )
    return {name: installed[name] for name in names}


def is_wide(character: str) -> bool:
    """Whether a character takes a square cell (Hangul and symbols) instead of half a cell."""
    return not character.isascii()


def cells(text: str) -> int:
    """Half cells that a text takes."""
    return sum(2 if is_wide(character) else 1 for character in text)


@dataclass
class Outline:
    """A scalable font, drawn at RASTER pixels."""

    path: Path
    _font: ImageFont.FreeTypeFont = field(init=False)

    def __post_init__(self) -> None:
        self._font = ImageFont.truetype(str(self.path), RASTER)
        digits = [self._font.getbbox(c, anchor="ls") for c in "0123456789HX"]
        self.digit_top = min(box[1] for box in digits)
        self.digit_width = self._font.getlength("0")
        hangul = [self._font.getbbox(c, anchor="ls") for c in "가뷔흙룰뺄"]
        self.box = (
            min(box[0] for box in hangul),
            min(box[1] for box in hangul),
            max(box[2] for box in hangul),
            max(box[3] for box in hangul),
        )

    def draw(self, character: str, box: tuple[float, float, float, float]) -> Ink:
        """A character drawn at the baseline origin, cropped to `box` (left, top, right, bottom) in pixels."""
        left, top, right, bottom = box
        canvas = Image.new("L", (max(1, round(right - left)), max(1, round(bottom - top))))
        ImageDraw.Draw(canvas).text((-left, -top), character, font=self._font, fill=255, anchor="ls")
        return np.asarray(canvas)

    def reach(self, character: str) -> tuple[float, float]:
        """Top and bottom of a character's ink, downwards from the baseline, in pixels at RASTER."""
        _, top, _, bottom = self._font.getbbox(character, anchor="ls")
        return top, bottom

    def advance(self, character: str) -> float:
        """Advance width of a character, in pixels at RASTER."""
        return self._font.getlength(character)


@dataclass
class Face:
    """One way to print. `line` sets a text; cells are cached, so a face gets faster with use.

    height: of a cell, in dots. threshold: ink above it becomes a full dot; None keeps grey edges.
    grid: set in cells, otherwise with proportional spacing (needs outlines).
    """

    hangul: Outline | dict[str, Ink]
    latin: Outline
    symbols: Outline
    height: int
    threshold: int | None
    grid: bool
    _cells: dict[str, Ink] = field(default_factory=dict)

    def line(self, text: str) -> Ink:
        """The text in one strip of `height` rows."""
        return np.hstack([self._cell(character) for character in text])

    def _cell(self, character: str) -> Ink:
        if character not in self._cells:
            self._cells[character] = self._draw(character)
        return self._cells[character]

    def _draw(self, character: str) -> Ink:
        height = self.height
        if character == " ":
            return np.zeros((height, height // 2 if self.grid else height // 3), np.uint8)
        if isinstance(self.hangul, dict):
            if is_wide(character) and character in self.hangul:
                return _fit(self.hangul[character], height, height, None)
            source = self.latin if character.isascii() else self.symbols
        else:
            source = self.hangul if "가" <= character <= "힣" else self.latin if character.isascii() else self.symbols
        if is_wide(character):
            left, top, right, bottom = source.box
            width = height if self.grid else round(height * source.advance(character) / (bottom - top))
            pad = 0 if self.grid else 2
            return _fit(source.draw(character, (left - pad, top, right + pad, bottom)), height, width, self.threshold)
        return self._half(character)

    def _half(self, character: str) -> Ink:
        """A Latin letter or digit, capitals about 0.8 of the cell high; on the grid squeezed into half a cell.

        Brackets and descenders are squeezed into the cell as well, as in printers' fonts.
        """
        capital = -self.latin.digit_top
        above, below = self.latin.reach(character)
        top, bottom = min(-capital * 1.1, above), max(capital * 0.15, below)
        advance = self.latin.advance(character)
        scale = self.height / (bottom - top)
        if self.grid:
            span = max(advance, self.latin.digit_width)
            middle, width = advance / 2, self.height // 2
            ink = self.latin.draw(character, (middle - span / 2, top, middle + span / 2, bottom))
        else:
            ink, width = self.latin.draw(character, (0, top, advance, bottom)), max(2, round(advance * scale))
        return _fit(ink, self.height, width, self.threshold)


def _fit(ink: Ink, height: int, width: int, threshold: int | None) -> Ink:
    if ink.shape != (height, width):
        shrinks = ink.shape[0] >= height
        ink = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return ink if threshold is None else np.where(ink > threshold, np.uint8(255), np.uint8(0))


class FontSet:
    """All faces that can be combined from the fonts below some folders; loaded on first use."""

    def __init__(self, folders: Sequence[Path], held_out: bool = False) -> None:
        """held_out: combine the fonts kept for validation. Raises FontMissingError."""
        self._hangul = HANGUL_HELD_OUT if held_out else HANGUL
        self._latin = LATIN_HELD_OUT if held_out else LATIN
        self._files = find(folders, [*self._hangul, *self._latin, SYMBOL_FONT])
        self._outlines: dict[str, Outline] = {}
        self._bitmaps: dict[str, dict[str, Ink]] = {}
        self._faces: dict[tuple, Face] = {}

    def pick(self, rng: random.Random) -> Face:
        """A random face: most on the 24-dot grid, some on the grid with smooth edges, some proportional."""
        hangul, latin = rng.choice(self._hangul), rng.choice(self._latin)
        if rng.random() < 0.25:  # most tills print bitmap fonts
            hangul = rng.choice([name for name in self._hangul if name.endswith(".gz")])
        bitmap = hangul.endswith(".gz")
        style = rng.choices(["dots", "smooth", "natural"], [50, 30, 20])[0]
        if bitmap:
            style = "dots"
        threshold = rng.choice([70, 110, 150]) if style == "dots" else None
        if style == "natural" and rng.random() < 0.7:
            latin = hangul
        return self.face(hangul, latin, style, threshold)

    def face(self, hangul: str, latin: str, style: str, threshold: int | None) -> Face:
        """The face of two fonts in a style: dots, smooth or natural (proportional)."""
        key = (hangul, latin, style, threshold)
        if key not in self._faces:
            self._faces[key] = Face(
                hangul=self._bitmap(hangul) if hangul.endswith(".gz") else self._outline(hangul),
                latin=self._outline(latin),
                symbols=self._outline(SYMBOL_FONT),
                height=DOTS if style == "dots" else SMOOTH,
                threshold=threshold,
                grid=style != "natural",
            )
        return self._faces[key]

    def _outline(self, name: str) -> Outline:
        if name not in self._outlines:
            self._outlines[name] = Outline(self._files[name])
        return self._outlines[name]

    def _bitmap(self, name: str) -> dict[str, Ink]:
        if name not in self._bitmaps:
            self._bitmaps[name] = pcf.read(self._files[name])
        return self._bitmaps[name]
