"""What is compared: task, reward, methods, budget and seeds, taken from the address at first."""

from dataclasses import replace

import streamlit as st

from curriculum.comparison import (
    REPLIES,
    TASKS,
    Comparison,
    checked,
    full,
    methods,
    title_of,
)
from pages.parts import lab_form, session, telling

DRAWN = "compare_drawn"  # the comparison that the form was begun with


def draw(given: Comparison) -> Comparison:
    """The form; what it describes is not checked. given: what it begins with."""
    known = methods()
    if session.value_of(DRAWN) != given:  # at first, and at another address
        session.set_value(DRAWN, given)
        _begin_with(given)
    chosen = st.pills(
        "Methods",
        list(known),
        format_func=title_of,
        selection_mode="multi",
        key=_key("methods"),
        help="Each with its usual settings; only what stands here is the same for all.",
    )
    left, right = st.columns([1.3, 1], gap="medium")
    with left:
        task = st.selectbox(
            telling.retold("Every visitor asks"),
            list(TASKS),
            format_func=lambda task: telling.retold(TASKS[task]),
            key=_key("task"),
        )
    with right:
        reward = st.text_input("Reward", key=_key("reward"), help=lab_form.reward_help("desk"))
    first, second, third = st.columns(3, gap="medium")
    with first:
        budget = st.number_input(
            "Budget, tokens",
            step=500,
            key=_key("budget"),
            help="Of the replies that a run learns from. A run ends before the update that would "
            "take more.",
        )
    with second:
        replies = st.selectbox("Replies an update", list(REPLIES), key=_key("replies"))
    with third:
        seeds = st.number_input("Seeds", step=1, key=_key("seeds"))
    return Comparison(
        methods=tuple(name for name in known if name in chosen),
        task=task,
        reward=telling.decoded(reward),
        replies=replies,
        budget=int(budget),
        seeds=int(seeds),
    )


def _begin_with(given: Comparison) -> None:
    """The form shows a comparison, as far as it can be offered."""
    known = methods()
    usual = Comparison()
    session.set_value(_key("methods"), [name for name in given.methods if name in known])
    session.set_value(_key("task"), given.task if given.task in TASKS else usual.task)
    session.set_value(_key("reward"), telling.coded(given.reward))
    session.set_value(_key("replies"), given.replies if given.replies in REPLIES else usual.replies)
    session.set_value(_key("budget"), given.budget)
    session.set_value(_key("seeds"), given.seeds)


def every(wanted: Comparison) -> Comparison:
    """The full comparison on the task, the reward and the size of update that are wanted."""
    return replace(full(), task=wanted.task, reward=wanted.reward, replies=wanted.replies)


def check(comparison: Comparison) -> Comparison:
    """The comparison, its reward in the one way in which it is written. Raises ComparisonError."""
    found = checked(comparison)
    return Comparison(
        found.methods,
        found.task,
        found.config(found.methods[0], 1).reward,
        found.replies,
        found.budget,
        found.seeds,
    )


def _key(name: str) -> str:
    return f"compare_{name}"
