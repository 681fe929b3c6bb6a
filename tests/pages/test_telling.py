"""The story in the setting that a learner chose: on the map, in a chapter, and in what Pip says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend import learners
from backend.errors import QuestionRefused
from curriculum import retelling
from curriculum import state as moves
from curriculum.evidence import load_evidence
from curriculum.loader import load_catalogue
from curriculum.recipe import compose
from curriculum.retelling import HOSPITAL, is_prose, load_retelling, load_retellings, nouns_in
from engine.events import RunStarted
from engine.language.talk import QuestionError, question_words
from engine.scenes import Reply, SpeechScene
from pages.parts import folder, session, shell, talk, telling, tune
from pages.parts.components import assets
from tests.pages.mounted import Mounted, script

ROOT = Path(__file__).parents[2]
POLITE = load_catalogue().chapter("the_polite_assistant")
REPLY = Reply(question="where is the lab ?", tokens=("the", "lab", "opens", "."))
SPOKEN = Reply(question="where is the mint ?", tokens=("the", "mint", "opens", "."))


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> None:
    """The story is told in the bank."""
    chosen = load_retellings()["bank"]
    monkeypatch.setattr(telling, "current", lambda: chosen)


def on_the_map() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run()


def titles(app: AppTest) -> str:
    assert not app.exception, app.exception
    shown = [*app.markdown, *app.caption, *app.subheader, *app.button]
    return "\n".join(f"{getattr(one, 'value', '')} {getattr(one, 'label', '')}" for one in shown)


def test_a_learner_chooses_where_the_story_is_set() -> None:
    """It is kept, the chapters are renamed, and it can be taken back."""
    app = on_the_map()
    assert "The game on ward nine" in titles(app)
    app.selectbox(key="setting_chosen").select("bank").run()
    assert "The game in branch nine" in titles(app)
    learner = shell.learners.learner_for(app.session_state[session.TOKEN])
    assert learners.preferences_of(learner)["setting"] == "bank"
    app.query_params["id"] = POLITE.id
    app.switch_page("pages/chapter.py").run()
    assert "courteous" in str(app.radio[0].options)
    assert "visitor" not in str(app.radio[0].options)
    app.switch_page("pages/story.py").run()
    app.selectbox(key="setting_chosen").select("hospital").run()
    assert "The game on ward nine" in titles(app)


@pytest.mark.usefixtures("bank")
def test_what_a_component_draws_is_retold_and_names_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in = Mounted()
    monkeypatch.setattr(assets, "component", lambda *_, **__: stand_in)
    draw: Callable[..., Any] = assets.register("pip-prose", ("prose",), ("prose",))
    draw(data={"art": "ward", "text": "To ward nine", "rows": [("Pharmacy", 3)]}, key="one")
    assert stand_in.data == [{"art": "ward", "text": "To branch nine", "rows": [["Vault", 3]]}]


@pytest.mark.parametrize("name", ["hospital", "warehouse"])
def test_people_signs_and_goods_are_drawn_as_the_setting_has_them(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Only a component that draws them is told; their lines are no prose and stay."""
    chosen = load_retellings()[name]
    monkeypatch.setattr(telling, "current", lambda: chosen)
    stand_in = Mounted()
    monkeypatch.setattr(assets, "component", lambda *_, **__: stand_in)
    assets.register("pip-voice", ("furnishings", "voice"), ("art",))(data={"a": 1}, key="one")
    assert stand_in.data == [{"a": 1, "drawings": chosen.drawings.model_dump()}]
    assets.register("pip-prose", ("prose",), ("prose",))(data={"a": 1}, key="one")
    assert stand_in.data == [{"a": 1}]


@pytest.mark.usefixtures("bank")
def test_pip_speaks_in_the_setting_and_keeps_its_figures() -> None:
    scene = SpeechScene(probes=(REPLY,), group=(REPLY, REPLY))
    started = RunStarted(planned_updates=3, metrics={}, scene=scene)
    told = telling.event(started)
    assert told.scene == SpeechScene(probes=(SPOKEN,), group=(SPOKEN, SPOKEN))
    assert told.model_copy(update={"scene": scene}) == started
    evidence = load_evidence(POLITE)
    assert evidence
    summary = telling.summary(evidence.summary)
    assert summary.metrics == evidence.summary.metrics
    assert isinstance(summary.first_scene, SpeechScene)
    assert summary.first_scene.probes[0].question == "where is the vault ?"


def test_the_hospital_is_shown_as_it_was_recorded() -> None:
    started = RunStarted(planned_updates=3, metrics={}, scene=SpeechScene(probes=(REPLY,)))
    assert telling.event(started) is started
    assert telling.drawn({"text": "Ward nine"}) == {"text": "Ward nine"}


