"""The glossary's search as a learner uses it, and the links between chapters and concepts."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from curriculum.glossary import load_glossary
from curriculum.loader import load_catalogue
from engine.metrics import METRICS
from engine.worlds import WORLDS
from pages.parts import components, world_rewards
from tests.pages.test_screens import at_chapter, words

CATALOGUE = load_catalogue()
PAD = CATALOGUE.chapter("the_charging_pad")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that tables and paragraphs of our own are given to say."""
    said: list[str] = []

    def table(head: object, rows: list[list[str]], **_: object) -> None:
        said.extend(cell for row in rows for cell in row)

    def prose(text: str, lead: str = "", **_: object) -> None:
        said.extend((lead, text))

    monkeypatch.setattr(components, "rows_table", table)
    monkeypatch.setattr(components, "prose", prose)
    return said


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=30)


def glossary(app: AppTest, search: str = "") -> AppTest:
    app.run()
    if search:
        app.query_params["q"] = search
    return app.switch_page("pages/glossary.py").run()


def links(app: AppTest) -> list[tuple[str, str]]:
    """Page and query of every link of the page."""
    found = app.get("page_link")
    return [(one.proto.page, one.proto.query_string) for one in found]


def test_without_a_search_every_term_measurement_and_reward_term_shows_its_meaning(
    app: AppTest, told: list[str]
) -> None:
    assert not glossary(app).exception
    for term in load_glossary().values():
        assert term.sentence in told
    for metric in METRICS.values():
        assert metric.meaning.strip()
        assert metric.meaning in told
    for world in WORLDS.values():
        assert {row[1] for row in world_rewards.rows(world)} <= set(told)


def test_an_address_with_a_search_opens_what_it_finds(app: AppTest, told: list[str]) -> None:
    """As every link from a chapter to a concept does."""
    term = load_glossary()["potential_based_shaping"]
    glossary(app, term.name)
    assert told[:2] == [f"{term.name}.", term.sentence]
    app.button(key=f"to_{PAD.id}_term_{term.id}").click().run()
    assert not app.exception


def test_a_method_and_its_equations_lead_to_its_page(app: AppTest, told: list[str]) -> None:
    glossary(app, "sarsa (3)")
    assert told[0] == "SARSA, equation (3)."
    assert ("method", "id=sarsa") in links(app)


def test_ten_thousand_characters_in_the_address_are_a_search_that_finds_nothing(
    app: AppTest,
) -> None:
    assert "Nothing here matches the search" in words(glossary(app, "zyzzyva " * 2000))


def test_a_chapter_links_its_concepts_and_methods(app: AppTest) -> None:
    app.run().toggle(key="open_all").set_value(True).run()
    found = links(at_chapter(app, PAD.id))
    glossary_links = {query for page, query in found if page == "glossary"}
    assert len(glossary_links) == len(PAD.concepts)
    assert "q=Potential-based+shaping" in glossary_links
    assert {query for page, query in found if page == "method"} == {
        f"id={name}" for name in PAD.algorithms
    }


def test_a_method_leads_to_the_chapters_in_which_it_runs(app: AppTest) -> None:
    app.run()
    app.query_params["id"] = "q_learning"
    shown = {button.label for button in app.switch_page("pages/method.py").run().button}
    runs_in = {one.title for one in CATALOGUE.chapters if "q_learning" in one.algorithms}
    assert PAD.title in runs_in
    assert {one.title for one in CATALOGUE.chapters} & shown == runs_in
