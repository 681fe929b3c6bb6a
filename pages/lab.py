"""Free experiments; what it shows is drawn by pages/parts/lab_screen.py."""

from pages.parts import lab_screen, shell

if shell.guard():
    shell.page(lab_screen.show)
