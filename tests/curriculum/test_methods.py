"""Every algorithm has its page, its equations are those of its file, and its trials break it."""

from pathlib import Path

import pytest

from curriculum.equations import called_by, code_of, file_of, numbers_of
from curriculum.errors import ChapterError
from curriculum.methods import METHODS, Trial, load_method, load_methods, method_of, trial_config
from curriculum.summary import summarise
from engine.algorithms import ALGORITHMS
from engine.train import train
from tests.seeds import ASKED

SEEDS = (1, 2) if ASKED > 3 else (1,)  # first that of the run which the page offers
TRIALS = {
    f"{name} {failure.id}": (name, trial)
    for name, method in load_methods().items()
    for failure, trial in method.trials
}


def test_every_algorithm_has_its_page_and_no_page_is_without_one() -> None:
    assert set(load_methods()) == set(ALGORITHMS)
    assert {path.stem for path in METHODS.glob("*.toml")} == set(ALGORITHMS)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_equation_has_code_that_still_stands_in_the_file(name: str) -> None:
    file_name = file_of(ALGORITHMS[name])
    lines = Path(file_name).read_text().splitlines()
    assert numbers_of(file_name) == tuple(range(1, len(numbers_of(file_name)) + 1))
    for number in numbers_of(file_name):
        pieces = code_of(file_name, number)
        assert pieces, f"{file_name} has no line marked ({number})"
        for piece in pieces:
            first = piece.text.splitlines()[0]
            assert lines[piece.first - 1].strip() == first.strip()
            assert f"({number})" in piece.text


def test_a_statement_is_shown_whole_with_what_it_calls() -> None:
    (choice,) = code_of("engine/algorithms/q_learning.py", 1)
    assert choice.function == "learn_episode"
    assert choice.text.startswith("if draw() < epsilon:")
    assert choice.text.endswith("action = ties[int(draw() * len(ties))]")
    called = called_by("engine/algorithms/ppo.py", 2)
    assert called[:2] == ("engine/control/batches.py#batch_of", "engine/advantages.py#gae")


def test_a_comment_of_its_own_marks_the_statement_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curriculum.equations.ROOT", tmp_path)
    lines = ["def f(x):", "    if x:", "        # (1), of both", "        y = g(", "            x)"]
    (tmp_path / "one.py").write_text("\n".join(lines))
    (piece,) = code_of("one.py", 1)
    assert piece == ("f", 4, "y = g(\n    x)")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "trial"), TRIALS.values(), ids=TRIALS)
def test_every_trial_breaks_its_method(name: str, trial: Trial) -> None:
    for seed in SEEDS:
        config = trial_config(name, trial, seed)
        summary = summarise(train(config), config.model_dump())
        ends = {metric: track.last for metric, track in summary.metrics.items()}
        assert trial.is_borne_out(summary), f"seed {seed}: {summary.ending}, {ends}"


def test_the_usual_settings_break_nothing_that_a_cheap_trial_promises() -> None:
    method = method_of("q_learning")
    assert method
    config = trial_config("q_learning", method.trials[0][1].model_copy(update={"settings": {}}))
    summary = summarise(train(config), config.model_dump())
    assert not any(trial.is_borne_out(summary) for _, trial in method.trials)


def test_nothing_is_written_of_an_unknown_algorithm() -> None:
    assert method_of("alchemy") is None


WRONG = """
schema_version = 1
algorithm = "{algorithm}"
idea = ["It learns."]
[[equations]]
number = 1
latex = "a"
text = "One."
[[failures]]
id = "one"
title = "One"
text = "One."
remedy = "None."
{rest}
"""
TRIAL = '[failures.trial]\nwatch = "It."\n'


@pytest.mark.parametrize(
    ("algorithm", "rest", "line", "words"),
    [
        ("gpro", "", 3, "algorithm (gpro): No such algorithm exists. Did you mean `grpo`?"),
        ("sft", "", 1, "numbers its equations 1, 2. Write one [[equations]] for each"),
        ("sft", "", 1, "No failure can be tried."),
        ("sft", f"{TRIAL}settings = {{}}", 14, "This trial promises nothing."),
        ("sft", f'{TRIAL}settings = {{ update = 3 }}\nending = "no_signal"', 16, "did you mean"),
        (
            "sft",
            f'{TRIAL}settings = {{}}\nwhen = [{{ metric = "td_error", op = "<", value = 1 }}]',
            17,
            "(td_error): This is not measured in a run of these settings.",
        ),
        ("sft", "remedie = 3", 14, "`remedie` is not a key of the format."),
    ],
)
def test_every_mistake_has_its_line_and_a_remedy(
    tmp_path: Path, algorithm: str, rest: str, line: int, words: str
) -> None:
    path = tmp_path / "method.toml"
    path.write_text(WRONG.format(algorithm=algorithm, rest=rest), encoding="utf-8")
    with pytest.raises(ChapterError) as caught:
        load_method(path)
    assert any(f"{path}:{line}: " in one and words in one for one in str(caught.value).split("\n"))
