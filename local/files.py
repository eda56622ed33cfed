"""Files with keys, which only their owner can read."""

from __future__ import annotations

import os
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Write `text` to `file` with mode 600, atomically."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(text)
    unfinished.replace(file)
