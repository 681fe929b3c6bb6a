"""Which curves the Lab shows of a run."""

from curriculum.experiment import Chart
from engine.algorithms import ALGORITHMS
from engine.metrics import METRICS
from engine.metrics import MetricName as M
from engine.spec import TrainConfig
from engine.worlds import WORLDS

OF_WORLD, OF_ALGORITHM = 4, 2  # charts; worlds and algorithms name what tells most first
EXPECTED = M.PREDICTED_VALUE, M.REALISED_VALUE  # says most beside each other
REGRETS = M.GAME_REGRET, M.UCB_REGRET, M.EPSILON_REGRET, M.RANDOM_REGRET  # so does this
OF_READERS = M.GAME_REGRET, M.UCB_REGRET, M.BLIND_REGRET, M.RANDOM_REGRET  # and this


def charts_of(config: TrainConfig) -> list[Chart]:
    """One chart for each measurement that tells most of a run."""
    world, algorithm = WORLDS[config.world.world], ALGORITHMS[config.algorithm]
    names = list(world.metrics[:OF_WORLD])
    for name in algorithm.metrics:
        if len(names) < OF_WORLD + OF_ALGORITHM and name not in EXPECTED[1:]:
            names.append(name)
    regrets = OF_READERS if M.BLIND_REGRET in world.metrics else REGRETS
    return [_chart(name, regrets) for name in names]


def _chart(name: M, regrets: tuple[M, ...]) -> Chart:
    metric = METRICS[name]
    if name == EXPECTED[0]:
        return Chart(title="Expected value, and what came", unit=metric.unit, metrics=EXPECTED)
    if name == REGRETS[0]:
        return Chart(title=metric.label, unit=metric.unit, metrics=regrets)
    return Chart(title=metric.label, unit=metric.unit, metrics=(name,))
