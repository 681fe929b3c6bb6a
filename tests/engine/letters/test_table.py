"""The table and its alphabet: every message once, with the very chance that the losses see."""

import pytest
import torch

from engine.language.layout import lay_out
from engine.language.lean import log_probs
from engine.letters.alphabet import START, beginnings, every_message, messages
from engine.letters.table import Table, first_table


def random_table(letter_count: int, length: int, seed: int = 0) -> Table:
    rng = torch.Generator().manual_seed(seed)
    places = sum(letter_count**place for place in range(length))
    return Table(torch.randn(letter_count, places, generator=rng, dtype=torch.float64))


def test_messages_are_all_there_in_the_order_of_a_dictionary() -> None:
    assert len(set(messages())) == 4**4
    assert list(messages()) == sorted(messages())
    letters, _ = every_message(4, 4)
    assert ["".join("abcd"[token] for token in row) for row in letters.tolist()] == list(messages())


def test_beginnings_are_numbered_shorter_ones_first() -> None:
    # Of three letters: 0 the empty one, 1 to 3 single letters, from 4 on pairs.
    assert beginnings(torch.tensor([[2, 0, 1], [0, 0, 2]]), 3).tolist() == [[0, 3, 10], [0, 1, 4]]


@pytest.mark.parametrize(("letter_count", "length"), [(2, 1), (2, 3), (3, 2), (4, 4)])
def test_chances_sum_to_one(letter_count: int, length: int) -> None:
    table = random_table(letter_count, length)
    assert table.length == length
    chances = table.log_chances().exp()
    assert len(chances) == letter_count**length
    assert chances.sum().item() == pytest.approx(1, abs=1e-12)


def test_the_untrained_table_is_the_bigram_that_is_written_down() -> None:
    chances = dict(zip(messages(), first_table().log_chances().exp().tolist(), strict=True))
    assert chances["aaaa"] == pytest.approx(0.2 * 0.1**3)
    assert chances["bdca"] == pytest.approx(0.3 * 0.3 * 0.25 * 0.25)
    assert chances["dddd"] == pytest.approx(0.3 * 0.4**3)


@pytest.mark.parametrize(("letter_count", "length"), [(2, 3), (3, 2), (4, 4)])
def test_losses_see_the_chances_of_the_table(letter_count: int, length: int) -> None:
    """Through the layout that algorithms use, value and gradient: in one group and in many."""
    table = random_table(letter_count, length)
    head = table.head.requires_grad_()
    exact = table.log_chances()
    weights = torch.linspace(-1, 1, len(exact), dtype=torch.float64)
    expected = torch.autograd.grad((exact * weights).sum(), head)[0]
    letters, _ = every_message(letter_count, length)
    replies = letters.tolist()
    for group_size in (len(replies), 1):
        prompts = [[START]] * (len(replies) // group_size)
        found = log_probs(table, lay_out(prompts, replies, group_size)).view(-1, length).sum(1)
        assert (found - exact).abs().max() < 1e-12
        gradient = torch.autograd.grad((found * weights).sum(), head)[0]
        assert (gradient - expected).abs().max() < 1e-12


def test_a_copy_shares_nothing() -> None:
    start = first_table()
    doubled = start.mapped(lambda weights: 2 * weights)
    assert torch.equal(doubled.head, 2 * start.head)
    assert torch.equal(start.log_chances(), first_table().log_chances())
