"""A recogniser as a run in MLflow: what it was made from and how well it reads."""

from model_export import manifest
from model_export.recognizer.text import GOODS, WORDS


def data_version() -> str:
    """Changes when any list that lines are drawn from does."""
    return manifest.sha256_of([*sorted(GOODS.glob("*.tsv")), WORDS])[:12]
