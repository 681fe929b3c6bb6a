"""The run line of the transport bar."""

from typing import Literal

from pages.parts.components.assets import register

RunState = Literal[
    "idle", "refused", "queued", "running", "paused", "finished", "failed", "stopped", "replay"
]

WORDS: dict[RunState, str] = {
    "idle": "Ready",
    "refused": "Cannot train",
    "queued": "Waiting",
    "running": "Training",
    "paused": "Paused",
    "finished": "Finished",
    "failed": "Stopped by an error",
    "stopped": "Stopped",
    "replay": "Replay",
}

_RUN_LINE = register("pip-run-line", ("run_line",), ("run_line",))


def run_line(
    state: RunState,
    *,
    text: str = "",
    more: str = "",
    progress: float | None = None,
    word: str | None = None,
    begins: bool = False,
    key: str = "run_line",
) -> None:
    """State mark, its word, progress, and one fact.

    text: the fact ("update 34 of 60"); what stands in backticks is drawn as code. more: words after
    it that a phone leaves out (", 2.1 s, seed 7"). progress: 0 to 1, or None for no bar. word: as
    in WORDS if None. A change of the word is announced once to screen readers; changes of the rest
    are not. begins: whether Train has just been pressed; then a phone scrolls to the line.
    """
    payload = {
        "state": state,
        "word": WORDS[state] if word is None else word,
        "text": text,
        "more": more,
        "begins": begins,
        "progress": None if progress is None else min(1.0, max(0.0, progress)),
    }
    _RUN_LINE(data=payload, key=key)
