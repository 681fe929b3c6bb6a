"""Chapters as data: their format, the rules of the story, and the proof that each one works."""
