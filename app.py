"""The app as a script: routes every visit to its screen. `serve.py` serves it."""

from pages.parts import shell

shell.route()
