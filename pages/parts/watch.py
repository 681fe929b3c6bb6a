"""Watching a run: the world, its curves, the last update in words, and every token's credit."""

import json
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from curriculum.experiment import Chart
from curriculum.figures import default_format, number
from curriculum.follow_ups_narration import is_followed_up
from curriculum.narration import is_held_against_itself, update_in_words
from curriculum.second_reading_narration import is_second_reading
from curriculum.teacher_narration import is_of_a_teacher
from engine.config import config_json, parse_config
from engine.metrics import METRICS, MetricName
from engine.plans import plans
from engine.reward_expression import RewardValueError
from engine.scenes import LettersScene, Reply, SpeechScene
from engine.spec import TrainConfig
from engine.tabular.practice import TabularConfig
from pages.parts import components as draw
from pages.parts import export, inspector, pager, pictures
from pages.parts.tape import Tape

VISITORS: tuple[tuple[draw.Who, str], ...] = (
    ("ruth", "Ruth"),
    ("noor", "Noor"),
    ("kenji", "Kenji"),
    ("adeyemi", "Dr. Adeyemi"),
)
MEANINGS: dict[str, draw.Meaning] = {
    "proxy": "proxy",
    "true": "true",
    "drift": "drift",
    "neutral": "neutral",
}
# Lines of one chart that share a meaning, or have none of their own, do not look alike.
TRUES: tuple[draw.Meaning, ...] = ("true", "true_dashed", "true_dotted")
NEUTRALS: tuple[draw.Meaning, ...] = ("neutral", "neutral_dashed", "neutral_solid")
PLAIN_REPLY_WORDS = 14  # longer than this, the visitor's patience is over


def show(
    tape: Tape,
    charts: Sequence[Chart],
    moments: Sequence[draw.Moment] = (),
    wait: str = "",
) -> None:
    """Everything there is to watch, for a run that has not begun, is on, or is over."""
    scene = tape.scene_now
    if isinstance(scene, pictures.Picture):
        _pictured(tape, scene, charts, moments)
    elif isinstance(scene, SpeechScene):
        _desk(tape, scene, charts, moments, wait)
    elif isinstance(scene, LettersScene):
        _pager(tape, scene, charts, moments)
    else:
        st.caption(wait)
    inspector.panel(tape)


def first_sign(tape: Tape) -> str:
    """What is said until there is something to watch."""
    comes = "reply" if tape.config.world.world == "desk" else "picture"
    return f"The first {comes} comes with the first update."


def _desk(
    tape: Tape,
    scene: SpeechScene,
    charts: Sequence[Chart],
    moments: Sequence[draw.Moment],
    wait: str,
) -> None:
    speech(tape, wait)
    left, right = st.columns([1.75, 1], gap="medium")
    with left:
        for chart in charts[:2]:
            curve(tape, chart, moments if chart is charts[0] else (), height=190)
    with right:
        for chart in charts[2:]:
            curve(tape, chart, height=120)
    if tape.update:
        in_words(tape)
        credit(scene, tape.update.update)


def speech(tape: Tape, wait: str = "") -> None:
    """What Pip said at the start beside what it says now, to the same visitors."""
    before, now = tape.scene_before, tape.scene_now
    if not isinstance(before, SpeechScene) or not isinstance(now, SpeechScene):
        return
    number = tape.update.update if tape.update else 0
    draw.speech_stage(
        [
            _probe(index, old, new if number else None)
            for index, (old, new) in enumerate(zip(before.probes, now.probes, strict=True))
        ],
        now_label=f"Pip now, update {number}" if number else "Pip after training",
        wait=wait,
        key="speech",
    )


def _probe(index: int, before: Reply, now: Reply | None) -> draw.Probe:
    who, name = VISITORS[index % len(VISITORS)]
    return draw.Probe(
        who=who,
        name=name,
        question=before.question,
        before=before.tokens,
        before_verdicts=verdicts(before),
        now=now.tokens if now else (),
        now_verdicts=verdicts(now) if now else (),
        credit=now.credit if now else (),
        mood=draw.reply_mood(now.axes) if now else "idle",
    )


