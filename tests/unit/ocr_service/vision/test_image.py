"""Every image that a client may send is decoded upright and scaled down, or refused with a clear error."""

import io
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ocr_service.errors import BadRequest, BrokenImage, NoText, OcrError, TooLarge, UnsupportedImage
from ocr_service.vision.image import decode
from ocr_service.vision.photo import DecodingLimits, Photo
from tests.support.pdfs import pdf, pdf_of_images

SIDE = 1024
LIMITS = DecodingLimits(
    max_pixels=30_000_000, working_side=SIDE, tall_pixels=2_000_000, memory=380 * 2**20, cpu_seconds=10, seconds=60
)


def load(data: bytes) -> Photo:
    return decode(data, LIMITS)


def scene(width: int = 200, height: int = 100) -> Image.Image:
    """White, with a black top left quarter."""
    image = Image.new("RGB", (width, height), "white")
    image.paste((0, 0, 0), (0, 0, width // 2, height // 2))
    return image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def heic(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=90)
    return buffer.getvalue()


def dark_corner(photo: Photo) -> str:
    height, width = photo.pixels.shape[:2]
    y, x = height // 4, width // 4
    corners = {
        "top left": photo.pixels[y, x],
        "top right": photo.pixels[y, -x],
        "bottom left": photo.pixels[-y, x],
        "bottom right": photo.pixels[-y, -x],
    }
    return min(corners, key=lambda name: int(corners[name].sum()))


@pytest.mark.parametrize(
    "encode",
    [
        lambda image: encoded(image, "JPEG"),
        lambda image: encoded(image, "PNG"),
        lambda image: encoded(image, "WEBP"),
        heic,
        lambda image: encoded(image.convert("L"), "JPEG"),
        lambda image: encoded(image.convert("CMYK"), "JPEG"),
        lambda image: encoded(image.convert("L"), "PNG"),
        lambda image: encoded(image.convert("1"), "PNG"),
        lambda image: encoded(image.convert("P"), "PNG"),
        lambda image: encoded(image.convert("RGBA"), "PNG"),
        lambda image: encoded(image.convert("LA"), "PNG"),
        lambda image: encoded(image.convert("RGBA"), "WEBP"),
        lambda image: encoded(Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257), "PNG"),
        lambda image: encoded(image, "JPEG", progressive=True),
    ],
    ids=[
        "jpeg", "png", "webp", "heic", "grey jpeg", "cmyk jpeg", "grey png", "bilevel png", "palette png",
        "alpha png", "grey alpha png", "alpha webp", "16-bit png", "progressive jpeg",
    ],
)  # fmt: skip
def test_formats_and_modes(encode: Callable[[Image.Image], bytes]) -> None:
    photo = load(encode(scene()))
    assert photo.pixels.shape == (100, 200, 3)
    assert photo.pixels.dtype == np.uint8
    assert (photo.size, photo.scale) == ((200, 100), 1.0)
    assert photo.pixels[20, 40].max() < 40
    assert photo.pixels[80, 160].min() > 215


def test_transparent_pixels_become_white() -> None:
    image = scene().convert("RGBA")
    image.putalpha(0)
    assert load(encoded(image, "PNG")).pixels.min() == 255
    palette = scene().convert("P")
    assert load(encoded(palette, "PNG", transparency=palette.getpixel((0, 0)))).pixels.min() > 215


@pytest.mark.parametrize(
    ("orientation", "corner", "size"),
    [
        (1, "top left", (200, 100)),
        (2, "top right", (200, 100)),
        (3, "bottom right", (200, 100)),
        (4, "bottom left", (200, 100)),
        (5, "top left", (100, 200)),
        (6, "top right", (100, 200)),
        (7, "bottom right", (100, 200)),
        (8, "bottom left", (100, 200)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation(kind: str, orientation: int, corner: str, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = load(encoded(scene(), kind, exif=exif))
    assert dark_corner(photo) == corner
    assert photo.size == size
    assert photo.pixels.shape[:2] == (size[1], size[0])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "exif",
    [
        b"MM\x00\x2a\xff\xff\xff\xff nonsense",
        bytes(100),
        b"II",
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\xff\xff\xff\xff\6\0\0\0\x08\0\0\0",
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x05\0\1\0\0\0\x08\0\0\0\0\0\0\0",
    ],
    ids=["offset", "zeros", "cut off", "count", "fraction"],
)
def test_damaged_exif_is_ignored(kind: str, exif: bytes) -> None:
    photo = load(encoded(scene(), kind, exif=b"Exif\x00\x00" + exif))
    assert photo.size == (200, 100)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("lossless", [False, True])
def test_a_still_webp_has_the_pixels_of_an_animated_one(mode: str, lossless: bool) -> None:
    """They are decoded by different libraries."""
    image = Image.radial_gradient("L").convert(mode)
    image.putpixel((3, 3), (200, 10, 90, 255)[: len(mode)])
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L"))
    options = {"lossless": lossless, "exact": True, "quality": 90}
    still = load(encoded(image, "WEBP", **options))
    animated = load(encoded(image, "WEBP", save_all=True, append_images=[Image.new(mode, image.size)], **options))
    assert np.abs(still.pixels.astype(int) - animated.pixels.astype(int)).max() <= (0 if lossless else 8)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_24_megapixels_are_scaled_down(kind: str) -> None:
    photo = load(encoded(scene(6000, 4000), kind))
    assert photo.size == (6000, 4000)
    assert photo.pixels.shape[:2] == (683, 1024)
    assert photo.scale == pytest.approx(6000 / 1024)


def test_scaled_and_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = load(encoded(scene(4000, 2000), "JPEG", exif=exif))
    assert photo.size == (2000, 4000)
    assert photo.pixels.shape[:2] == (1024, 512)
    assert dark_corner(photo) == "top right"


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_tall_images_keep_their_width(kind: str, turned: bool) -> None:
    """The longer side may exceed the limit for other images, up to a number of pixels."""
    exif = Image.Exif()
    exif[0x0112] = 6 if turned else 1
    for size, expected in [((500, 4000), (500, 4000)), ((1000, 8000), (500, 4000)), ((400, 1000), (400, 1000))]:
        stored = size[::-1] if turned else size
        photo = load(encoded(scene(*stored), kind, exif=exif))
        assert photo.size == size
        assert photo.pixels.shape[:2] == expected[::-1]
        assert photo.scale == pytest.approx(size[1] / expected[1])


def test_images_up_to_the_ratio_are_limited_by_their_longer_side() -> None:
    assert load(encoded(scene(1000, 2500), "PNG")).pixels.shape[:2] == (1024, 410)


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_an_animation_yields_its_first_frame(kind: str) -> None:
    data = encoded(scene(), kind, save_all=True, append_images=[Image.new("RGB", (200, 100), "red")])
    assert dark_corner(load(data)) == "top left"


def test_the_first_pages_of_a_pdf_stand_below_each_other() -> None:
    pages = [Image.new("RGB", (300, 400), colour) for colour in ("red", "lime", "blue", "black", "white", "red")]
    photo = load(pdf_of_images([scene(300, 400)]))
    assert dark_corner(photo) == "top left"
    assert photo.size == (600, 800), "at 300 dots per inch"
    photo = load(pdf_of_images(pages))
    assert photo.size == (600, 5 * 800), "five pages"
    height, width = photo.pixels.shape[:2]
    middles = [photo.pixels[round((page + 0.5) * height / 5), width // 2].tolist() for page in range(5)]
    assert middles == pytest.approx(
        np.array([[0, 0, 255], [0, 255, 0], [255, 0, 0], [0, 0, 0], [255, 255, 255]]), abs=9
    )


def test_text_of_a_pdf_is_drawn_on_white() -> None:
    photo = load(pdf(b"BT /F 90 Tf 100 600 Td (TOTAL) Tj ET", box="0 0 420 700"))
    top, bottom = np.array_split(photo.pixels.min(axis=2), 2)
    assert (top < 60).mean() > 0.02
    assert bottom.min() == 255


def test_pages_of_a_pdf_that_would_be_too_many_pixels_are_left_out() -> None:
    photo = load(pdf(pages=9))
    assert photo.size[1] // 3508 == 3
    assert photo.size[0] * photo.size[1] <= LIMITS.max_pixels


@pytest.mark.parametrize(("box", "page_count"), [("0 0 150 2400", 3), ("0 0 10 400", 1)])
def test_pages_of_a_pdf_that_would_be_too_long_are_left_out(box: str, page_count: int) -> None:
    width, height = (round(int(side) * 300 / 72) for side in box.split()[2:])
    assert load(pdf(pages=9, box=box)).size == (width, page_count * height)


@pytest.mark.parametrize(
    ("box", "refusal"), [("0 0 10000 10", TooLarge), ("0 0 10 2000", TooLarge), ("0 0 1 1", NoText)]
)
def test_a_pdf_whose_first_page_cannot_be_read_is_refused(box: str, refusal: type[OcrError]) -> None:
    with pytest.raises(refusal):
        load(pdf(pages=2, box=box))


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("UniKS-UCS2-H", "합계 1,000".encode("utf-16-be")), ("KSCms-UHC-H", "합계 1,000".encode("cp949"))],
)
def test_a_pdf_without_the_fonts_of_its_korean_text_is_refused(encoding: str, text: bytes) -> None:
    """PDFium would leave the text out."""
    with pytest.raises(UnsupportedImage, match="fonts"):
        load(korean_pdf(b"BT /K 40 Tf 50 600 Td <%b> Tj ET" % text.hex().encode(), encoding))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"BT 3 Tr /K 40 Tf 50 600 Td <D569ACC4> Tj ET", id="invisible, above a scan"),
        pytest.param(b"BT /K 40 Tf 50 600 Td <00310030> Tj ET", id="digits"),
    ],
)
def test_a_pdf_may_lack_fonts_that_nothing_readable_needs(content: bytes) -> None:
    load(korean_pdf(content))


def test_a_font_in_the_pdf_is_enough() -> None:
    drawn = b"<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[.1 0 0 .1 0 0]/FirstChar 65/LastChar 65/Widths[9]"
    drawn += b"/CharProcs<</A 12 0 R>>/Encoding<</Differences[65/A]>>/ToUnicode 13 0 R>>"
    to_unicode = (
        b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <41> <D569> endbfchar endcmap"
    )
    streams = [b"9 0 d0 0 0 9 9 re f", to_unicode]
    objects = [drawn, b"null", *(b"<</Length %d>>stream\n%b\nendstream" % (len(part), part) for part in streams)]
    photo = load(pdf(b"BT /K 40 Tf 50 600 Td (A) Tj ET", page=b"/Resources<</Font<</K 10 0 R>>>>", objects=objects))
    assert photo.pixels.min() == 0


def korean_pdf(content: bytes, encoding: str = "UniKS-UCS2-H") -> bytes:
    """A PDF with a Korean font, K, that it does not contain."""
    name = b"/Type/Font/BaseFont/HYGoThic-Medium"
    objects = [
        b"<<%b/Subtype/Type0/Encoding/%b/DescendantFonts[11 0 R]>>" % (name, encoding.encode()),
        b"<<%b/Subtype/CIDFontType0/FontDescriptor 12 0 R" % name
        + b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Korea1)/Supplement 1>>>>",
        b"<</Type/FontDescriptor/FontName/HYGoThic-Medium/Flags 4>>",
    ]
    return pdf(content, page=b"/Resources<</Font<</K 10 0 R>>>>", objects=objects)


