"""Clustering of a log by k-means: unsupervised learning of which visitors are alike.

Source: Lloyd 1982, IEEE Transactions on Information Theory 28; Arthur & Vassilvitskii 2007, SODA,
for the start, k-means++.

(1) c_1 = any row; c_j = row x with a probability in proportion to its squared distance from the
    nearest centre so far                                                         the start
(2) g(x)    = argmin_j |x - c_j|^2                       the group of a row or of a visitor
(3) inertia = mean of |x - c_g(x)|^2
(4) c_j     = mean of the rows with g(x) = j             a centre without rows stays
(5) a       = the button that the clerks pressed most for the rows of the visitor's group

Rows are hour and age, each in deviations from its mean. One round of (4) and (2) an update. What a
press pays is never looked at.
"""

from collections.abc import Iterator
from random import Random
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from engine.lobby.clerks import AGES, FIRST_HOUR, HOURS, YOUNGEST, Log, log_of, visitor_chances
from engine.lobby.practice import KioskRunConfig, Mind, Practice, opening
from engine.lobby.quantities import HOUR, PRESSED
from engine.metrics import MetricName as M
from engine.numerics import of_press
from engine.spec import Algorithm, Step
from engine.worlds.kiosk import BUTTONS


class ClusteringConfig(KioskRunConfig):
    """One run of clustering at the kiosk."""

    algorithm: Literal["clustering"] = "clustering"
    clusters: int = Field(
        3, ge=1, le=8, title="Groups", description="How many groups of visitors it looks for."
    )


class Features(NamedTuple):
    """Hour and age, in deviations from their means over the log: [..., 2] each."""

    rows: np.ndarray  # of the log
    visitors: np.ndarray  # everybody who could come: [hours, ages, 2]


def features_of(log: Log) -> Features:
    """What the kiosk compares visitors by."""
    rows = np.stack((log.hours, log.ages), axis=-1).astype(np.float64)
    hours, ages = np.arange(HOURS) + FIRST_HOUR, np.arange(AGES) + YOUNGEST
    anybody = np.stack(np.meshgrid(hours, ages, indexing="ij"), axis=-1).astype(np.float64)
    middle, spread = rows.mean(axis=0), rows.std(axis=0)
    return Features((rows - middle) / spread, (anybody - middle) / spread)


