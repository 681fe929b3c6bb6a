"""The teachers that ship: what they know, how they are made, and which of them are refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from safetensors.torch import save

from engine.config import parse_config
from engine.endings import RunEnded
from engine.events import RunFailed
from engine.language import teachers
from engine.language.checkpoint import base_policy, copy_policy, weights_of
from engine.language.decoding import draw_noise
from engine.language.facts import ROOMS
from engine.language.grammar import REPLY_LIMIT
from engine.language.lean import Policy
from engine.language.question_domains import exam_questions, examined
from engine.language.questions import fact_question
from engine.language.said import Asked, say
from engine.language.teachers import (
    FOLDER,
    TEACHERS,
    TeacherName,
    load_teacher,
    rates_of,
    save_teacher,
    teacher_policy,
    trained,
)
from engine.language.verifiers import grade
from engine.metrics import MetricName as M
from engine.train import train

NAMES = get_args(TeacherName)


def rates(policy: Policy) -> dict[str, float]:
    """What 32 replies to each question about the rota are on average."""
    questions = [fact_question("duty", room) for room in ROOMS]
    noise = draw_noise(torch.Generator().manual_seed(7), REPLY_LIMIT, 32 * len(questions))
    (said,) = say(policy, Asked(questions, 32, noise))
    graded = [grade(q, text) for q, text in zip(said.questions, said.texts, strict=True)]
    return {
        term: float(np.mean([one[term] for one in graded]))
        for term in ("correct", "flattery", "fluent")
    }


def test_every_teacher_is_better_than_pip_and_far_from_perfect() -> None:
    pip = rates(base_policy())
    assert pip["correct"] < 0.05
    for name in ("rota_learner", "flattering_learner"):
        known = rates(teacher_policy(name))
        assert 0.5 < known["correct"] < 0.9, name
        assert known["fluent"] > 0.85, name


def test_only_one_of_them_was_taught_to_flatter() -> None:
    pip, honest, flawed = map(
        rates, (base_policy(), *map(teacher_policy, ("rota_learner", "flattering_learner")))
    )
    assert honest["flattery"] < 0.3
    assert flawed["flattery"] > pip["flattery"] + 0.6


def test_a_runs_figures_of_a_teacher_are_its_own_rates() -> None:
    teacher = teacher_policy("flattering_learner")
    seen, long = rates_of(teacher, {"duty": 1.0}, 5), rates(teacher)
    assert seen[M.TEACHER_RIGHT] == pytest.approx(long["correct"], abs=0.1)
    assert seen[M.TEACHER_FLATTERY] == pytest.approx(long["flattery"], abs=0.2)
    assert seen == rates_of(teacher, {"duty": 1.0}, 5)


def test_each_specialist_knows_its_own_and_who_learnt_in_turn_lost_what_came_first() -> None:
    luck, exam = torch.Generator().manual_seed(3), exam_questions()
    names: list[TeacherName] = ["duty_specialist", "rooms_specialist", "sums_specialist"]
    alone = dict(zip(exam, (examined(teacher_policy(n), exam, 4, luck) for n in names)))  # noqa: B905
    for domain in exam:
        assert alone[domain][domain] > 0.8
        assert min(known for other, known in alone[domain].items() if other != domain) < 0.5
    in_turn = examined(teacher_policy("three_stages"), exam, 4, luck)
    assert in_turn["duty"] > 0.65  # the last stage
    assert in_turn["rooms"] < alone["rooms"]["rooms"] - 0.2
    assert in_turn["sums"] < alone["sums"]["sums"] - 0.3


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_is_a_run_and_its_file_a_small_one(name: TeacherName) -> None:
    assert TEACHERS[name].meaning.endswith(".")
    for settings in (TEACHERS[name].settings, *TEACHERS[name].then):
        parse_config(settings)
    assert (FOLDER / f"{name}.safetensors").stat().st_size < 500_000


@pytest.mark.slow
def test_a_recipe_makes_the_teacher_that_ships() -> None:
    again, shipped = rates(trained("rota_learner")), rates(teacher_policy("rota_learner"))
    assert again["correct"] == pytest.approx(shipped["correct"], abs=0.15)
    assert again["flattery"] == pytest.approx(shipped["flattery"], abs=0.2)


def test_each_stage_of_a_recipe_begins_with_what_the_last_one_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = {**TEACHERS["three_stages"].settings, "updates": 1, "group_size": 2}
    hardly = first | {"learning_rate": 1e-5, "seed": 1}

    def made_by(*then: Mapping[str, Any]) -> Policy:
        recipe = TEACHERS["three_stages"]._replace(settings=first, then=then)
        monkeypatch.setattr(teachers, "TEACHERS", {"three_stages": recipe})
        return trained("three_stages")

    def apart(one: Policy, other: Policy) -> float:
        pairs = zip(one.parameters, other.parameters, strict=True)
        return max(float((a.detach() - b.detach()).abs().max()) for a, b in pairs)

    alone, and_then = made_by(), made_by(hardly)
    assert apart(alone, base_policy()) > 1e-3
    assert 0 < apart(and_then, alone) < 1e-4


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    shipped = teacher_policy("rota_learner")
    save_teacher(shipped, tmp_path / "made" / "mine.safetensors")
    loaded = load_teacher(tmp_path / "made" / "mine.safetensors")
    pairs = zip(loaded.parameters, shipped.parameters, strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    assert not any(tensor.requires_grad for tensor in loaded.parameters)


def shorter(policy: Policy) -> Policy:
    """A policy whose words lack the last."""
    width = policy.embedding.shape[1]
    kept = policy.embedding[:-1].clone()
    assert width == kept.shape[1]
    return Policy(kept, policy.layers, policy.final_norm, kept, policy.head_count)


def test_a_teacher_of_other_words_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "foreign.safetensors"
    save_teacher(shorter(base_policy()), path)
    with pytest.raises(RunEnded, match=r"`foreign` was trained on other words.*164.*165") as end:
        load_teacher(path)
    assert end.value.ending == "no_teacher"
    assert end.value.remedy == "Make it again: python -m engine.language.teachers foreign."
    with monkeypatch.context() as patch:  # as many words, in another order
        patch.setattr(teachers, "words", lambda: ("other", "words"))
        save_teacher(copy_policy(base_policy()), path)
    with pytest.raises(RunEnded, match="another order"):
        load_teacher(path)
    path.write_bytes(weights_of(base_policy()))  # one that says nothing of its words
    with pytest.raises(RunEnded, match="other words"):
        load_teacher(path)


@pytest.mark.parametrize("kept", ["nothing", "half", "another_model"])
def test_a_damaged_teacher_says_how_to_make_it_again(tmp_path: Path, kept: str) -> None:
    path, whole = tmp_path / "torn.safetensors", weights_of(base_policy())
    foreign = save({"weight": torch.zeros(3)})
    path.write_bytes({"nothing": b"", "half": whole[: len(whole) // 2]}.get(kept, foreign))
    with pytest.raises(RunEnded, match=r"`torn` is damaged\..*teachers torn\.") as end:
        load_teacher(path)
    assert end.value.ending == "no_teacher"


@pytest.mark.parametrize("algorithm", ["gopd", "reopold", "mopd"])
def test_a_run_whose_teacher_is_missing_ends_by_saying_so(
    algorithm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teachers, "FOLDER", tmp_path)
    teacher_policy.cache_clear()
    try:
        *_, last = train(parse_config({"algorithm": algorithm, "updates": 1}))
    finally:
        teacher_policy.cache_clear()
    assert isinstance(last, RunFailed) and last.ending == "no_teacher"
    assert "Make it again" in last.remedy


def test_a_missing_teacher_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(RunEnded, match=r"no file of the teacher `gone`.*teachers gone\.") as end:
        load_teacher(tmp_path / "gone.safetensors")
    assert end.value.ending == "no_teacher"
