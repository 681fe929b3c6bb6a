"""The stage of the ten drafts: what it sends to the browser, and what its script reads."""

import re
from typing import Any

import pytest

from curriculum.arms_narration import deed_in_words, game_in_words, reason_in_words
from engine.scenes import ArmsMoment, ArmsScene
from engine.worlds.arms import FEATURES
from pages.parts.components import drafts as stage
from pages.parts.components.assets import FOLDER

SCRIPT = (FOLDER / "js" / "arms_stage.js").read_text(encoding="utf-8")
WEIGHTS = (2.0, 6.0, 2.0, 1.0, -1.0, 0.0)


class Mounted:
    """Stands in for the mount function and keeps what it was given."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}

    def __call__(self, *, data: dict[str, Any], key: str) -> None:
        self.data = data


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> Mounted:
    stand_in = Mounted()
    monkeypatch.setattr(stage, "_ARMS", stand_in)
    return stand_in


def a_bandit(**other: Any) -> stage.Bandit:
    given = {"worths": (0.2, 0.9), "counts": (3, 1), "weights": WEIGHTS, "first_weights": WEIGHTS}
    return stage.Bandit(**(given | other))


def test_it_sends_everything_that_its_script_reads(mounted: Mounted) -> None:
    letters = [stage.Letter(5, "a reason", True, "draft 1, as the reason says")]
    given: dict[str, Any] = {"knowing": [0.1] * 6, "habit": [0.5, 0.9], "first_habit": [0.9, 1.0]}
    stage.arms_stage(a_bandit(), letters, **given, note="n", alt="x", key="k")
    assert set(re.findall(r"\bdata\.([a-z_]+)", SCRIPT)) == set(mounted.data)
    assert set(re.findall(r"\bone\.([a-z_]+)", SCRIPT)) == set(mounted.data["letters"][0])


def test_weights_have_a_name_each_in_the_order_of_the_features() -> None:
    assert len(stage.WEIGHT_NAMES) == len(FEATURES)
    heads = ("mean", "share", "last", "best", "never", "reason")
    assert all(head in name for head, name in zip(heads, stage.WEIGHT_NAMES, strict=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"counts": (1,)}, "1 counts for 2 drafts"),
        ({"weights": (1.0,)}, "1 weights, and there must be 6"),
        ({"first_weights": ()}, "0 first weights"),
    ],
)
def test_it_refuses_what_does_not_fit(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stage.arms_stage(a_bandit(**change), [], alt="x", key="k")


def test_it_refuses_a_matrix_that_is_none() -> None:
    with pytest.raises(ValueError, match="5 shares"):
        stage.arms_stage(a_bandit(), [], knowing=[0.2] * 5, alt="x", key="k")


@pytest.mark.parametrize(
    ("counts", "named", "said"),
    [
        ((0, 0), (0, 1), "No draft has been sent yet."),
        ((2, 0, 0), (1, 2), "Drafts 2 and 3 have never been sent. One of them may be the best."),
        ((2, 1, 0), (2,), "Draft 3 has never been sent and may be the best, so that one."),
        ((4, 1), (0,), "Draft 1 scored 0.50 on average in 4 letters; with the doubt of 0.50 that "),
        ((4, 0), (0,), "that is 1.00. None is taken to have more, so that one."),  # a wrong one
    ],
)
def test_a_reason_is_written_as_ucb_computes_it(
    counts: tuple[int, ...], named: tuple[int, ...], said: str
) -> None:
    moment = ArmsMoment(pull=9, counts=counts, means=(0.5,) * len(counts), named=named)
    assert said in reason_in_words(moment)


def test_what_is_sent_is_told_beside_the_reason() -> None:
    moment = ArmsMoment(pull=9, named=(1,), pulled=1)
    assert deed_in_words(moment) == "draft 2, as the reason says"
    assert deed_in_words(moment.model_copy(update={"pulled": 0})).endswith("not as the reason says")
    forced = moment.model_copy(update={"is_own": False})
    assert deed_in_words(forced) == "draft 2, since every draft is sent once first"


def test_a_game_in_words() -> None:
    assert game_in_words(ArmsScene(counts=(0, 0), worths=(0.1, 0.2))) == (
        "No letter has been sent yet."
    )
    said = game_in_words(ArmsScene(counts=(5, 0), worths=(0.1, 0.2)))
    assert "tried 1 of 2 drafts and sent draft 1 most: 5 of 5 letters" in said
    assert said.endswith("It is worth 0.10; draft 2, the best, 0.20.")
    assert game_in_words(ArmsScene(counts=(1, 4), worths=(0.1, 0.2))).endswith(
        "It is the best one."
    )


def test_where_readers_differ_it_is_said_to_whom() -> None:
    moment = ArmsMoment(pull=9, counts=(2, 0, 0), named=(1, 2), reader="families")
    assert reason_in_words(moment).startswith("Drafts 2 and 3 have never been sent to families. ")
    nothing = moment.model_copy(update={"counts": (0, 0, 0), "named": (0, 1, 2)})
    assert reason_in_words(nothing).startswith("No draft has been sent to families yet.")
    scene = ArmsScene(worths=(0.2, 0.9), counts=(1, 4), reader="staff")
    assert "draft 2 most: 4 of 5 letters to staff. It is the best one." in game_in_words(scene)
    assert "reader" not in ArmsScene(moments=(ArmsMoment(pull=1),)).model_dump_json()
