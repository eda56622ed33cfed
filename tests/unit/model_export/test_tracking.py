"""What is logged in MLflow."""

from __future__ import annotations

import mlflow
import pandas
from mlflow.data.code_dataset_source import CodeDatasetSource

from model_export.tracking import TextTable


def test_a_table_of_texts_is_described_as_mlflow_describes_it() -> None:
    frame = pandas.DataFrame({"name": ["두부", ""], "category": ["tofu", "1"]}, dtype=str)
    source = CodeDatasetSource({"code": "1"})
    ours = TextTable(frame, source, name="names", digest="1")
    assert ours.to_dict() == mlflow.data.from_pandas(frame, source, name="names", digest="1").to_dict()
