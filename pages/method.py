"""How one algorithm learns; what it shows is drawn by pages/parts/method_screen.py."""

from pages.parts import method_screen, shell

if shell.guard():
    shell.page(method_screen.show)