def verdicts(reply: Reply) -> list[draw.Verdict]:
    """What the verifiers say of a reply, in a few words."""
    axes = reply.axes
    polite, length = axes.get("polite", 0.0), axes.get("length", 0.0)
    found = [_answer_verdict(axes)]
    found.append(draw.Verdict(f"{polite:.0f} polite word{'' if polite == 1 else 's'}"))
    if axes.get("flattery", 0.0):
        found.append(draw.Verdict(f"{axes['flattery']:.0f} flattering"))
    if axes.get("sycophantic", 0.0):
        found.append(draw.Verdict("agrees with a mistake", "no"))
    if axes.get("fluent", 1.0) < 1.0:
        found.append(draw.Verdict("not a sentence Pip was taught", "no"))
    found.append(draw.Verdict(f"{length:.0f} words"))
    return found


def _answer_verdict(axes: dict[str, float]) -> draw.Verdict:
    if axes.get("correct", 0.0):
        return draw.Verdict("right answer", "ok")
    if axes.get("evasive", 0.0):
        return draw.Verdict("no answer", "no")
    return draw.Verdict("not the right answer", "no")


def credit(scene: SpeechScene, update: int) -> None:
    """The first group of the update, token by token."""
    if not scene.group:
        return
    rows = [
        draw.CreditRow(reply.tokens, reply.credit, reply.reward, reply.advantage)
        for reply in scene.group
    ]
    if scene.paired:
        draw.credit_table(
            rows,
            title="Pairs, token by token",
            note=(
                f"The first {len(rows) // 2} pairs of update {update}, the reply that was liked "
                "above the other one. The pull is how hard the pair pushes a reply up or down; the "
                "tint is how much more or less likely the update made each word."
            ),
            columns=("crowd's points", "pull"),
            key="credit",
        )
        return
    column, meaning = verdict_of(scene.group)
    draw.credit_table(
        rows,
        title="One group of replies, token by token",
        note=(
            f"Asked “{scene.group[0].question}”. {meaning}; the tint is how much more or less "
            "likely the update made each word."
        ),
        columns=("reward", column),
        key="credit",
    )


def verdict_of(group: Sequence[Reply]) -> tuple[str, str]:
    """What the second number of a reply is called, and what it is."""
    if is_second_reading(group):
        return "verdict", (
            "The verdict is how much likelier the told teacher would have said the whole reply, in "
            "nats, and 0 where it did not read it"
        )
    if is_of_a_teacher(group):
        return "verdict", (
            "The verdict is the sum of a reply's advantages, word by word and in nats, which come "
            "from the teacher alone and not from pay"
        )
    if is_followed_up(group) and "verdict" in group[0].totals:
        return "advantage", (
            "The advantage is the mean over a reply's words: the visitor's verdict and the hint, "
            "each by its weight, and 0 where nobody was heard. The reward is only measured"
        )
    if is_followed_up(group):
        return "verdict", (
            "The verdict is how much likelier the whole reply is to who has read the follow-up, in "
            "nats, and 0 without one. The reward is only measured"
        )
    against = "this group" if is_held_against_itself(group) else "what was expected of it"
    return "advantage", f"The advantage is the reward measured against {against}"


def in_words(tape: Tape) -> None:
    """The update just made, as a sentence."""
    if tape.update:
        draw.prose(
            update_in_words(tape.update),
            lead=f"Update {tape.update.update} in words.",
            key="in_words",
        )


def _pictured(
    tape: Tape,
    scene: pictures.Picture,
    charts: Sequence[Chart],
    moments: Sequence[draw.Moment],
) -> None:
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        pictures.picture(tape, scene)
        in_words(tape)
        if tape.update:
            arithmetic(tape.config, tape.done - 1)
    with right:
        for chart in charts:
            is_second = chart is charts[1 % len(charts)]
            notes = [moment for moment in moments if is_second or not moment.warning]
            curve(tape, chart, notes, 148)


