"""The command line of retraining: every threshold is an option, and reaches the job."""

from __future__ import annotations

from dataclasses import fields, replace

from model_export.retrain import __main__ as command
from model_export.retrain.votes import Limits


def test_every_threshold_is_an_option() -> None:
    for group, texts in command.SETTINGS.items():
        nested = {"trust"} if group is Limits else set()
        assert set(texts) == {each.name for each in fields(group)} - nested


def test_thresholds_reach_the_job() -> None:
    options = command._parser().parse_args(["--users", "4", "--account-days", "30", "--yearly-looks", "12"])
    job = command._job(None, None, None, options)  # type: ignore[arg-type]
    defaults = Limits()
    trust = replace(defaults.trust, account_days=30)
    assert job.limits == replace(defaults, users=4, trust=trust)  # type: ignore[attr-defined]
    assert job.rules.yearly_looks == 12  # type: ignore[attr-defined]
