"""Folders that the text models are made in."""

from pathlib import Path

WORK = Path(".local/text_models")
"""Checkpoints and exported weights."""
FONTS = [Path("/usr/share/fonts"), WORK / "fonts"]
"""Where the training fonts are looked for."""
