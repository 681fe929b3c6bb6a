"""The exact plan of a map: value iteration beside policy iteration, in curves and in words."""

import json

import streamlit as st

from curriculum.figures import with_minus
from engine.config import config_json, parse_config
from engine.planning import Planning, Progress, planning
from engine.reward_expression import RewardValueError
from engine.spec import TrainConfig
from engine.tabular.practice import TabularConfig
from pages.parts import components as draw

BEYOND = 1.05  # of the largest value, so that no line lies on the edge
HEIGHT = 150  # so low that names stand above the plot: at one line's end the other may go on


def panel(config: TrainConfig, key: str = "plan") -> None:
    """How both methods find the best plan of the map that a run begins on, in curves and words."""
    if not isinstance(config, TabularConfig):
        return
    st.markdown("**The best plan, worked out exactly**")
    if config.gamma == 1:
        st.caption(
            "With a patience of 1 a loop that pays is worth an infinite amount, and neither method "
            "comes to an end. Set the patience below 1 to see them."
        )
        return
    try:
        found = _planning(config_json(config))
    except RewardValueError as refusal:
        st.caption(f"There is no plan to work out: {refusal}")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        _curves(found, "Value of the start", "starts", key)
    with right:
        _curves(found, "Greatest change of a value", "changes", key)
    for number, sentence in enumerate(in_words(found)):
        draw.prose(sentence, key=f"{key}_words_{number}")


@st.cache_data(max_entries=64, show_spinner=False)
def _planning(content: str) -> Planning:
    config = parse_config(json.loads(content))
    assert isinstance(config, TabularConfig)
    return planning(config)


def in_words(found: Planning) -> list[str]:
    """What both did, with the counts of their work."""
    cells, swept, improved = found.cells, len(found.by_sweeps.starts), len(found.by_rounds.starts)
    worth, other = found.by_sweeps.starts[-1], found.by_rounds.starts[-1]
    if found.by_sweeps.is_settled:
        end = "The last one changes nothing."
    else:
        change = _figure(found.by_sweeps.changes[-1])
        end = f"It is not done: the last one still changes a value by [[{change}]]."
    return [
        f"*Value iteration* corrects the value of {_cells(cells)} once a sweep, from what the "
        f"neighbours are worth so far: {_counted(swept, 'sweep')}, "
        f"{_counted(swept * cells, 'cell backup')}. {end} It puts the start at "
        f"[[{_figure(worth)}]].",
        "*Policy iteration* works out what its plan is worth for good, one equation a cell and all "
        "solved together, and then looks in every cell for a better action: "
        f"{_counted(improved, 'round')}, {_counted(improved * cells, 'cell backup')}, and the "
        "equations once a round. In the last plan there is nothing to improve, so that one more "
        "round would change nothing, and none is drawn: its curve of changes "
        f"ends at [[{_figure(found.by_rounds.changes[-1])}]], what the last plan brought. It "
        f"puts the start at [[{_figure(other)}]].",
    ]


def _cells(count: int) -> str:
    return "the one cell there is" if count == 1 else f"all {count} cells"


def _counted(count: int, word: str) -> str:
    return f"[[{count:,}]] {word}{'' if count == 1 else 's'}"


def _figure(value: float) -> str:
    return with_minus(f"{value + 0.0:.4g}")


def _curves(found: Planning, title: str, what: str, key: str) -> None:
    """One measurement of both methods, on one axis of sweeps and rounds."""
    lines = [
        _line("value iteration", "neutral", found.by_sweeps, what),
        _line("policy iteration", "true", found.by_rounds, what),
    ]
    values = [value for line in lines for value in line.y]
    low, high = min(0.0, *values), max(0.0, *values)
    ends = "; ".join(f"{line.name} {_figure(line.y[-1])} after {line.x[-1]:.0f}" for line in lines)
    longest = max(len(found.by_sweeps.starts), len(found.by_rounds.starts))
    draw.curves(
        title,
        unit="in units of the reward",
        series=lines,
        x_range=(0, longest),
        x_ticks=sorted({0, longest // 2, longest}),
        y_range=(low * BEYOND, max(high * BEYOND, low + 1e-3)),
        x_title="sweep, or round",
        run=f"{what} {hash(found)}",
        height=HEIGHT,
        alt=f"{title}, sweep by sweep and round by round: {ends}.",
        key=f"{key}_{what}",
    )


def _line(name: str, meaning: draw.Meaning, progress: Progress, what: str) -> draw.Series:
    """A method from its beginning, when every value is 0, or from its first change on."""
    values = list(progress.starts if what == "starts" else progress.changes)
    numbers = [float(number) for number in range(1, len(values) + 1)]
    if what == "starts" and name == "value iteration":
        values, numbers = [0.0, *values], [0.0, *numbers]
    return draw.Series(name=name, meaning=meaning, x=numbers, y=values, digits=3)
