import pytest

from curriculum.predictions import Predicted, verdict
from curriculum.recipe import compose
from curriculum.schema import Chapter
from tests.curriculum.made_runs import Run


def test_a_prediction_that_held(run: Run, pad: Chapter) -> None:
    summary = run("x", delivered=(0, 0), pad_visits=(92, 92), length=(200, 200))
    found = verdict(pad, Predicted(option="stays_on_pad", confidence="certain"), summary, True)
    assert (found.held, found.missing) == (True, "")
    assert found.said == "You said: It stays at the pad. You were certain."
    assert "[[92.0]] times" in found.did


def test_a_prediction_that_failed_says_what_was_missing(run: Run, pad: Chapter) -> None:
    summary = run("x", delivered=(0, 0), pad_visits=(92, 92), length=(200, 200))
    found = verdict(pad, Predicted(option="charges_once", confidence="guess"), summary, True)
    assert found.held is False
    assert "[[92.0]] times" in found.did
    assert found.missing.startswith("The second visit.")
    assert "You called it a guess." in found.said


def test_where_no_option_held_the_figures_speak(run: Run, pad: Chapter) -> None:
    summary = run("x", delivered=(0.5, 0.5), pad_visits=(9, 9), length=(99, 99))
    found = verdict(pad, Predicted(option="charges_once", confidence="guess"), summary, True)
    assert found.did.startswith("None of the four quite happened.")
    assert "[[50\u202f%]]" in found.did


def test_another_reward_tests_another_question(run: Run, pad: Chapter) -> None:
    summary = run("1*delivered", delivered=(1, 1), pad_visits=(0, 0))
    found = verdict(pad, Predicted(option="charges_once", confidence="guess"), summary, False)
    assert found.held is None
    assert "`1*delivered`" in found.did


def test_the_starting_reward_under_other_settings_is_not_called_another(
    run: Run, pad: Chapter
) -> None:
    summary = run(compose(pad, {}), delivered=(1, 1), pad_visits=(0, 0))
    found = verdict(pad, Predicted(option="charges_once", confidence="guess"), summary, False)
    assert found.held is None
    assert found.did.startswith("This run had settings of its own, and your prediction")


def test_an_unknown_option_is_an_error(run: Run, pad: Chapter) -> None:
    with pytest.raises(KeyError):
        verdict(pad, Predicted(option="nothing", confidence="guess"), run(kl=(0, 0)), True)