def test_a_protected_pdf_is_not_read() -> None:
    with pytest.raises(UnsupportedImage, match="password"):
        load(PROTECTED_PDF)


PROTECTED_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"3 0 obj<</Filter/Standard/V 2/R 3/Length 128/P -4/O(" + b"o" * 32 + b")/U(" + b"u" * 32 + b")>>endobj\n"
    b"trailer<</Root 1 0 R/Encrypt 3 0 R/ID[(a)(a)]>>"
)


def test_an_empty_body() -> None:
    with pytest.raises(BadRequest):
        load(b"")


@pytest.mark.parametrize(
    "data",
    [
        b"just text",
        "영수증".encode(),
        b" %PDF-1.7\n",
        b"GIF89a" + bytes(20),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encoded(scene(), "BMP"),
        encoded(scene(), "TIFF"),
        b"\x00\x00\x00\x18ftypmp42" + bytes(30),
        b"\xff",
        b"RIFF\x00\x00\x00\x00WAVE",
    ],
)
def test_unsupported_formats(data: bytes) -> None:
    with pytest.raises(UnsupportedImage):
        load(data)


@pytest.mark.parametrize("part", [0.02, 0.3, 0.9])
@pytest.mark.parametrize("encode", [lambda i: encoded(i, "JPEG"), lambda i: encoded(i, "PNG"), heic])
def test_truncated_images(encode: Callable[[Image.Image], bytes], part: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 300, 3), dtype=np.uint8)
    data = encode(Image.fromarray(noise))
    with pytest.raises(BrokenImage):
        load(data[: max(16, int(len(data) * part))])


