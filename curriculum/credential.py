"""What a learner has demonstrated, and the Open Badges 3.0 credential that says so.

Source: 1EdTech, Open Badges Specification 3.0, section "JSON Web Token Proof Format", and W3C,
Verifiable Credentials Data Model 2.0. What is signed is the credential itself, and beside its own
properties the claims `iss`, `jti`, `nbf` and `sub`, which repeat some of them.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from curriculum.figures import number
from curriculum.key_figures import KeyFigure, key_figures
from curriculum.retelling import Retelling, retold_model
from curriculum.rules import outcome_of, plain, shown
from curriculum.schema import Chapter
from curriculum.summary import Summary
from engine.algorithms import ALGORITHMS
from engine.frozen import Frozen
from engine.spec import TrainConfig

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
)
TITLE = "Reinforcement learning, demonstrated in own runs"
CRITERIA = (
    "In each chapter that is listed, a run of the learner ended in the outcome that the chapter "
    "calls mastery. The outcome follows from what the run measured. Nothing was asked and nothing "
    "was graded by hand. A run is named by its address, from which it can be repeated."
)
MOST_FIGURES = 3
LONGEST_NAME = 120
# They would turn the words round that stand beside a name.
BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class Demonstration(Frozen):
    """One phenomenon that a run of the learner has shown."""

    chapter: str
    title: str
    outcome: str
    why: str  # the chapter's own explanation, with the figures of this run
    figures: tuple[KeyFigure, ...]
    algorithm: str
    reward: str
    address: str
    seed: int
    updates: int
    day: str  # when it was trained, as 2026-11-29

    @property
    def measured(self) -> str:
        """The figures as one sentence."""
        said = "; ".join(one.said for one in self.figures)
        return f"{said}." if said else ""

    @property
    def run(self) -> str:
        """Which run it was, so that it can be found and repeated."""
        length = f"{number(self.updates, 'whole')} updates"
        return f"{self.algorithm}, seed {self.seed}, {length}, run {self.address}, {self.day}"


def demonstration(
    chapter: Chapter, summary: Summary, config: TrainConfig, address: str, at: float
) -> Demonstration | None:
    """What a run demonstrates by what it measured; None if that is not mastery of the chapter.

    at: when it was pressed, in seconds since 1970. Which outcome was once written down does not
    count here: only a run does, under the chapter's conditions of today.
    """
    outcome = outcome_of(chapter, summary)
    if outcome.kind != "mastery":
        return None
    beats = shown(outcome.explain, summary, (), outcome.id)
    return Demonstration(
        chapter=chapter.id,
        title=chapter.title,
        outcome=outcome.title,
        why=plain(beats[0].text) if beats else "",
        figures=key_figures(chapter, summary, MOST_FIGURES),
        algorithm=ALGORITHMS[config.algorithm].title,
        reward=summary.reward,
        address=address,
        seed=config.seed,
        updates=summary.updates,
        day=moment(at)[:10],
    )


def retold_demonstration(setting: Retelling, shown_by: Demonstration) -> Demonstration:
    """A demonstration in a setting's words, its reward in the words that Pip says there."""
    told = retold_model(setting, shown_by)
    return told.model_copy(update={"reward": setting.coded(shown_by.reward)})


def clean_name(typed: str) -> str:
    """A name as it was typed, in any script, without what could disturb the words around it."""
    composed = unicodedata.normalize("NFC", typed)
    kept = "".join(
        letter
        for letter in composed
        if letter not in BIDI_CONTROLS and unicodedata.category(letter) not in ("Cc", "Cs", "Co")
    )
    return " ".join(kept.split())[:LONGEST_NAME].strip()


def moment(at: float) -> str:
    """Seconds since 1970 as the standard writes a moment."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def credential(
    shown_by: Sequence[Demonstration],
    issuer: str,
    unique: str,
    subject: str,
    name: str,
    at: float,
    root: str = "",
) -> dict[str, Any]:
    """The credential with the claims that its signature covers.

    issuer: who signs, as a URI. unique, subject: opaque ids of the credential and of the learner,
    as URIs. name: the learner's own, none if empty. root: the address of this school, if known.
    Raises ValueError if nothing was demonstrated.
    """
    if not shown_by:
        raise ValueError("A certificate lists what was demonstrated, and nothing was.")
    learner: dict[str, Any] = {
        "id": subject,
        "type": ["AchievementSubject"],
        "achievement": _achievement(shown_by, issuer),
    }
    if name:
        identity = {"type": "IdentityObject", "identityType": "name", "hashed": False}
        learner["identifier"] = [{**identity, "identityHash": name}]
    status = {"id": f"{root}/api/revocations", "type": "1EdTechRevocationList"}
    return {
        "@context": list(CONTEXTS if root else CONTEXTS[:2]),
        "id": unique,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": TITLE,
        "issuer": {"id": issuer, "type": ["Profile"], "name": "Pip School"},
        "validFrom": moment(at),
        "credentialSubject": learner,
        "evidence": [_evidence(one, root) for one in shown_by],
        **({"credentialStatus": status} if root else {}),
        "iss": issuer,
        "jti": unique,
        "nbf": int(at),
        "sub": subject,
    }


def name_in(payload: Mapping[str, Any]) -> str:
    """The learner's name in a credential; empty if it was given to nobody by name."""
    identifiers = payload["credentialSubject"].get("identifier") or [{}]
    return str(identifiers[0].get("identityHash", ""))


def _achievement(shown_by: Sequence[Demonstration], issuer: str) -> dict[str, Any]:
    chapters = ", ".join(one.title for one in shown_by)
    return {
        "id": uuid5(NAMESPACE_URL, f"{issuer}#demonstrated").urn,
        "type": ["Achievement"],
        "achievementType": "Certificate",
        "name": TITLE,
        "description": f"Trained and measured, with results in the evidence: {chapters}.",
        "criteria": {"narrative": CRITERIA},
    }


def _evidence(one: Demonstration, root: str) -> dict[str, Any]:
    link = {"id": f"{root}/lab?run={one.address[:16]}"} if root else {}
    return {
        **link,
        "type": ["Evidence"],
        "name": f"{one.title}: {one.outcome}",
        "description": f"{one.run}. {one.measured}".strip(),
        "narrative": one.why,
        "genre": "Training run",
    }