def _pager(
    tape: Tape,
    scene: LettersScene,
    charts: Sequence[Chart],
    moments: Sequence[draw.Moment],
) -> None:
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        pager.messages(scene)
        pager.frontier(tape, scene)
        in_words(tape)
        if tape.update:
            pager.group(scene, tape.update.update)
    with right:
        for chart in charts:
            curve(tape, chart, moments if chart is charts[0] else (), 148)


def arithmetic(config: TrainConfig, updates: int = 0) -> None:
    """What each plan would earn, computed exactly from the learner's own reward.

    updates: made before the one that is shown, since the map may have changed on the way.
    """
    made = [0, *(change.after for change in pictures.changes_of(config))]
    rows = _plans(config_json(config), max(after for after in made if after <= updates))
    if rows:
        draw.rows_table(
            ["Plan, from the pharmacy", "Pays", "Worth"],
            rows,
            numeric=[1, 2],
            caption="Plans and what they are worth under this reward",
            key="plans",
        )


@st.cache_data(max_entries=256, show_spinner=False)
def _plans(content: str, updates: int) -> list[list[str]]:
    config = parse_config(json.loads(content))
    if not isinstance(config, TabularConfig):
        return []
    try:
        found = plans(config, updates)
    except RewardValueError:
        return []
    return [[plan.label, plan.pays, number(plan.worth, "one_decimal")] for plan in found]


def curve(tape: Tape, chart: Chart, moments: Sequence[draw.Moment] = (), height: int = 190) -> None:
    """One chart of the run so far; its range is fixed while the run is on."""
    all_names = [MetricName(name) for name in chart.metrics]
    known = [name for name in all_names if tape.columns.get(name)]
    ends = ", ".join(f"{METRICS[name].label} {tape.columns[name][-1]:.2f}" for name in known)
    names = known if tape.columns else all_names
    draw.curves(
        chart.title,
        unit=chart.unit,
        series=apart([_line(tape, name, chart.against) for name in names]),
        x_range=(0, reach(tape, chart)),
        x_title=METRICS[MetricName(chart.against)].label.lower() if chart.against else "update",
        y_range=_range(chart),
        y_low=chart.low,
        moments=moments,
        run=tape.address,
        live=tape.is_live,
        height=height,
        percent=METRICS[MetricName(chart.metrics[0])].percent,
        file=f"{export.name_of(tape.address)} {chart.title}" if tape.address else "",
        alt=f"{chart.title} after {tape.done} of {tape.planned} updates: {ends or 'no value yet'}.",
        key=f"curve_{chart.title}",
    )


def apart(lines: Sequence[draw.Series]) -> list[draw.Series]:
    """Lines that share a meaning, with a look for each as far as looks go."""
    looks: dict[int, draw.Meaning] = {}
    for kinds in (TRUES, NEUTRALS):
        places = [place for place, line in enumerate(lines) if line.meaning == kinds[0]]
        looks |= dict(zip(places, kinds, strict=False))
    return [
        replace(line, meaning=looks.get(place, line.meaning)) for place, line in enumerate(lines)
    ]


def reach(tape: Tape, chart: Chart) -> float:
    """Where the x axis ends: with the run, or as far as the chapter wishes and the run has gone."""
    if chart.against is None:
        return tape.planned
    gone = tape.columns.get(MetricName(chart.against), [])
    return max([*gone, chart.reach or 0.0]) or 1.0


def _range(chart: Chart) -> tuple[float, float] | None:
    return None if chart.low is None or chart.high is None else (chart.low, chart.high)


def _line(tape: Tape, name: MetricName, against: str | None = None) -> draw.Series:
    metric = METRICS[name]
    column = tape.columns.get(name, [])
    x = tape.columns.get(MetricName(against), []) if against else tape.updates
    column = column[-len(x) :] if x else []
    end = number(column[-1], default_format(name)) if column else ""
    return draw.Series(
        name=metric.label,
        meaning=MEANINGS[metric.role],
        x=x[-len(column) :] if column else [],
        y=column,
        label=f"{metric.label} {end}".strip(),
    )
