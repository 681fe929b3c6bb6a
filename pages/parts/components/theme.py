"""The nine style rules that the theme settings cannot express."""

import streamlit as st

PRIMARY_LABELS = """
[class*='st-key-go_'] button:not(:disabled),
[class*='st-key-go_'] button:not(:disabled) * { color: light-dark(#ffffff, #0e171c) }
"""
# Streamlit stacks columns up to 640 px, in the order of the page.
FIRST_ON_A_PHONE = """
@media (min-width: 641px) {
  [class*='st-key-phone_first'] > * > .stHorizontalBlock { flex-direction: row-reverse }
}
"""
# KaTeX lets its last element reach 2 px beyond a formula, which would make it scroll. On a phone a
# formula goes on in the next line, behind a sign that joins its parts.
WHOLE_FORMULAS = """
.katex-display { padding-right: 2px }
@media (max-width: 640px) {
  .katex-display > .katex { white-space: normal }
  .katex-display > .katex .base { margin-block: .15em }
}
"""
# Streamlit's own colours of code are too pale. Plain text, but for two kinds of word:
LEGIBLE_CODE = """
[data-testid='stCode'] code .token.token { color: inherit; background: none }
[data-testid='stCode'] code .token.token.comment { color: light-dark(#4c5a5f, #b4c2c7) }
[data-testid='stCode'] code .token.token.keyword { color: light-dark(#164f93, #9ccbfa) }
"""
# Streamlit writes them over the end of a long line; below the field they cover nothing.
NOTES_OF_FIELDS = """
[data-testid='InputInstructions'] { bottom: -1.3rem; right: 0 }
"""
# Streamlit draws them 16 px wide, too small for a finger.
TOUCHED_HELP = """
@media (pointer: coarse) {
  [data-testid='stTooltipIcon'] button { position: relative }
  [data-testid='stTooltipIcon'] button::after { content: ''; position: absolute; inset: -6px }
}
"""
# Streamlit keeps 200 px for the menu, which on a phone end beyond the screen.
WHOLE_HEADER = """
@media (max-width: 640px) {
  [data-testid='stToolbar'] :has(> [data-testid='stMainMenu']) { min-width: 0 }
}
"""
# Three of them with their icons would need a second row.
WAYS_IN_ONE_ROW = """
@media (max-width: 640px) {
  .st-key-ways span:has(> [data-testid='stIconMaterial']) { display: none }
  .st-key-ways { column-gap: .75rem }
}
"""
# Train of the Lab goes along with the settings above it, which may be longer than two screens, and
# covers none of them that has the keyboard.
TRAIN_IN_REACH = """
:has(> .st-key-lab_train) { position: sticky; bottom: 0; z-index: 1 }
.st-key-lab_train { padding-block: .75rem; background: light-dark(#fbfcfa, #0e171c) }
:has(> * > .st-key-lab_train) :is(input, textarea, button, a, [role='slider']) {
  scroll-margin-bottom: 8rem
}
"""


def base_style() -> None:
    """Nine rules for the whole page; call it once on every page.

    Dark labels on the light primary buttons of the dark theme: they reach the buttons whose key
    begins with `go_`. Give such a key to every primary button and to no other, or its label
    vanishes. Columns in a container whose key begins with `phone_first`: the first one stands on
    the right, and is what a phone shows first. Formulas wrap on a phone, and scroll only when they
    are too wide; code can be read, what is typed is not written over, a finger finds the help, and
    a phone shows the whole header and the ways out of a stop in one row; Train of the Lab stays in
    sight.
    """
    rules = (PRIMARY_LABELS, FIRST_ON_A_PHONE, WHOLE_FORMULAS, LEGIBLE_CODE, NOTES_OF_FIELDS)
    more = (TOUCHED_HELP, WHOLE_HEADER, WAYS_IN_ONE_ROW, TRAIN_IN_REACH)
    st.html(f"<style>{''.join((*rules, *more))}</style>")
