"""The story map; what it shows is drawn by pages/parts/story_screen.py."""

from pages.parts import shell, story_screen

if shell.guard():
    shell.page(story_screen.show)
