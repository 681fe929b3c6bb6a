"""The closed vocabulary of measurements.

Charts, tooltips, chapter conditions, prose and documentation all read the one table in
`metrics.toml`; a metric that is not in it does not exist.
"""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Literal

from engine.frozen import Frozen

Role = Literal["proxy", "true", "drift", "neutral"]
Better = Literal["higher", "lower", "neither"]


class MetricName(StrEnum):
    """Every measurement that an algorithm or a world may report."""

    PROXY_RETURN = "proxy_return"
    TRUE_RETURN = "true_return"
    LENGTH = "length"
    KL = "kl"
    ENTROPY = "entropy"
    REWARD_SPREAD = "reward_spread"
    SILENT_GROUPS = "silent_groups"
    CLIP_FRACTION = "clip_fraction"
    GRAD_NORM = "grad_norm"
    LOSS = "loss"
    STEP_KL = "step_kl"
    KL_COEF = "kl_coef"
    VALUE_LOSS = "value_loss"
    EXPLAINED_VARIANCE = "explained_variance"
    PAIR_ACCURACY = "pair_accuracy"
    TRUTH_ACCURACY = "truth_accuracy"
    MARGIN = "margin"
    CALIBRATION_ERROR = "calibration_error"
    CHOSEN_LOG_PROB = "chosen_log_prob"
    REJECTED_LOG_PROB = "rejected_log_prob"
    CANDIDATES = "candidates"
    CORRECT = "correct"
    POLITE = "polite"
    FLATTERY = "flattery"
    EVASIVE = "evasive"
    SYCOPHANTIC = "sycophantic"
    FLUENT = "fluent"
    RAMBLE = "ramble"
    WORK = "work"
    WORK_VALID = "work_valid"
    LIKED = "liked"
    EXPECTED_PROXY = "expected_proxy"
    EXPECTED_TRUE = "expected_true"
    EXACT_KL = "exact_kl"
    SHORTFALL = "shortfall"
    USEFUL = "useful"
    FILLER = "filler"
    DELIVERED = "delivered"
    PAD_VISITS = "pad_visits"
    BUMPS = "bumps"
    EPSILON = "epsilon"
    TD_ERROR = "td_error"
    VALUE_ERROR = "value_error"
    FELL = "fell"
    TILT = "tilt"
    OFFSET = "offset"
    SWITCHES = "switches"
    STRAIGHTENED = "straightened"
    REGRET = "regret"
    BEST_BUTTON = "best_button"
    SETTLED = "settled"
    WAITING = "waiting"
    SMILED = "smiled"
    WANTED_BUTTON = "wanted_button"
    TRIED = "tried"
    BELIEF_ERROR = "belief_error"
    LOG_LOSS = "log_loss"
    LOG_READ = "log_read"
    DOUBT = "doubt"
    IN_PLAY = "in_play"
    INERTIA = "inertia"
    PURITY = "purity"
    SENT_AWAY = "sent_away"
    GRADIENT_VARIANCE = "gradient_variance"
    GRADIENT_NOISE = "gradient_noise"
    SPILLS = "spills"
    BESIDE = "beside"
    GREEDY_RETURN = "greedy_return"
    BEST_RETURN = "best_return"
    COLLISIONS = "collisions"
    WAITED = "waited"
    GAVE_WAY = "gave_way"
    CAUGHT = "caught"
    PREDICTED_VALUE = "predicted_value"
    REALISED_VALUE = "realised_value"
    OVERESTIMATE = "overestimate"
    NEW_STATES = "new_states"
    NO_IDEA = "no_idea"
    MEMORY = "memory"
    SWITCHED = "switched"
    BEST_BEFORE = "best_before"
    FORMER_BEST = "former_best"
    REGRET_SINCE = "regret_since"
    CLEAN_AT_BELL = "clean_at_bell"
    CLEAN = "clean"
    TAKEN_UP = "taken_up"
    TIPPED_OUT = "tipped_out"
    EMPTIED = "emptied"
    DIRT_SEEN = "dirt_seen"
    AWAY = "away"
    WON = "won"
    WON_AGAINST_BEST = "won_against_best"
    WON_AGAINST_BEGINNER = "won_against_beginner"
    TAKEN = "taken"
    GIVEN = "given"
    NOT_ALLOWED = "not_allowed"
    REHEARSED = "rehearsed"
    HINDSIGHT = "hindsight"
    TRADES = "trades"
    BLOCKS_HELD = "blocks_held"
    UNBOOKED = "unbooked"
    ARRIVED = "arrived"
    JOLTS = "jolts"
    LATE_STEPS = "late_steps"
    LEFT_LANE = "left_lane"
    PULL = "pull"
    SPEED = "speed"
    TEACHER_CORRECT = "teacher_correct"
    TAUGHT = "taught"
    DISAGREEMENT = "disagreement"
    WEIGHT_CLIPPED = "weight_clipped"
    TEACHER_ENTROPY = "teacher_entropy"
    GAME_REGRET = "game_regret"
    COVERAGE = "coverage"
    RIGHT_REASON = "right_reason"
    RIGHT_OPTIMAL = "right_optimal"
    RIGHT_GREEDY = "right_greedy"
    RIGHT_OTHER = "right_other"
    AS_REASONED = "as_reasoned"
    FREQUENT = "frequent"
    UCB_REGRET = "ucb_regret"
    EPSILON_REGRET = "epsilon_regret"
    RANDOM_REGRET = "random_regret"
    REASON_WEIGHT = "reason_weight"
    FREQUENCY_WEIGHT = "frequency_weight"
    DRAWN = "drawn"
    LOST = "lost"
    SOUND_REASON = "sound_reason"
    ACTED_ON = "acted_on"
    UNREADABLE = "unreadable"
    WRONG_ACTED_ON = "wrong_acted_on"
    OVERRULED = "overruled"
    TEACHER_RIGHT = "teacher_right"
    TEACHER_FLATTERY = "teacher_flattery"
    TEACHER_KL = "teacher_kl"
    FLOORED = "floored"
    COUNTED = "counted"
    DUTY_RIGHT = "duty_right"
    ROOMS_RIGHT = "rooms_right"
    SUMS_RIGHT = "sums_right"
    WEAKEST_DOMAIN = "weakest_domain"
    DUTY_TEACHER = "duty_teacher"
    ROOMS_TEACHER = "rooms_teacher"
    SUMS_TEACHER = "sums_teacher"
    DUTY_APART = "duty_apart"
    ROOMS_APART = "rooms_apart"
    SUMS_APART = "sums_apart"
    DROPPED = "dropped"
    FOLLOWED_UP = "followed_up"
    THANKED = "thanked"
    OBJECTED = "objected"
    MISLED = "misled"
    BLIND_REGRET = "blind_regret"


class Metric(Frozen):
    """What one measurement is called, counted in, and means."""

    name: MetricName
    label: str
    unit: str
    better: Better
    role: Role
    meaning: str
    total: bool = False  # it is added up since the run began, and never falls

    @property
    def percent(self) -> bool:
        """Whether it is shown in per cent."""
        return self.unit.startswith("share")


def _table() -> dict[MetricName, Metric]:
    """Raises ValueError unless exactly the named measurements are described."""
    described = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    if list(described) != list(MetricName):
        raise ValueError("metrics.toml must describe every MetricName once, in the same order.")
    return {name: Metric.model_validate({"name": name, **described[name]}) for name in MetricName}


METRICS: dict[MetricName, Metric] = _table()
