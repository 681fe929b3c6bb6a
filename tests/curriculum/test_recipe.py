import pytest

from curriculum.catalogue import Catalogue
from curriculum.recipe import (
    SettingError,
    compose,
    config_of,
    is_start,
    recorded_config,
    starting_config,
)
from curriculum.schema import Chapter
from curriculum.settings_checks import setting_findings
from engine.config import ConfigError
from engine.reward_expression import RewardSyntaxError


def test_sliders_become_one_line(pad: Chapter, polite: Chapter) -> None:
    assert compose(pad, {}) == "10*delivered + 0.5*on_pad - 0.1*step"
    assert compose(pad, {"delivered": 0, "on_pad": 0}) == "-0.1*step"
    assert compose(pad, {"delivered": 0, "on_pad": 0, "step": 0}) == "0"
    kind = {"polite": 0, "courtesy": 0.5, "correct": 2, "length": 0.02}
    assert compose(polite, kind) == "0.5*min(1, polite) + 2*correct - 0.02*length"


@pytest.mark.parametrize("expression", ["polite + correct", "(polite) + (correct)", "-polite"])
def test_a_compound_expression_is_kept_together(polite: Chapter, expression: str) -> None:
    slider = polite.sliders[0].model_dump() | {"expression": expression}
    changed = Chapter.model_validate(polite.model_dump() | {"sliders": [slider]})
    assert compose(changed, {"polite": 2}) == f"2*({expression})"


@pytest.mark.parametrize(
    ("sliders", "settings", "sentence"),
    [
        ({"on_pad": 99}, {}, "Visit to the charging pad is 99, but it goes from 0 to 2."),
        ({"on_pad": -0.1}, {}, "it goes from 0 to 2."),
        ({"speed": 1}, {}, "There is no slider `speed` in this chapter"),
        ({}, {"gamma": 1.5}, "Patience is 1.5, but it goes from 0.5 to 0.99."),
        ({}, {"episodes": 9000}, "There is no setting `episodes` in this chapter"),
    ],
)
def test_a_forged_value_gets_one_clear_sentence(
    pad: Chapter, sliders: dict[str, float], settings: dict[str, float], sentence: str
) -> None:
    with pytest.raises(SettingError) as caught:
        config_of(pad, sliders, settings, None, 1)
    assert sentence in str(caught.value)


