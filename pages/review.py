"""Questions asked again; what it shows is drawn by pages/parts/review_screen.py."""

from pages.parts import review_screen, shell

if shell.guard():
    shell.page(review_screen.show)
