"""Worlds, rewards and learning algorithms that turn a config into a stream of events."""

# Part of every run's content address. Raise it when the same config would give other events than
# before; recorded runs are then computed anew instead of being replayed, and `python -m curriculum`
# has to `record` and to `measure` again what chapters and method pages state.
VERSION = "8"