def png(width: int, height: int, extra: bytes = b"") -> bytes:
    """A PNG that declares a size and has hardly any pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(6000, 6000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_decompression_bomb(size: tuple[int, int]) -> None:
    with pytest.raises(TooLarge):
        load(png(*size))


def test_bomb_in_a_text_chunk() -> None:
    body = b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    with pytest.raises(BrokenImage):
        load(png(100, 100, chunk))


def test_too_small_for_a_glyph() -> None:
    with pytest.raises(NoText):
        load(encoded(scene(15, 400), "PNG"))


@settings(max_examples=300)
@given(data=st.data())
def test_damaged_bytes_never_raise_anything_else(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(SAMPLES))
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BrokenImage, UnsupportedImage, TooLarge, NoText):
        photo = load(bytes(damaged[: data.draw(st.integers(1, len(whole)))]))
        assert max(photo.pixels.shape[:2]) <= SIDE or photo.pixels.size <= 3 * LIMITS.tall_pixels


SAMPLES = [
    encoded(scene(60, 40), "JPEG"),
    encoded(scene(60, 40), "PNG"),
    encoded(scene(60, 40), "WEBP"),
    heic(scene(64, 64)),
    pdf_of_images([scene(60, 40)]),
    pdf(b"BT /F 9 Tf 10 20 Td (TOTAL) Tj ET", box="0 0 60 40"),
]
