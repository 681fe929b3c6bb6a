"""One chapter; what it shows is drawn by pages/parts/chapter_screen.py."""

from pages.parts import chapter_screen, shell

if shell.guard():
    shell.page(chapter_screen.show)
