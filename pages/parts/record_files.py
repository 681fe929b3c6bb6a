"""What a record is for: a certificate, a report, and the deletion of everything."""

import streamlit as st

from backend import certificates, learners
from backend.errors import CertificateRefused
from curriculum.catalogue import Catalogue
from curriculum.retelling import Retelling
from curriculum.state import ChapterState
from pages.parts import export, live, session, shell, telling
from pages.parts.refusals import told

GIVEN, NAME, ASKED = "record_certificate", "record_name", "record_delete"
HOW = "delete_how"
KEEP = "Keep my certificates valid: nothing here will say whose they are"
REVOKE = "Revoke my certificates as well"
LOOKS_SECONDS = 3  # how soon a page notices that what it offers was revoked elsewhere


def certificate(learner: str, catalogue: Catalogue, states: dict[str, ChapterState]) -> None:
    """Ask for a name, sign, and hand over."""
    st.header("Certificate", anchor=False)
    st.markdown(
        "It lists which phenomena your own runs have shown, with the runs and their figures. This "
        "school signs it as an Open Badges 3.0 credential, which can be checked without any "
        "network. The PDF says the same on paper, and paper can be copied."
    )
    st.text_input(
        "Your name, as it shall stand on papers",
        key=NAME,
        max_chars=120,
        help="In any script, or empty. It is written into the files and kept nowhere here.",
    )
    st.button(
        "Make my certificate",
        key="go_certificate",
        type="primary",
        disabled=not _has_mastery(catalogue, states),
        on_click=_issue,
        args=(learner, catalogue),
    )
    if not _has_mastery(catalogue, states):
        first = next(iter(catalogue.chapters), None)
        goal = (
            next((one for one in first.outcomes if one.kind == "mastery"), None) if first else None
        )
        where = f", for example “{goal.title}” in *{first.title}*" if first and goal else ""
        st.markdown(f"What is missing: a run that ends in the outcome of mastery{where}.")
    given = session.value_of(GIVEN)
    if given is not None:
        try:
            certificates.refuse_revoked(given)
        except CertificateRefused as refusal:
            st.markdown(f":material/error: {refusal}")
        else:
            _handed_over(given)


def _handed_over(given: certificates.Certificate) -> None:
    """The files, for as long as they are in force: they may be revoked in another tab.

    What ticks draws no file: a click on one that was just drawn anew would ask for the one before.
    """
    with st.container(border=True, gap="small"):
        listed = ", ".join(f"*{one.title}*" for one in given.shown)
        st.markdown(f"**Signed{f' for {_plain(given.name)}' if given.name else ''}.** {listed}.")
        with st.container(horizontal=True):
            st.download_button(
                "Certificate, PDF",
                lambda: _paper(given),
                file_name="pip-school-certificate.pdf",
                mime="application/pdf",
                on_click="ignore",
            )
            st.download_button(
                "Open Badge, JWT",
                lambda: _badge(given),
                file_name="pip-school-badge.jwt",
                mime="application/vc+jwt",
                on_click="ignore",
            )
        st.caption("Whoever is handed the badge checks it with the key of this school:")
        key = given.payload["iss"]
        st.code(
            f"python -m backend verify pip-school-badge.jwt --key {key}",
            language=None,
            wrap_lines=True,
        )
    shell.ticking(_notice_revocation, LOOKS_SECONDS)(given)


def _notice_revocation(given: certificates.Certificate) -> None:
    try:
        certificates.refuse_revoked(given)
    except CertificateRefused:
        st.rerun()


def report(learner: str, catalogue: Catalogue) -> None:
    """Predictions, runs, decisions, for somebody who was not there."""
    st.header("Report", anchor=False)
    st.markdown(
        "For a teacher or a manager: what you predicted and what was measured, your runs with "
        "their figures, your decisions and what followed, and the meters over time."
    )
    name, setting = str(session.value_of(NAME, "")), telling.current()
    with st.container(horizontal=True):
        st.download_button(
            "Report, HTML",
            lambda: _page(learner, catalogue, name, setting),
            file_name="pip-school-report.html",
            mime="text/html",
            on_click="ignore",
        )
        st.download_button(
            "Report, PDF",
            lambda: _pages(learner, catalogue, name, setting),
            file_name="pip-school-report.pdf",
            mime="application/pdf",
            on_click="ignore",
        )


def delete(learner: str) -> None:
    """The way out, which asks once more."""
    st.header("Delete everything about me", anchor=False)
    st.markdown(
        "Progress, predictions, decisions, meters, your runs that nobody else has asked for, and "
        "the list of your certificates. Nothing of it can be brought back."
    )
    if not session.value_of(ASKED):
        st.button(
            "Delete everything about me",
            key="delete_all",
            icon=":material/delete:",
            on_click=lambda: session.set_value(ASKED, True),
        )
        return
    with st.container(border=True, gap="small"):
        _ask(learner)


def _ask(learner: str) -> None:
    """The question that comes before it happens."""
    st.markdown("**Delete everything about you? This cannot be undone.**")
    count = certificates.issued_to(learner)
    if count:
        word = "certificate" if count == 1 else "certificates"
        st.radio(f"You were given {count} {word}.", [KEEP, REVOKE], key=HOW)
    with st.container(horizontal=True):
        st.button(
            "Delete it for good",
            key="delete_for_good",
            icon=":material/delete_forever:",
            on_click=_delete,
            args=(learner,),
        )
        st.button("Keep everything", on_click=lambda: session.set_value(ASKED, False))


@told
def _delete(learner: str) -> None:
    learners.erase(learner, revoke=session.value_of(HOW, KEEP) == REVOKE)
    live.summary_of.clear()
    session.forget()
    st.toast("Everything about you was deleted.", icon=":material/check:")


def _has_mastery(catalogue: Catalogue, states: dict[str, ChapterState]) -> bool:
    """Whether a run is written down as having reached a goal; what it measured decides later."""
    return any(
        outcome.kind == "mastery" and outcome.id in states[chapter.id].outcomes
        for chapter in catalogue.chapters
        if chapter.id in states
        for outcome in chapter.outcomes
    )


@told
def _issue(learner: str, catalogue: Catalogue) -> None:
    name = str(session.value_of(NAME, ""))
    session.set_value(GIVEN, None)
    given = certificates.issue(learner, catalogue, name, export.root(), telling.current())
    session.set_value(GIVEN, given)


def _plain(name: str) -> str:
    """A name without what the page would read as formatting."""
    return "".join(
        f"\\{letter}" if letter in r"\`*_{}[]()#+-.!|<>$:~" else letter for letter in name
    )


def _badge(given: certificates.Certificate) -> str:
    certificates.refuse_revoked(given)
    return given.signed


def _paper(given: certificates.Certificate) -> bytes:
    from backend.certificate_pdf import certificate_pdf

    certificates.refuse_revoked(given)
    return certificate_pdf(given)


def _page(learner: str, catalogue: Catalogue, name: str, setting: Retelling) -> str:
    from backend.arcs import report_of
    from backend.report_html import report_html

    return report_html(report_of(learner, catalogue, name, setting))


def _pages(learner: str, catalogue: Catalogue, name: str, setting: Retelling) -> bytes:
    from backend.arcs import report_of
    from backend.report_pdf import report_pdf

    return report_pdf(report_of(learner, catalogue, name, setting))
