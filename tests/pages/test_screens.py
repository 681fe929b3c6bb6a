"""Every screen runs without an exception and says one thing that it must say."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend import learners, runs
from curriculum.loader import load_catalogue
from curriculum.recipe import compose
from engine.config import parse_config
from pages.parts.live import heading

ROOT = Path(__file__).parents[2]
CATALOGUE = load_catalogue()


@pytest.fixture
def app() -> AppTest:
    """The app, as a newcomer opens it."""
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)


def words(app: AppTest) -> str:
    """Everything that Streamlit's own elements say."""
    assert not app.exception, app.exception
    kinds = (app.markdown, app.caption, app.subheader, app.header, app.button)
    return "\n".join(
        str(getattr(element, "value", "")) + str(getattr(element, "label", ""))
        for kind in kinds
        for element in kind
    )


def at_chapter(app: AppTest, chapter_id: str) -> AppTest:
    """The app at a chapter, as if by its link."""
    app.run()
    app.query_params["id"] = chapter_id
    return app.switch_page("pages/chapter.py").run()


def test_the_map_offers_to_begin(app: AppTest) -> None:
    app.run()
    assert "Begin" in words(app)


@pytest.mark.parametrize("chapter_id", CATALOGUE.order)
def test_every_chapter_opens_or_says_what_is_missing(app: AppTest, chapter_id: str) -> None:
    chapter = CATALOGUE.chapter(chapter_id)
    shown = words(at_chapter(app, chapter_id))
    assert ("Opens after" if chapter.requires else "what will happen?") in shown


@pytest.mark.parametrize("chapter_id", CATALOGUE.order)
def test_every_chapter_has_settings_once_the_floors_are_open(app: AppTest, chapter_id: str) -> None:
    chapter = CATALOGUE.chapter(chapter_id)
    at_chapter(app, chapter_id)
    for button in app.button:
        if button.label == "Open every floor":
            button.click().run()
            break
    next(button for button in app.button if button.label == "Skip the prediction").click().run()
    assert heading(chapter) in words(app)
    labels = [slider.label for slider in app.slider]
    assert all(slider.label in labels for slider in chapter.sliders)
    # A browser that was slow sees the second drawing alone: it must hold the values, too.
    assert_standing_at_their_values(app.run())


def assert_standing_at_their_values(app: AppTest) -> None:
    """What the page sends of each widget is the value in force, and not the least one."""
    for slider in app.slider:
        assert list(slider.proto.default) == [slider.value], slider.label
    for slider in app.select_slider:
        assert slider.options[int(slider.proto.default[0])] == slider.format_func(slider.value)
    for box in app.selectbox:
        assert box.options[box.proto.default] == box.format_func(box.value), box.label
    for number in app.number_input:
        default = number.proto.default if number.proto.HasField("default") else None
        assert default == number.value, number.label


def test_train_waits_in_line_when_there_is_no_worker(app: AppTest) -> None:
    at_chapter(app, CATALOGUE.order[0])
    next(button for button in app.button if button.label == "Skip the prediction").click().run()
    next(button for button in app.button if button.label == "Train").click().run()
    assert "Cancel" in words(app)


def test_a_slider_that_moved_with_the_field_wins(app: AppTest) -> None:
    """A field that had not been drawn anew may still report its old line."""
    chapter = CATALOGUE.chapter(CATALOGUE.order[0])
    at_chapter(app, chapter.id)
    next(button for button in app.button if button.label == "Skip the prediction").click().run()
    slider = next(one for one in app.slider if one.label == chapter.sliders[0].label)
    slider.set_value(2.0)
    app.text_input[0].set_value("correct").run()
    assert app.text_input[0].value == compose(chapter, {chapter.sliders[0].id: 2.0})
    assert "This line is in force" not in words(app)
    app.text_input[0].set_value("correct").run()
    assert app.text_input[0].value == "correct"
    assert "This line is in force" in words(app)


def test_an_unknown_chapter_is_explained(app: AppTest) -> None:
    assert "There is no chapter" in words(at_chapter(app, "nowhere"))


def test_the_lab_invites_a_first_run(app: AppTest) -> None:
    app.run()
    assert "No run yet" in words(app.switch_page("pages/lab.py").run())
    assert_standing_at_their_values(app.run())


def test_the_lab_explains_an_unknown_run(app: AppTest) -> None:
    app.run()
    app.query_params["run"] = "0123456789abcdef"
    assert "There is no such run" in words(app.switch_page("pages/lab.py").run())


def test_the_glossary_finds_what_was_asked(app: AppTest) -> None:
    app.run()
    app.switch_page("pages/glossary.py").run()
    app.text_input[0].set_value("no such word anywhere").run()
    assert "Nothing here matches" in words(app)


def test_a_newer_database_is_refused_in_words(app: AppTest) -> None:
    from backend.database import current

    app.run()
    with current().writing() as session:
        from sqlalchemy import text

        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    current()._is_current = False
    app.run()
    assert "newer version of Pip School" in words(app)


def test_a_forged_slider_changes_nothing_but_is_explained(app: AppTest) -> None:
    """No widget sends a value beyond its bounds; one that comes is refused where it arrives."""
    chapter = CATALOGUE.chapter(CATALOGUE.order[0])
    from curriculum.recipe import SettingError, config_of

    slider = chapter.sliders[0]
    with pytest.raises(SettingError, match="goes from"):
        config_of(chapter, {slider.id: slider.high + 1000}, {}, None, 1)


def test_a_shared_run_of_somebody_else_can_be_looked_at(app: AppTest) -> None:
    app.run()
    other = learners.learner_for("somebody else")
    config = parse_config({"algorithm": "q_learning", "reward": "delivered", "episodes": 3})
    runs.press_train(other, config)
    app.query_params["run"] = runs.address_of(config)[:16]
    assert "A shared run" in words(app.switch_page("pages/lab.py").run())


def test_the_labs_form_begins_with_the_settings_of_a_shared_run(app: AppTest) -> None:
    said = "These are the settings of the shared run."
    app.run()
    config = parse_config({"algorithm": "grpo", "reward": "2*polite", "seed": 9})
    runs.press_train(learners.learner_for("somebody else"), config)
    app.query_params["run"] = runs.address_of(config)[:16]
    assert said in words(app.switch_page("pages/lab.py").run())
    assert app.selectbox(key="lab_world").value == "desk"
    assert app.text_area[0].value == "2*polite"
    app.text_area[0].set_value("polite").run()
    assert app.text_area[0].value == "polite"
    assert said not in words(app)
