"""The one style rule that the theme settings cannot express."""

import streamlit as st

PRIMARY_LABELS = """<style>
[class*='st-key-go_'] button:not(:disabled),
[class*='st-key-go_'] button:not(:disabled) * { color: light-dark(#ffffff, #0e171c) }
</style>"""


def base_style() -> None:
    """Dark labels on the light primary buttons of the dark theme.

    Call it once on every page. It reaches the buttons whose key begins with `go_`: give such a key
    to every primary button and to no other, or its label vanishes.
    """
    st.html(PRIMARY_LABELS)
