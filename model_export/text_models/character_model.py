"""The character model that decoding asks for a second opinion: counts over names and receipt words."""

import gzip
import json
import random
from collections import Counter
from pathlib import Path

from model_export import manifest
from model_export.text_models.synthesis.receipt_text import Writer, goods, words
from ocr_service.vision.character_model import FILE, START, folded

MODEL_DIR = manifest.MODELS_DIR / "language"
LINES = 60_000
"""Drawn names and lines that are counted beside the lists themselves."""
SEED = 11


def counts(held_out: bool, lines: int = LINES) -> dict[str, int]:
    """How often one to three characters stand in a row in names and receipt words.

    held_out: also in the names of the product families that recognition is validated on.
    """
    writer = Writer(random.Random(SEED))
    texts = [*goods(), *(goods(held_out=True) if held_out else [])] * 2
    texts += [line for kind in words().values() for line in kind] * 3
    drawn = (writer.name, writer.name, writer.total, writer.payment, writer.phrase, writer.store, writer.address)
    texts += [make() for make in writer.rng.choices(drawn, k=lines)]
    counted: Counter[str] = Counter()
    for text in texts:
        characters = START * 2 + "".join(map(folded, text))
        for end in range(2, len(characters)):
            counted.update(characters[start : end + 1] for start in range(end - 2, end + 1))
    return {gram: count for gram, count in counted.items() if len(gram) < 3 or count > 1}


def build(folder: Path = MODEL_DIR) -> int:
    """Write the model and its entry in the manifest. Returns how many n-grams it has."""
    counted = counts(held_out=True)
    folder.mkdir(parents=True, exist_ok=True)
    data = json.dumps(dict(sorted(counted.items())), ensure_ascii=False, separators=(",", ":")).encode()
    path = folder / FILE
    path.write_bytes(gzip.compress(data, mtime=0))
    manifest.update(
        "language",
        {
            "version": f"names-{manifest.sha256(path)[:12]}",
            "files": [path],
            "licence": "Apache-2.0",
            "origin": "model_export/classifier/data and model_export/text_models/synthesis/receipt_words.txt",
            "made_by": "python -m model_export.text_models language",
            "quality": {},
        },
    )
    return len(counted)