def test_a_value_between_the_choices_is_refused(polite: Chapter) -> None:
    with pytest.raises(SettingError, match=r"Group size is 5, but it can be 4, 8, 16\."):
        config_of(polite, {}, {"group_size": 5}, None, 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_a_number_is_out_of_bounds(pad: Chapter, value: float) -> None:
    with pytest.raises(SettingError):
        config_of(pad, {"on_pad": value}, {}, None, 1)


def test_reward_code_replaces_the_sliders(pad: Chapter) -> None:
    assert config_of(pad, {"on_pad": 2}, {}, "delivered-step", 1).reward == "delivered - step"
    with pytest.raises((RewardSyntaxError, ConfigError), match="Did you mean `delivered`"):
        config_of(pad, {}, {}, "deliverd", 1)


def test_the_start_is_recognised_whatever_its_seed(pad: Chapter) -> None:
    assert is_start(pad, starting_config(pad, 99))
    assert is_start(pad, config_of(pad, {}, {}, "10*delivered+0.5*on_pad-0.1*step", 5))
    assert not is_start(pad, config_of(pad, {"on_pad": 0.6}, {}, None, 1))
    assert not is_start(pad, config_of(pad, {}, {"gamma": 0.9}, None, 1))


def test_the_start_that_is_recorded_is_the_start(pad: Chapter, polite: Chapter) -> None:
    for chapter in (pad, polite):
        start = next(entry for entry in chapter.recorded if entry.role == "start")
        assert is_start(chapter, recorded_config(chapter, start, 3))


def labelled(polite: Chapter, **changes: object) -> Chapter:
    """The first chapter, with pairs to label and with settings of other kinds."""
    data = polite.model_dump(mode="json")
    data["labelling"] = {"title": "Pairs", "question": "Which?", "note": "Two each.", "count": 3}
    data["settings"] = [
        {
            "field": "flipped",
            "path": "world.preferences.crowd.flipped",
            "symbol": "f",
            "label": "Careless labels",
            "meaning": "Share turned round.",
            "start": 0.0,
            "choices": [0.0, 0.3],
        },
        {
            "field": "loss_type",
            "symbol": "L",
            "label": "Loss",
            "meaning": "Which loss.",
            "start": "dapo",
            "choices": ["dapo", "dr_grpo"],
            "choice_names": ["DAPO", "Dr. GRPO"],
        },
    ]
    data["recorded"] = data["recorded"][:2]
    return Chapter.model_validate(data | changes)


def test_settings_reach_into_the_world_and_may_be_words(polite: Chapter) -> None:
    chapter = labelled(polite)
    chosen = {"flipped": 0.3, "loss_type": "dr_grpo"}
    config = config_of(chapter, {}, chosen, None, 1).model_dump()
    assert config["world"]["preferences"]["crowd"]["flipped"] == 0.3
    assert config["world"]["questions"]["floor"] == 0.5
    assert config["loss_type"] == "dr_grpo"
    assert chapter.settings[1].name_of("dr_grpo") == "Dr. GRPO"
    assert chapter.settings[0].name_of(0.3) == "0.3"


def test_a_word_that_is_not_offered_is_refused_by_name(polite: Chapter) -> None:
    with pytest.raises(SettingError, match=r"Loss is gspo, but it can be DAPO, Dr\. GRPO\."):
        config_of(labelled(polite), {}, {"loss_type": "gspo"}, None, 1)


def test_labels_by_hand_go_into_the_config(polite: Chapter) -> None:
    config = config_of(labelled(polite), {}, {}, None, 1, "a-b").model_dump()
    assert config["world"]["preferences"]["by_hand"] == "a-b"
    assert not is_start(labelled(polite), config_of(labelled(polite), {}, {}, None, 1, "a"))


@pytest.mark.parametrize(
    ("count", "labels", "message"),
    [(3, "abab", r"There are 4 labels by hand, but 3 pairs\."), (None, "a", "Nothing is labelled")],
)
def test_labels_that_nobody_asked_for_are_refused(
    polite: Chapter, count: int | None, labels: str, message: str
) -> None:
    chapter = labelled(polite) if count else polite
    with pytest.raises(SettingError, match=message):
        config_of(chapter, {}, {}, None, 1, labels)


def test_a_chapter_without_sliders_measures_by_its_own_reward(catalogue: Catalogue) -> None:
    chapter = catalogue.chapter("one_weekend_left")
    assert starting_config(chapter).reward == "liked"
    assert config_of(chapter, {}, {}, "correct", 1).reward == "correct"


def test_a_setting_of_another_algorithm_is_left_out(catalogue: Catalogue) -> None:
    chapter = catalogue.chapter("one_weekend_left")
    tuned = {"beta": 0.5, "learning_rate": 0.001}
    imitated = config_of(chapter, {}, tuned | {"algorithm": "sft"}, None, 1).model_dump()
    assert "beta" not in imitated
    assert imitated["learning_rate"] == 0.001
    assert config_of(chapter, {}, tuned, None, 1).model_dump()["beta"] == 0.5


def test_neither_sliders_nor_reward_is_refused(catalogue: Catalogue) -> None:
    chapter = catalogue.chapter("one_weekend_left")
    data = chapter.model_dump()
    del data["experiment"]["base"]["reward"]
    found = list(setting_findings(Chapter.model_validate(data)))
    assert [finding.message for finding in found] == ["There is neither reward nor slider."]
