"""Which terms a reward pays for and which it prices."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.signs import Signs, signs_of
from engine.worlds import WORLDS
from engine.worlds.corridor import TERM_NAMES

# reward -> terms that it names, pays for, prices
TABLE = {
    "10*delivered + 0.5*on_pad - 0.1*step": ("delivered on_pad step", "delivered on_pad", "step"),
    "-0.5*on_pad + 0.5*off_pad": ("off_pad on_pad", "off_pad", "on_pad"),
    "min(1, polite)": ("polite", "polite", ""),
    "if(polite == 1, 1, 0)": ("polite", "polite", "polite"),
    "if(correct == 1, 2, 0)": ("correct", "correct", ""),
    "polite - 30*(polite > 4)": ("polite", "polite", "polite"),
    "max(0, 1 - correct - evasive)": ("correct evasive", "", "correct evasive"),
    "3*correct*(length < 10)": ("correct length", "correct", "length"),
    "correct*min(1, polite)": ("correct polite", "correct polite", ""),
    "if(length > 20, -1, 0)": ("length", "", "length"),
    "-abs(length - 8)": ("length", "length", "length"),
    "min(0, progress)": ("progress", "progress", ""),
    "1/length": ("length", "", "length"),
    "log(length) - correct": ("correct length", "length", "correct"),
    "correct - correct + polite": ("correct polite", "polite", ""),
    "0*correct": ("correct", "", ""),
    "-(-(correct))": ("correct", "correct", ""),
    "0.000001*correct": ("correct", "correct", ""),
    "0.1*correct + 0.2*correct - 0.3*correct": ("correct", "", ""),  # but for rounding
    "sqrt(3 - length)": ("length", "", ""),  # it has no value for most replies
    'count("thank") - count("clever")': ("", "polite", "flattery"),
    'count("pharmacy")': ("", "", ""),
    "1": ("", "", ""),
    "correct +": ("", "", ""),
    "": ("", "", ""),
}


@pytest.mark.parametrize("reward", TABLE)
def test_what_a_reward_pays_for_and_prices(reward: str) -> None:
    named, paid, priced = (tuple(words.split()) for words in TABLE[reward])
    assert signs_of(reward) == Signs(named, paid, priced)


WEIGHTS = st.dictionaries(
    st.sampled_from(TERM_NAMES),
    st.floats(-20, 20).filter(lambda weight: abs(weight) > 1e-3),
    min_size=1,
)


@given(WEIGHTS)
def test_of_a_weighted_sum_the_signs_are_those_of_the_weights(weights: dict[str, float]) -> None:
    signs = signs_of(" + ".join(f"({weight:.9f})*{term}" for term, weight in weights.items()))
    assert signs.named == tuple(sorted(weights))
    assert signs.paid == tuple(sorted(term for term in weights if weights[term] > 0))
    assert signs.priced == tuple(sorted(term for term in weights if weights[term] < 0))


@pytest.mark.parametrize("reward", [reward for reward in TABLE if signs_of(reward).named])
def test_a_reward_turned_round_prices_what_it_paid_for(reward: str) -> None:
    named, paid, priced = signs_of(reward)
    assert signs_of(f"-({reward})") == Signs(named, priced, paid)


def test_a_reward_of_every_term_is_read_in_a_moment() -> None:
    terms = [term.name for term in WORLDS["desk"].terms]
    began = time.process_time()
    assert signs_of("*".join(terms)).named == tuple(sorted(terms))
    assert signs_of(f"1/({'*'.join(terms)})").named == tuple(sorted(terms))
    assert time.process_time() - began < 2