def talk_page() -> None:
    from pages.parts import talk

    talk.panel("a", 3)


@pytest.mark.usefixtures("bank")
def test_pip_hears_the_words_of_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed reaches Pip in its own words, and its reply comes back in the setting's."""
    asked: list[str] = []

    def reply(address: str, update: int, question: str, seed: int) -> str:
        asked.append(question)
        return "the pharmacy is on floor three ."

    desk = type("World", (), {"world": "desk"})
    record = type("Record", (), {"config": type("Config", (), {"world": desk})})
    monkeypatch.setattr(talk.runs, "record_of", lambda address: record)
    monkeypatch.setattr(talk.runs, "talk", reply)
    app = AppTest.from_function(talk_page).run()
    assert app.text_input[0].value == "where is the vault ?"
    app.text_input[0].set_value("where is the mint ?")
    app.button[0].click().run()
    assert asked == ["where is the lab ?"] * 3
    assert app.code[0].value.split("\n") == ["the vault is on floor three ."] * 3


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize(
    ("typed", "problem", "advice"),
    [
        ("?", "There is no word here.", "where is the vault?"),
        ("hospital vaulty", "Pip does not know", "Ask about"),
        ("pharmaci", "`pharmaci`", "`vault`"),
    ],
)
def test_what_pip_cannot_read_is_said_with_advice_in_the_setting(
    monkeypatch: pytest.MonkeyPatch, typed: str, problem: str, advice: str
) -> None:
    """What was typed is quoted as it is."""

    def reply(address: str, update: int, question: str, seed: int) -> str:
        try:
            return " ".join(question_words(question))
        except QuestionError as error:
            raise QuestionRefused(error.problem, error.remedy) from error

    desk = type("World", (), {"world": "desk"})
    record = type("Record", (), {"config": type("Config", (), {"world": desk})})
    monkeypatch.setattr(talk.runs, "record_of", lambda address: record)
    monkeypatch.setattr(talk.runs, "talk", reply)
    app = AppTest.from_function(talk_page).run()
    app.text_input[0].set_value(typed)
    app.button[0].click().run()
    said = app.markdown[-1].value
    assert problem in said
    assert advice in said


@pytest.mark.usefixtures("bank")
def test_a_reward_is_written_in_the_words_of_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept in Pip's own words, so that its run is the one of every setting."""
    learner = learners.learner_for("ada")
    folder.keep(learner, moves.skip_prediction(folder.state_of(learner, POLITE)))
    line = compose(POLITE, {})
    field = tune._field(POLITE, line)  # pyright: ignore[reportPrivateUsage]
    written = {field: '2*count("vault") + count("lab")'}
    monkeypatch.setattr(tune.session, "value_of", lambda key, other=None: written.get(key, other))
    tune._keep(learner, POLITE, line)  # pyright: ignore[reportPrivateUsage]
    kept = folder.state_of(learner, POLITE).reward_code
    assert kept == '2*count("pharmacy") + count("lab")'
    assert telling.retold(f"`{kept}`") == '`2*count("vault") + count("mint")`'


def every_text_of(name: str) -> list[str]:
    """What a script may show: its quoted texts that are no names, without its comments."""
    code = re.sub(r"^\s*(//|/?\*).*$", "", script(name), flags=re.MULTILINE)
    texts = [text for _, text in re.findall(r"(['\"`])((?:(?!\1).)*)\1", code)]
    return [text for text in texts if is_prose(text)]


@pytest.mark.parametrize("path", sorted((assets.FOLDER / "js").glob("*.js")), ids=lambda p: p.stem)
def test_no_script_has_a_noun_of_the_hospital_of_its_own(path: Path) -> None:
    """It would be shown in every setting: texts come from the page, which retells them."""
    assert [text for text in every_text_of(path.stem) if [*nouns_in(f" {text} ")]] == []


def test_a_broken_setting_is_named_and_closes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "office.toml").write_text('id = "office"\n', encoding="utf-8")
    found, problems = retelling.load_usable(tmp_path)
    assert found == {"hospital": HOSPITAL}
    monkeypatch.setattr(telling, "_usable", lambda _: (found, problems))
    app = on_the_map()
    assert "The setting `office.toml` was left out. Line 1, title: `title` is missing." in titles(
        app
    )
    assert not [box for box in app.selectbox if box.key == "setting_chosen"]
    with pytest.raises(retelling.ChapterError):
        load_retelling(tmp_path / "office.toml")
