"""What lasts, and where runs execute: database, learners, presses, and the cluster of workers.

The web process imports this package freely: nothing in it imports torch until a worker trains.
"""
