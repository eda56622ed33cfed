"""New product names that annotators agree on, and the rules of the data set."""

import shutil

from model_export.annotation.new_names import Proposal, append, select
from model_export.classifier import dataset
from model_export.classifier.dataset import Example

DATA_SET = [Example("tofu", "손두부", "손두부 300g"), Example("dairy", "딸기우유", "딸기우유")]


def accepted(*proposals, frozen=()):
    return select(proposals, DATA_SET, frozen).accepted


def test_a_new_name_starts_a_family():
    assert accepted(Proposal("dairy", ["구름 요거트 90g", "구름요거트 90g"])) == [
        Example("dairy", "구름요거트", "구름 요거트 90g")
    ]


def test_a_known_product_in_another_size_joins_its_family():
    assert accepted(Proposal("tofu", ["손두부 550g"] * 2)) == [Example("tofu", "손두부", "손두부 550g")]


def test_two_new_names_of_one_product_share_a_family():
    examples = accepted(Proposal("dairy", ["구름요거트 90g"] * 2), Proposal("dairy", ["구름요거트 150g"] * 2))
    assert [example.family for example in examples] == ["구름요거트"] * 2


def test_a_name_of_the_data_set_is_not_added_again():
    assert accepted(Proposal("tofu", ["손두부300g"] * 2)) == []
    assert len(accepted(Proposal("dairy", ["구름요거트"] * 2), Proposal("dairy", ["구름 요거트"] * 2))) == 1


def test_names_that_do_not_fit_are_left_out_with_the_reason():
    proposals = [
        Proposal("dairy", ["구름요거트"]),
        Proposal("dairy", ["구름요거트", "구룸요거트"]),
        Proposal("dairy", ["손두부 1kg"] * 2),
        Proposal("snack", ["김*수 과자"] * 2),
        Proposal("snack", ["별과자 80g"] * 2),
    ]
    selection = select(proposals, DATA_SET, [Example("snack", "별과자", "별과자")])
    assert selection.accepted == []
    assert [reason for _, reason in selection.rejected] == [
        "too few annotators spell it alike",
        "too few annotators spell it alike",
        "family 손두부 is in tofu, annotators say dairy",
        "has masked characters",
        "part of the evaluation",
    ]


def test_the_files_stay_a_valid_data_set(tmp_path):
    data = tmp_path / "data"
    shutil.copytree(dataset.DATA_DIR, data)
    before = dataset.load(data)
    selection = select([Proposal("dairy", ["하늘구름 요거트 90g"] * 2)], before, [])
    append(selection.accepted, data)
    assert set(dataset.load(data)) - set(before) == {Example("dairy", "하늘구름요거트", "하늘구름 요거트 90g")}
