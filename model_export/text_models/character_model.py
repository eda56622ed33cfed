"""Builds the character model that supports decoding: n-gram counts over product names and receipt words."""

import gzip
import json
import random
from collections import Counter
from pathlib import Path

from model_export import manifest
from model_export.text_models.synthesis.market_text import MarketText, market_words
from model_export.text_models.synthesis.receipt_text import TextGenerator, product_names, words
from ocr_service.vision.character_model import FILE, START, folded

MODEL_DIR = manifest.MODELS_DIR / "language"
LINES = 80_000
"""Number of generated names and lines that are counted in addition to the lists."""
SEED = 11


def counts(held_out: bool, lines: int = LINES) -> dict[str, int]:
    """Counts of n-grams of one to three characters in product names and receipt words.

    held_out: include the product families that recognition is validated on.
    """
    rng = random.Random(SEED)
    generator, market = TextGenerator(rng), MarketText(rng)
    texts = [*product_names(), *(product_names(held_out=True) if held_out else [])] * 2
    texts += [line for kind in (*words().values(), *market_words().values()) for line in kind] * 3
    kinds = (
        generator.name, generator.name, generator.total, generator.payment, generator.phrase, generator.store,
        generator.address, market.cafe, market.option, market.order_product, market.promotion,
    )  # fmt: skip
    texts += [generate() for generate in generator.rng.choices(kinds, k=lines)]
    grams: Counter[str] = Counter()
    for text in texts:
        characters = START * 2 + "".join(map(folded, text))
        for end in range(2, len(characters)):
            grams.update(characters[start : end + 1] for start in range(end - 2, end + 1))
    return {gram: count for gram, count in grams.items() if len(gram) < 3 or count > 1}


def build(folder: Path = MODEL_DIR) -> int:
    """Write the model and its entry in the manifest. Returns the number of n-grams."""
    grams = counts(held_out=True)
    folder.mkdir(parents=True, exist_ok=True)
    data = json.dumps(dict(sorted(grams.items())), ensure_ascii=False, separators=(",", ":")).encode()
    path = folder / FILE
    path.write_bytes(gzip.compress(data, mtime=0))
    manifest.update(
        "language",
        {
            "version": f"names-{manifest.sha256(path)[:12]}",
            "files": [path],
            "licence": "Apache-2.0",
            "origin": "model_export/classifier/data and the word lists in model_export/text_models/synthesis",
            "made_by": "python -m model_export.text_models character-model",
            "quality": {},
        },
    )
    return len(grams)
