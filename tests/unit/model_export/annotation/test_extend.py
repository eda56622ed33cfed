"""New product names that annotators agreed on, and the rules of the data set."""

import shutil

from model_export.annotation.extend import Proposal, extend, write
from model_export.classifier import dataset
from model_export.classifier.dataset import Example

KNOWN = [Example("tofu", "손두부", "손두부 300g"), Example("dairy", "딸기우유", "딸기우유")]


def added(*proposed, frozen=()):
    return extend(proposed, KNOWN, frozen).added


def test_a_new_name_founds_a_family():
    assert added(Proposal("dairy", ["구름 요거트 90g", "구름요거트 90g"])) == [
        Example("dairy", "구름요거트", "구름 요거트 90g")
    ]


def test_a_known_product_in_another_size_joins_its_family():
    assert added(Proposal("tofu", ["손두부 550g"] * 2)) == [Example("tofu", "손두부", "손두부 550g")]


def test_two_new_names_of_one_product_share_a_family():
    found = added(Proposal("dairy", ["구름요거트 90g"] * 2), Proposal("dairy", ["구름요거트 150g"] * 2))
    assert [example.family for example in found] == ["구름요거트"] * 2


def test_what_is_there_is_not_added_again():
    assert added(Proposal("tofu", ["손두부300g"] * 2)) == []
    assert len(added(Proposal("dairy", ["구름요거트"] * 2), Proposal("dairy", ["구름 요거트"] * 2))) == 1


def test_names_that_do_not_fit_are_left_out_with_the_reason():
    proposed = [
        Proposal("dairy", ["구름요거트"]),
        Proposal("dairy", ["구름요거트", "구룸요거트"]),
        Proposal("dairy", ["손두부 1kg"] * 2),
        Proposal("snack", ["김*수 과자"] * 2),
        Proposal("snack", ["별과자 80g"] * 2),
    ]
    found = extend(proposed, KNOWN, [Example("snack", "별과자", "별과자")])
    assert found.added == []
    assert [why for _, why in found.left_out] == [
        "spelt differently, or called new by too few",
        "spelt differently, or called new by too few",
        "family 손두부 is in tofu, annotators say dairy",
        "has masked characters",
        "in the evaluation",
    ]


def test_the_files_stay_a_valid_data_set(tmp_path):
    data = tmp_path / "data"
    shutil.copytree(dataset.DATA_DIR, data)
    before = dataset.load(data)
    found = extend([Proposal("dairy", ["하늘구름 요거트 90g"] * 2)], before, [])
    write(found.added, data)
    assert set(dataset.load(data)) - set(before) == {Example("dairy", "하늘구름요거트", "하늘구름 요거트 90g")}
