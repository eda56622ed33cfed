from hypothesis import given
from hypothesis import strategies as st

from model_export.text_models import charset

readable_text = st.text(st.sampled_from([*charset.CHARACTERS, " "]), max_size=30)


def test_every_ks_x_1001_syllable_and_all_of_ascii_have_one_class() -> None:
    assert len(charset.SYLLABLES) == 2350
    assert {"가", "뿡", "힝"} <= set(charset.SYLLABLES)
    assert set(map(chr, range(33, 127))) <= set(charset.CHARACTERS)
    assert len(charset.CHARACTERS) == len(set(charset.CHARACTERS))
    assert len(charset.CHARACTERS) + 2 == charset.CLASSES


def test_no_character_is_a_blank_or_breaks_the_list_in_the_settings_file() -> None:
    assert all(len(character) == 1 and character.strip() for character in charset.CHARACTERS)


@given(readable_text)
def test_decoding_a_path_with_blanks_gives_the_text_back(text: str) -> None:
    path = [index for character in text for index in (charset.encode(character)[0], charset.BLANK)]
    assert charset.decode(path) == text


def test_repeats_without_a_blank_between_them_are_one_character() -> None:
    a, b = charset.encode("아이")
    assert charset.decode([a, a, charset.BLANK, b, b, b, a]) == "아이아"


@given(readable_text, readable_text)
def test_distance_is_symmetric_and_zero_only_for_equal_texts(first: str, second: str) -> None:
    distance = charset.distance(first, second)
    assert distance == charset.distance(second, first)
    assert (distance == 0) == (first == second)
    assert abs(len(first) - len(second)) <= distance <= max(len(first), len(second))


def test_characters_that_were_added_come_after_the_others_so_that_classes_keep_their_numbers() -> None:
    first = list(dict.fromkeys([*charset.ASCII, *charset.SYMBOLS, *charset.SYLLABLES]))
    assert charset.CHARACTERS[: len(first)] == first
    assert charset.CHARACTERS[len(first) :] == list(charset.MORE)
    assert {"▲", "ⓔ", "ㄴ"} <= set(charset.MORE)
    assert all(charset.readable(character) and not charset.printable(character) for character in charset.MORE)
    assert charset.printable("비비고_왕교자 1.05kg*2")
