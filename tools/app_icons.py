"""Draws the app's icons and splash image: `python -m tools.app_icons`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

APP = Path(__file__).resolve().parents[1] / "app"
BRAND, FRONT, CLEAR = "#17693f", "#ffffff", (0, 0, 0, 0)
UNIT = 24
"""The drawing's width and height; icons of the app have the same."""
SMOOTH = 4
"""Drawn this many times larger, and reduced."""

ICONS = {
    # path: pixels, share of the width that the refrigerator takes, whether the corners are round, background
    "assets/icon.png": (1024, 0.62, False, BRAND),
    "assets/adaptive-icon.png": (1024, 0.46, False, None),
    "assets/splash.png": (512, 0.8, True, BRAND),
    "assets/favicon.png": (48, 0.7, True, BRAND),
    "public/icons/192.png": (192, 0.62, True, BRAND),
    "public/icons/512.png": (512, 0.62, True, BRAND),
    "public/icons/maskable.png": (512, 0.46, False, BRAND),
    "public/icons/apple-touch.png": (180, 0.62, False, BRAND),
}


def icon(pixels: int, share: float, *, rounded: bool, background: str | None) -> Image.Image:
    """A refrigerator on the background, transparent outside round corners and without a background."""
    size = pixels * SMOOTH
    image = Image.new("RGBA", (size, size), CLEAR)
    draw = ImageDraw.Draw(image)
    if background:
        draw.rounded_rectangle((0, 0, size - 1, size - 1), size * 0.22 if rounded else 0, fill=background)
    scale = size * share / 20  # the refrigerator is 20 units high
    stroke = round(1.8 * scale)

    def place(x: float, y: float) -> tuple[float, float]:
        return size / 2 + (x - UNIT / 2) * scale, size / 2 + (y - UNIT / 2) * scale

    draw.rounded_rectangle((*place(5, 2), *place(19, 22)), 2.5 * scale, outline=FRONT, width=stroke)
    draw.line((*place(5, 10), *place(19, 10)), fill=FRONT, width=stroke)
    for top, bottom in ((5.2, 7.4), (13, 16.6)):
        draw.line((*place(9, top), *place(9, bottom)), fill=FRONT, width=stroke)
    return image.resize((pixels, pixels), Image.Resampling.LANCZOS)


def main() -> None:
    for name, (pixels, share, rounded, background) in ICONS.items():
        path = APP / name
        path.parent.mkdir(exist_ok=True)
        icon(pixels, share, rounded=rounded, background=background).save(path, optimize=True)


if __name__ == "__main__":
    main()
