"""How one algorithm learns: its idea, its equations beside the code that runs, how it breaks."""

import streamlit as st

from curriculum.comparison import around, methods
from curriculum.equations import Piece, called_by, code_of, file_of
from curriculum.errors import ChapterError
from curriculum.figures import counted, with_minus
from curriculum.library import with_algorithm
from curriculum.methods import Equation, Failure, Method, Trial, trial_config
from curriculum.sources import source_of
from engine.algorithms import ALGORITHMS
from engine.config import Parameter, fields_of, parse_config, worlds_of
from engine.metrics import METRICS
from engine.spec import Algorithm
from engine.tabular.practice import TabularConfig
from engine.worlds import WORLDS
from pages.parts import (
    components,
    exact_plan,
    lab_form,
    lab_map,
    library_links,
    measured_tables,
    session,
    shell,
    telling,
)


def show() -> None:
    """The algorithm that the address names."""
    name = st.query_params.get("id", "")
    algorithm = ALGORITHMS.get(name)
    if algorithm is None:
        components.chapter_head("Methods", eyebrow="How each way to learn works")
        if name:
            shell.trouble(f"There is no method “{name}”. Choose one of these.")
        _others(list(ALGORITHMS.values()))
        return
    components.chapter_head(algorithm.title, eyebrow="How it learns")
    st.set_page_config(page_title=f"{algorithm.title} · Pip School")
    try:
        method = shell.method(algorithm.name)
    except ChapterError as broken:
        shell.trouble(f"What is written of {algorithm.title} cannot be read. {broken.problems[0]}")
        method = None
    _about(algorithm, method)
    if method:
        _equations(algorithm, method)
        _failures(algorithm, method)
    _exact(algorithm)
    measured_tables.show(algorithm)
    _measured(algorithm)
    _settings(algorithm)
    st.header("Other methods", anchor=False)
    _others([other for other in ALGORITHMS.values() if other is not algorithm])


def links(algorithms: list[Algorithm]) -> None:
    """A link to the page of each algorithm, in a row; for other pages than this one."""
    with st.container(horizontal=True, gap="small"):
        for one in algorithms:
            link(one, one.title)


def link(algorithm: Algorithm, label: str) -> None:
    """A link from another page to an algorithm's own."""
    st.page_link(lab_form.METHOD_PAGE, label=label, query_params={"id": algorithm.name})


def _others(algorithms: list[Algorithm]) -> None:
    """Ways to other methods. A link of a page to itself would leave the address as it is."""
    with st.container(horizontal=True, gap="small"):
        for one in algorithms:
            st.button(one.title, key=f"method_{one.name}", on_click=_open, args=(one.name,))


def _open(name: str) -> None:
    st.query_params.from_dict({"id": name})


def _about(algorithm: Algorithm, method: Method | None) -> None:
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        for number, paragraph in enumerate(method.idea if method else ()):
            components.prose(paragraph, key=f"idea_{number}")
    with right.container(border=True, gap="small"):
        _chapters(algorithm)
        titles = [telling.retold(WORLDS[world].title) for world in worlds_of(algorithm)]
        st.markdown(f"**Learns in**  \n{', '.join(titles)}")
        st.markdown(f"**Described in**  \n{algorithm.source}")
        st.markdown(f"**The code that runs**  \n`{file_of(algorithm)}`")
        if st.button("Try it in the Lab", key="go_lab", type="primary", width="stretch"):
            session.set_value("lab_world", worlds_of(algorithm)[0])
            session.set_value(f"lab_algorithm_{worlds_of(algorithm)[0]}", algorithm)
            st.switch_page("pages/lab.py")
        if algorithm.name in methods():
            st.page_link(
                lab_form.COMPARE_PAGE,
                label="Compare it with other methods",
                query_params=around(algorithm.name).as_query(),
            )


def _chapters(algorithm: Algorithm) -> None:
    """Where it is met in the story; nothing if it is in the Lab alone."""
    names = with_algorithm(shell.catalogue().chapters, algorithm.name)
    if names:
        with st.expander(f"Runs in {counted(len(names), 'chapter')}"):
            library_links.to_chapters(names, key="method")


def _equations(algorithm: Algorithm, method: Method) -> None:
    st.header("The equations, and the code that computes them", anchor=False)
    st.caption(
        "The code is read from the file that runs, line by line as it stands there; the numbers in "
        "its comments are those of the equations."
    )
    for equation in method.equations:
        left, right = st.columns([1, 1.5], gap="large")
        with left:
            st.markdown(f"**({equation.number})** {equation.text}")
            st.latex(equation.latex)
        with right:
            _code(file_of(algorithm), equation)


