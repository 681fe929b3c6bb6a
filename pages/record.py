"""The learner's record; what it shows is drawn by pages/parts/record_screen.py."""

from pages.parts import record_screen, shell

if shell.guard():
    shell.page(record_screen.show)
