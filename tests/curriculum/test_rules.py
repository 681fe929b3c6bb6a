import pytest

from curriculum.parts import Beat, Condition
from curriculum.rules import (
    cost_of,
    hint,
    holds,
    is_sound,
    outcome_of,
    plain,
    planned_cost,
    render,
    reply_to,
    shown,
    tells_of,
)
from curriculum.schema import Chapter
from curriculum.summary import summarise
from engine.events import RunStarted, UpdateCompleted
from engine.metrics import MetricName
from tests.curriculum.made_runs import Run, made, reply, speech


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [(">=", 3, True), (">", 3, False), ("<=", 3, True), ("<", 3, False), ("<", 3.01, True)],
)
def test_a_condition_compares_the_last_updates(
    run: Run, op: str, value: float, expected: bool
) -> None:
    condition = Condition.model_validate({"metric": "kl", "op": op, "value": value})
    assert holds(condition, run(kl=(1.0, 3.0))) is expected


@pytest.mark.parametrize(
    ("stat", "value"), [("first", 1), ("max", 3), ("min", 1), ("mean", 2), ("change", 2)]
)
def test_a_condition_can_ask_for_another_figure(run: Run, stat: str, value: float) -> None:
    for op in ("<=", ">="):
        claim = {"metric": "kl", "op": op, "value": value, "stat": stat}
        assert holds(Condition.model_validate(claim), run(kl=(1.0, 3.0)))


def test_a_metric_that_was_not_reported_bears_out_nothing(run: Run) -> None:
    claims = [{"metric": "length", "op": op, "value": 0} for op in ("<", ">=")]
    assert not any(holds(Condition.model_validate(claim), run(kl=(1.0, 1.0))) for claim in claims)


Pair = tuple[float, float]

# reward, delivered, pad visits, bumps, pay: each (early, late) -> outcome of the charging pad
ENDS = [
    ("10*delivered + 0.5*on_pad", (0, 0), (50, 92), (5, 5), (5, 25), "circles"),
    ("10*delivered - on_pad", (0, 0), (50, 92), (5, 5), (5, 25), "well_paid"),
    ("10*delivered + closer", (0, 0), (50, 92), (5, 5), (5, 25), "almost_there"),
    ("10*delivered + progress", (0, 0), (0, 0), (5, 190), (5, 25), "leans"),
    ("10*delivered + progress", (0, 0), (0, 0), (5, 9), (5, 25), "well_paid"),
    ("10*delivered", (0, 0.2), (5, 5), (5, 190), (0, 0.4), "lost"),
    ("10*delivered", (0, 0.2), (5, 5), (5, 5), (0, 2), "lost"),
    ("10*delivered + progress", (1, 1), (0, 0), (5, 5), (9, 9), "straight_home"),
    ("10*delivered - 0.1*on_pad", (1, 1), (1, 1), (5, 5), (9, 9), "straight_home"),
    ("10*delivered + 0.1*on_pad", (1, 1), (1, 1), (5, 5), (9, 9), "priced_pad"),
    ("10*delivered + on_pad - off_pad", (1, 1), (1, 1), (5, 5), (9, 9), "refunded"),
    ("10*delivered + off_pad - on_pad", (1, 1), (1, 1), (5, 5), (9, 9), "straight_home"),
    ("10*delivered", (0.5, 1), (1, 1), (5, 5), (9, 9), "learns_late"),
]


@pytest.mark.parametrize("end", ENDS, ids=[f"{end[-1]}: {end[0]}" for end in ENDS])
def test_outcomes_follow_from_what_was_measured(
    run: Run, pad: Chapter, end: tuple[str, Pair, Pair, Pair, Pair, str]
) -> None:
    reward, delivered, visits, bumps, paid, expected = end
    summary = run(reward, delivered=delivered, pad_visits=visits, bumps=bumps, proxy_return=paid)
    assert outcome_of(pad, summary).id == expected


def test_render_marks_each_figure(run: Run) -> None:
    summary = run("2*correct", correct=(0.36, 0.984), length=(10.0, 9.44))
    text = (
        "From [[correct.first|percent]] to [[correct.last]], [[length.last]] words, [[reward]], "
        "γ [[setting.gamma]]."
    )
    marked = "From [[36\u202f%]] to [[98\u202f%]], [[9.4]] words, [[2*correct]], γ [[0.99]]."
    assert render(text, summary) == marked
    assert plain(marked) == "From 36\u202f% to 98\u202f%, 9.4 words, 2*correct, γ 0.99."


def test_replies_are_quoted_from_the_first_probe() -> None:
    scene = speech(reply("the lab is on floor two ."))
    summary = summarise([RunStarted(planned_updates=1, scene=scene)], {})
    assert (
        render("[[question]] [[reply.last]]", summary)
        == "[[where is the lab ?]] [[the lab is on floor two .]]"
    )