def _code(file_name: str, equation: Equation) -> None:
    pieces = code_of(file_name, equation.number)
    st.code("\n…\n".join(piece.text for piece in pieces), language="python", wrap_lines=True)
    st.caption(_places(file_name, pieces))
    called = called_by(file_name, equation.number)
    if called:
        names = ", ".join(reference.partition("#")[2] for reference in called)
        with st.expander(f"What it calls: {names}"):
            for reference in called:
                st.code(source_of(reference), language="python", wrap_lines=True)
                st.caption(reference.partition("#")[0])


def _places(file_name: str, pieces: tuple[Piece, ...]) -> str:
    """Where the pieces stand, in words."""
    functions = " and ".join(dict.fromkeys(piece.function for piece in pieces))
    lines = ", ".join(str(piece.first) for piece in pieces)
    return f"{file_name}, line{'s' if len(pieces) > 1 else ''} {lines}, in {functions}"


def _failures(algorithm: Algorithm, method: Method) -> None:
    st.header("When it fails", anchor=False)
    for start in range(0, len(method.failures), 3):
        shown = method.failures[start : start + 3]
        for column, failure in zip(st.columns(3, gap="medium"), shown, strict=False):
            with column.container(border=True, height="stretch"):
                _failure(algorithm, failure)


def _failure(algorithm: Algorithm, failure: Failure) -> None:
    st.subheader(failure.title, anchor=False)
    st.markdown(failure.text)
    st.markdown(f"**What helps.** {failure.remedy}")
    if failure.trial:
        st.markdown(f"**What you will see.** {failure.trial.watch}")
        st.space("stretch")
        if st.button("Break it in the Lab", key=f"break_{failure.id}", width="stretch"):
            _break(algorithm, failure, failure.trial)


def _break(algorithm: Algorithm, failure: Failure, trial: Trial) -> None:
    """Open the Lab with settings that break the method."""
    config = trial_config(algorithm.name, trial)
    lab_form.start_from(config)
    lab_form.note(config, f"**{algorithm.title}: {failure.title.lower()}.** {trial.watch}")
    st.switch_page("pages/lab.py")


def _exact(algorithm: Algorithm) -> None:
    """What a method that learns on a map is measured against, if it is one."""
    usual = parse_config({"algorithm": algorithm.name})
    if not isinstance(usual, TabularConfig):
        return
    where = telling.retold(lab_map.title_of(usual.world.map))
    st.header("What it is measured against", anchor=False)
    st.caption(
        f"{algorithm.title} knows neither map nor reward and tries them out. Who knows both need "
        f"not try: here are two ways to the exact values of `{usual.reward}` on "
        f"{where}. Draw another map in the Lab: they stand below it."
    )
    exact_plan.panel(usual)


def _measured(algorithm: Algorithm) -> None:
    st.header("What it measures", anchor=False)
    st.caption("At every update, beside what its world measures.")
    components.rows_table(
        ["Name", "Unit", "Meaning"],
        [[METRICS[m].label, METRICS[m].unit, METRICS[m].meaning] for m in algorithm.metrics],
        caption=f"What {algorithm.title} measures",
        key="method_metrics",
    )


def _settings(algorithm: Algorithm) -> None:
    st.header("What can be set", anchor=False)
    own = [one for one in fields_of(algorithm.config) if not one.name.startswith("world.")]
    components.rows_table(
        ["Setting", "Usually", "Between", "What it does"],
        [[one.label, _usual(one), _between(one), one.description] for one in own],
        caption=f"The settings of {algorithm.title}",
        key="method_settings",
    )


def _usual(parameter: Parameter) -> str:
    """What a setting is if nothing is said of it."""
    default = parameter.default
    if default is None:
        return "empty"
    return with_minus(f"{default:g}") if isinstance(default, int | float) else str(default)


def _between(parameter: Parameter) -> str:
    """What a setting may be."""
    if parameter.choices:
        return ", ".join(map(str, parameter.choices))
    if parameter.low is None or parameter.high is None:
        return "a line of code" if parameter.name == "reward" else ""
    if parameter.high >= 2**31 - 1:
        return f"{parameter.low:g} and up"
    return with_minus(f"{parameter.low:g} and {parameter.high:g}")