def squared_distances(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """From every point [..., 2] to every centre: [..., centres]."""
    return np.square(points[..., None, :] - centres).sum(axis=-1)


def first_centres(rows: np.ndarray, clusters: int, luck: Random) -> np.ndarray:
    """Rows that lie far apart, to begin with: [clusters, 2]."""
    chosen = [luck.randrange(len(rows))]  # (1)
    while len(chosen) < clusters:
        nearest = squared_distances(rows, rows[chosen]).min(axis=-1)
        weights = nearest if nearest.any() else np.ones(len(rows))
        chosen += luck.choices(range(len(rows)), weights.tolist())  # (1)
    return rows[chosen]


def groups_of(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Which centre is nearest to every point: [...]."""
    return squared_distances(points, centres).argmin(axis=-1)  # (2)


def inertia(rows: np.ndarray, centres: np.ndarray) -> float:
    """How far rows are from the centre of their group, squared, on average."""
    return float(squared_distances(rows, centres).min(axis=-1).mean())  # (3)


def moved(rows: np.ndarray, groups: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Every centre in the middle of its rows: [clusters, 2]."""
    middles = centres.copy()
    for group in np.unique(groups):
        middles[group] = rows[groups == group].mean(axis=0)  # (4)
    return middles


def habits_of(log: Log, groups: np.ndarray, clusters: int) -> np.ndarray:
    """The button that the clerks pressed most for each group: [clusters]."""
    counts = np.zeros((clusters, len(BUTTONS)))
    np.add.at(counts, (groups, log.buttons), 1)
    return counts.argmax(axis=1)  # (5)


def purity(log: Log, groups: np.ndarray) -> float:
    """How many rows are in a group whose most frequent kind of visitor is their own, as a share."""
    own = (np.bincount(log.kinds[groups == group]).max() for group in np.unique(groups))
    return float(sum(own) / len(groups))


def buttons_of(log: Log, features: Features, centres: np.ndarray) -> np.ndarray:
    """Which button anybody who could come is sent to: [hours, ages]."""
    habits = habits_of(log, groups_of(features.rows, centres), len(centres))
    return habits[groups_of(features.visitors, centres)]


def chances_of(buttons: np.ndarray) -> list[float]:
    """How likely each button is to be pressed for the next visitor, whoever that is."""
    likely = visitor_chances().sum(axis=0)
    return [float(likely[buttons == button].sum()) for button in range(len(BUTTONS))]


def placed(point: np.ndarray, centres: np.ndarray) -> dict[str, float]:
    """Where a visitor and the nearest centre lie, by quantity; point: hour and age, [2]."""
    distances = squared_distances(point, centres)
    group = int(groups_of(point, centres))
    found = {
        "hour_off": point[0],
        "age_off": point[1],
        "group": group + 1,
        "centre_hour": centres[group, 0],
        "centre_age": centres[group, 1],
        "distance": distances[group],
    }
    others = np.delete(distances, group)
    return found | ({"other_distance": others.min()} if len(others) else {})


def run(config: ClusteringConfig) -> Iterator[Step]:
    """Serve visitors and look for better groups, one event an update."""
    log = log_of(config.world.lobby, config.world.log_rows)
    features = features_of(log)
    luck = Random(f"where the groups begin {config.seed}")
    centres = first_centres(features.rows, config.clusters, luck)
    buttons = buttons_of(log, features, centres)
    yield opening(config, Mind(chances=chances_of(buttons)))
    practice = Practice(config)
    for update in range(1, config.updates + 1):
        for visitor in practice.visitors():
            who = visitor.hour - FIRST_HOUR, visitor.age - YOUNGEST
            practice.press(int(buttons[who]))
            point = features.visitors[who]
            practice.note(hour=visitor.hour, age=visitor.age, **placed(point, centres))
        groups = groups_of(features.rows, centres)
        metrics = {M.INERTIA: inertia(features.rows, centres), M.PURITY: purity(log, groups)}
        centres = moved(features.rows, groups, centres)
        buttons = buttons_of(log, features, centres)
        yield practice.completed(update, Mind(chances=chances_of(buttons)), metrics)
    yield practice.finished(learns_from_pay=False)


ALGORITHM = Algorithm(
    name="clustering",
    title="Clustering",
    config=ClusteringConfig,
    run=run,
    metrics=(M.INERTIA, M.PURITY),
    source="Lloyd 1982; Arthur & Vassilvitskii 2007",
    quantities=(
        *PRESSED,
        HOUR,
        of_press("age", "Age", "", "Of the visitor, in years."),
        of_press("hour_off", "Hour, measured", "x_1", "In deviations from the mean of the log."),
        of_press("age_off", "Age, measured", "x_2", "In deviations from the mean of the log."),
        of_press("group", "Group", "g", "Its number, counted from 1.", tag="(2)"),
        of_press("centre_hour", "Hour of its centre", "c_1", "In the same deviations."),
        of_press("centre_age", "Age of its centre", "c_2", "In the same deviations."),
        of_press(
            "other_distance",
            "Nearest other centre",
            r"\min_{j \ne g} |x - c_j|^2",
            "How far off it is, squared: farther than the group's own, or as far.",
        ),
        of_press(
            "distance",
            "Distance from the centre",
            "|x - c|^2",
            "Squared; no centre is nearer.",
            "(x_1 - c_1)^2 + (x_2 - c_2)^2",
            "(2)",
        ),
    ),
    objective=M.INERTIA,
)