@pytest.mark.parametrize(
    ("beat", "is_shown"),
    [
        ({}, True),
        ({"if_fact": "known"}, True),
        ({"if_fact": "unknown"}, False),
        ({"unless_fact": "known"}, False),
        ({"unless_fact": "unknown"}, True),
        ({"if_outcome": ["here"]}, True),
        ({"if_outcome": ["there"]}, False),
        ({"if_term": ["polite"]}, True),
        ({"if_term": ["polite", "evasive"]}, False),
        ({"unless_term": ["evasive"]}, True),
        ({"unless_term": ["polite"]}, False),
        ({"if_term": ["+polite"]}, True),
        ({"if_term": ["-polite"]}, False),
        ({"if_term": ["+polite", "-length"]}, True),
        ({"if_term": ["-length", "+length"]}, False),
        ({"unless_term": ["+polite"]}, False),
        ({"unless_term": ["-polite", "+length"]}, True),
        ({"if_term": ["correct"]}, True),
        ({"unless_term": ["+correct", "-correct"]}, True),
        ({"when": [{"metric": "kl", "op": ">", "value": 2}]}, True),
        ({"when": [{"metric": "kl", "op": ">", "value": 3}]}, False),
    ],
)
def test_a_beat_is_shown_if_all_that_it_asks_for_holds(
    run: Run, beat: dict[str, object], is_shown: bool
) -> None:
    made = Beat.model_validate({"text": "x", **beat})
    summary = run("1*polite - 0.1*length + 0*correct", kl=(1.0, 3.0))
    assert len(shown([made], summary, {"known"}, "here")) == is_shown


RIGHT, WRONG = "hello . the lab is on floor two .", "the lab is on floor five ."


@pytest.mark.parametrize(
    ("claims", "is_shown"),
    [
        (["last correct < 1"], True),
        (["last correct >= 1"], False),
        (["first correct >= 1"], True),
        (["first correct >= 1", "last correct >= 1"], False),
        (["first correct >= 1", "last polite < 1"], True),
        (["first length > 9"], False),
        (["first length >= 9", "first polite > 0", "last fluent >= 1"], True),
    ],
)
def test_a_beat_may_ask_what_the_quoted_reply_is(claims: list[str], is_shown: bool) -> None:
    keys = ("of", "axis", "op", "value")
    asked = [dict(zip(keys, claim.split(), strict=True)) for claim in claims]
    beat = Beat.model_validate({"text": "[[reply.first]] [[reply.last]]", "if_reply": asked})
    others = reply(RIGHT), reply(WRONG)  # of whom nobody is quoted
    started = RunStarted(planned_updates=1, scene=speech(others[0], *others))
    update = UpdateCompleted(update=1, metrics={}, scene=speech(others[1], *others), work=1)
    summary = summarise([started, update], {})
    assert bool(shown([beat], summary)) == is_shown


def test_without_a_reply_no_claim_about_one_holds(run: Run) -> None:
    claims = [{"axis": "correct", "op": op, "value": 1} for op in ("<", ">=")]
    beats = [Beat.model_validate({"text": "x", "if_reply": [claim]}) for claim in claims]
    assert not shown(beats, run("1"))
    assert not shown(beats, None)


@pytest.mark.parametrize("text", ["[[turning_point]]", "[[reply.last]]", "[[polite.last]]"])
def test_a_beat_whose_figure_the_run_lacks_is_left_out(run: Run, text: str) -> None:
    assert shown([Beat(text=text)], run(kl=(1.0, 1.0))) == ()


def test_without_a_run_only_plain_beats_are_shown() -> None:
    beats = [Beat(text="plain"), Beat(text="[[work]]"), Beat(text="paid", if_term=("polite",))]
    assert shown(beats, None) == (beats[0],)


def test_hints_are_worded_from_the_last_run(run: Run, pad: Chapter) -> None:
    assert "200 steps" in hint(pad, None, 1)
    summary = run("0.5*on_pad", delivered=(0, 0), pad_visits=(92, 92), proxy_return=(9, 9))
    assert "[[92.0]] times" in hint(pad, summary, 1)
    with pytest.raises(ValueError, match="steps 1 to 3, not 4"):
        hint(pad, summary, 4)


def test_the_reply_to_a_choice_depends_on_the_outcome(polite: Chapter) -> None:
    assert reply_to(polite, "reward_curve", "kind").facts == ("shipped_kind_pip",)
    assert reply_to(polite, "reward_curve", "babbler").facts == ("shipped_unmeasured_pip",)
    with pytest.raises(KeyError):
        reply_to(polite, "nothing", "kind")


def test_which_choice_is_reasoned(polite: Chapter) -> None:
    assert is_sound(polite, "both_numbers", "babbler")
    assert not is_sound(polite, "leash", "kind")
    with pytest.raises(KeyError):
        is_sound(polite, "nothing", "kind")


@pytest.mark.parametrize(
    ("work", "points"), [(0, 0), (1, 1), (12_000, 1), (30_000, 2), (36_000, 3)]
)
def test_work_costs_budget(pad: Chapter, work: int, points: int) -> None:
    assert cost_of(pad, work) == points


def test_the_planned_cost_is_that_of_the_start(pad: Chapter, polite: Chapter) -> None:
    assert (planned_cost(pad), planned_cost(polite)) == (1, 2)


def test_a_figure_that_no_run_reports_is_never_invented(run: Run) -> None:
    assert render("[[polite.last]]", run(kl=(1.0, 1.0))) == "[[]]"
    assert MetricName.POLITE not in run(kl=(1.0, 1.0)).metrics


def test_an_outcome_may_ask_how_the_run_ended(pad: Chapter) -> None:
    data = pad.model_dump(mode="json")
    first = data["outcomes"][0] | {"id": "ran_away", "when": [], "if_term": [], "unless_term": []}
    first["if_ending"] = "diverged"
    data["outcomes"] = [first, *data["outcomes"]]
    chapter = Chapter.model_validate(data)
    assert tells_of(chapter, "diverged") and not tells_of(pad, "diverged")
    whole = made("delivered", None, delivered=(0.0, 0.0))
    assert outcome_of(chapter, whole).id == "lost"
    assert outcome_of(chapter, whole.model_copy(update={"ending": "diverged"})).id == "ran_away"
