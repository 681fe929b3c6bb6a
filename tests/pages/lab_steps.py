"""What a learner does in the Lab, as functions of its page; and a run at the cart to do it with."""

from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from backend import learners, runs, worker
from engine.config import parse_config

ROOT = Path(__file__).parents[2]
CART = {
    "algorithm": "ppo",
    "world": {"world": "cart", "gust": 10},
    "reward": "upright - 0.1*tilt",
    "updates": 3,
    "carts": 2,
    "steps_per_update": 64,
    "batch_epochs": 2,
    "target_kl": 0.02,
}


def page() -> AppTest:
    """The Lab as a newcomer finds it."""
    return AppTest.from_file(str(ROOT / "pages" / "lab.py"), default_timeout=30).run()


def words(lab: AppTest) -> str:
    """Everything that Streamlit's own elements say."""
    assert not lab.exception, lab.exception
    kinds = (lab.markdown, lab.caption, lab.subheader, lab.header, lab.button, lab.selectbox)
    return "\n".join(
        str(getattr(element, "value", "")) + str(getattr(element, "label", ""))
        for kind in kinds
        for element in kind
    )


def me(lab: AppTest) -> str:
    """The learner who looks at the Lab."""
    return learners.learner_for(lab.session_state["token"])


def trained(learner: str, config: dict[str, Any]) -> str:
    """The press of a run that a worker in this process has brought to its end."""
    press = runs.press_train(learner, parse_config(config))
    worker.pull("here")
    return press


def opened(lab: AppTest, run: str | None = None) -> AppTest:
    """The Lab drawn anew, or at the link of a run."""
    if run:
        lab.query_params["run"] = run[:16]
    return lab.run()


def press_button(lab: AppTest, label: str) -> AppTest:
    """The Lab after a click on the button of this label."""
    return next(button for button in lab.button if button.label == label).click().run()
