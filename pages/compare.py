"""Methods side by side; what it shows is drawn by pages/parts/compare_screen.py."""

from pages.parts import compare_screen, shell

if shell.guard():
    shell.page(compare_screen.show)
