"""Which curves the Lab shows of a run."""

from curriculum.experiment import Chart
from engine.algorithms import ALGORITHMS
from engine.metrics import METRICS
from engine.spec import TrainConfig
from engine.worlds import WORLDS

OF_WORLD, OF_ALGORITHM = 4, 2  # charts; worlds and algorithms name what tells most first


def charts_of(config: TrainConfig) -> list[Chart]:
    """One chart for each measurement that tells most of a run."""
    world, algorithm = WORLDS[config.world.world], ALGORITHMS[config.algorithm]
    shown = world.metrics[:OF_WORLD] + algorithm.metrics[:OF_ALGORITHM]
    return [
        Chart(title=METRICS[name].label, unit=METRICS[name].unit, metrics=(name,)) for name in shown
    ]
