"""What an annotator's answer says."""

from model_export.annotation.project import Answer, Label, configuration, read_answer


def part(control, kind, value):
    return {"from_name": control, "to_name": "text", "type": kind, "value": value}


CATEGORY = part("category", "choices", {"choices": ["dairy"]})
NEW = part("kind", "choices", {"choices": ["new_name"]})


def test_a_category_alone():
    assert read_answer("딸기우유", [CATEGORY]) == Answer("dairy", None)


def test_a_new_product_with_its_right_spelling():
    spelt = part("new_name", "textarea", {"text": ["딸기우유 200ml"]})
    assert read_answer("딸기우뮤", [CATEGORY, NEW, spelt]) == Answer("dairy", "딸기우유 200ml")


def test_a_new_product_that_was_printed_right():
    assert read_answer("딸기우유", [CATEGORY, NEW]) == Answer("dairy", "딸기우유")


def test_text_left_behind_after_taking_the_mark_back_says_nothing():
    assert read_answer("딸기우유", [CATEGORY, part("new_name", "textarea", {"text": ["x"]})]) == Answer("dairy", None)


def test_no_category_is_no_answer():
    assert read_answer("딸기우유", []) is None
    assert read_answer("딸기우유", [NEW]) is None


def test_label_names_are_escaped():
    assert 'value="쌀·잡곡 &amp; 견과 &quot;B&quot;"' in configuration([Label(1, "grain_nut", '쌀·잡곡 & 견과 "B"')])
