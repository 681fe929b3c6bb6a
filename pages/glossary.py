"""The terms of the field; what it shows is drawn by pages/parts/glossary_screen.py."""

from pages.parts import glossary_screen, shell

if shell.guard():
    shell.page(glossary_screen.show)
