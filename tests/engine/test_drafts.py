"""Five drafts in words: what is read and written by hand, the player that ships, its tuning."""

from itertools import product

import numpy as np
import pytest
import torch

from engine.algorithms.rlft import advantages_of
from engine.algorithms.rlft_words import RlftWordsConfig, learn, loss_of, numbers_of
from engine.arms.agent import habit_history
from engine.arms.games import History
from engine.config import parse_config
from engine.drafts.base import DOES, SEES, examples, first_player
from engine.drafts.text import LETTER, REASON, WORDS, in_words, prompts, read, reply_of
from engine.drafts.writer import Writer, elected, standing_in
from engine.events import RunFinished, RunStarted, UpdateCompleted
from engine.language.checkpoint import copy_policy
from engine.language.layout import lay_out
from engine.language.lean import next_token_logits
from engine.language.learner import new_learner
from engine.metrics import MetricName as M
from engine.train import train
from engine.worlds.arms import PIPS
from engine.worlds.drafts import DRAFTS


def config_of(**settings: object) -> RlftWordsConfig:
    config = parse_config({"algorithm": "rlft_words", "world": {"world": "drafts"}, **settings})
    assert isinstance(config, RlftWordsConfig)
    return config


def history_of(*pulls: tuple[int, float]) -> History:
    history = History(1, DRAFTS)
    for draft, score in pulls:
        history.add(np.array([draft]), np.array([score]))
    return history


def test_a_prompt_by_hand() -> None:
    history = history_of((0, 0.5), (1, 9.0), (0, 0.72), (4, -3.0), *[(2, 0.0)] * 15)
    said = [WORDS[token] for token in prompts(history)[0]]
    assert said == [
        *("1:2", "~0.6", "2:1", "~1.4", "3:14", "~0.0"),
        *("4:0", "~", "5:1", "~-0.5", "pip:"),
    ]


def test_every_word_is_another_one_and_a_reply_is_read_as_it_was_written() -> None:
    assert len(set(WORDS)) == len(WORDS)
    for reason, letter in product(range(DRAFTS), repeat=2):
        tokens = reply_of(reason, letter)
        assert in_words(tokens) == f"try {reason + 1}, send {letter + 1}"
        assert [int(one) for one in read(np.array(tokens))] == [reason, letter]
    swapped = np.array([reply_of(1, 2)[::-1], [0, len(WORDS) - 1]])
    assert [one.tolist() for one in read(swapped)] == [[-1, -1], [-1, -1]]


def test_the_letter_that_most_replies_hold_is_elected() -> None:
    votes = np.array([reply_of(0, 3), reply_of(1, 2), reply_of(2, 2), reply_of(3, 4)])
    assert elected(votes, LETTER).tolist() == reply_of(1, 2)
    assert elected(votes[[0, 1]], LETTER).tolist() == reply_of(0, 3)  # of those that tie, the first


def test_of_several_thoughts_the_commonest_stands_with_its_letter() -> None:
    thoughts = np.array([reply_of(0, 3), reply_of(1, 2), reply_of(2, 2), reply_of(1, 4)])
    assert elected(thoughts, REASON).tolist() == reply_of(1, 2)
    two = np.vstack([thoughts, [reply_of(4, 0), reply_of(3, 1), reply_of(3, 2), reply_of(3, 1)]])
    assert standing_in(two, 4, REASON).tolist() == [reply_of(1, 2), reply_of(3, 1)]
    assert standing_in(two, 1, REASON) is two


def test_more_thoughts_make_reasons_right_and_letters_hardly() -> None:
    world = {"world": "drafts", "pulls": 12}
    once, often = (
        Writer(first_player("greedy"), config_of(games=64, world=world, thoughts=count)).games()
        for count in (1, 16)
    )
    assert often.played.is_right.mean() > max(0.95, once.played.is_right.mean() + 0.05)
    assert often.played.is_optimal.mean() < once.played.is_optimal.mean() + 0.1


def test_games_with_the_same_drafts_stand_together() -> None:
    config = config_of(same_drafts=8, games=20)
    worths = Writer(first_player("greedy"), config).games().played.worths
    assert (worths[:8] == worths[0]).all() and (worths[8:16] == worths[8]).all()
    assert len(np.unique(worths[:, 0])) == 3


def test_what_is_sent_is_what_was_written() -> None:
    config = config_of(games=40, world={"world": "drafts", "pulls": 8})
    written = Writer(first_player("greedy"), config).games()
    reason, letter = read(written.replies)
    played = written.played
    assert written.is_own.all() and not (played.is_unreadable != (letter < 0)).any()
    readable = letter >= 0
    assert (played.pulled == letter)[readable].all()
    assert played.said[0] == in_words(written.replies[0, 0].tolist())
    assert (played.agrees == (reason == letter))[readable & (reason >= 0)].all()
    # What Pip read is the history of what was sent: it is written down again, letter by letter.
    history = History(40, DRAFTS)
    for time in range(8):
        assert (prompts(history) == written.prompts[time]).all()
        history.add(played.pulled[time], played.scores[time])


def test_remedies_leave_the_words_that_stand() -> None:
    player, place = first_player("greedy"), {"world": "drafts", "pulls": 10}
    forced = Writer(player, config_of(world=place, start="all")).games()
    assert not forced.is_own[:DRAFTS].any() and forced.is_own[DRAFTS:].all()
    assert forced.played.is_first[:DRAFTS].all()
    by_chance = Writer(player, config_of(world=place, epsilon=1)).games()
    assert not by_chance.is_own.any()
    counts = np.bincount(by_chance.played.pulled.ravel(), minlength=DRAFTS)
    assert counts.min() > 0.7 * counts.mean()
    plain = Writer(player, config_of(world=place)).games().played.agrees.mean()
    twice = Writer(player, config_of(world=place, second_thought="yes")).games()
    assert twice.played.agrees.mean() > plain + 0.1
    voted = Writer(player, config_of(world=place, votes=16)).games().played
    assert voted.is_greedy.mean() > 0.6  # sixteen votes are surer of the habit than one


def test_a_habit_is_the_sum_over_all_reasons() -> None:
    player = first_player("greedy")
    asked = prompts(habit_history(20, DRAFTS))[0].tolist()
    every = [reply_of(reason, 0) for reason in range(DRAFTS)]
    with torch.no_grad():
        logits = next_token_logits(player, lay_out([asked] * DRAFTS, every))
    spread = logits.log_softmax(-1).exp().view(DRAFTS, 2, -1)
    wanted = sum(
        float(spread[r, 0, every[r][0]] * spread[r, 1, every[r][1]]) for r in range(DRAFTS)
    )
    assert Writer(player, config_of()).habit([20, 0])[0] == pytest.approx(wanted, abs=1e-6)


def test_the_loss_by_hand() -> None:
    old = torch.tensor([-1.0, -2.0, -0.5])
    now = old + torch.tensor([0.5, -0.5, 0.1])
    reference, ahead = old.clone(), torch.tensor([1.0, -1.0, 2.0])
    ratios = [1.2, -0.8, 2 * float(np.exp(0.1))]  # two are clipped, at 1.2 and at 0.8
    leash = sum(float(np.exp(-d) + d - 1) for d in (0.5, -0.5, 0.1)) / 3
    config = config_of(kl_coef=0.3)
    assert float(loss_of(now, old, reference, ahead, config)) == pytest.approx(
        -sum(ratios) / 3 + 0.3 * leash, abs=1e-6
    )


def test_one_step_is_the_plain_policy_gradient() -> None:
    """The step of one pass, by autograd over whole replies, without any ratio."""
    config = config_of(games=8, world={"world": "drafts", "pulls": 5})
    start = first_player("greedy")
    written = Writer(start, config).games()
    rewards = written.played.scores
    learner = new_learner(start, 1e-3)
    norm = learn(learner, written, rewards, config).metrics[M.GRAD_NORM]
    policy = copy_policy(start, trains=True)
    asked = written.prompts.reshape(40, -1).tolist()
    layout = lay_out(asked, written.replies.reshape(40, -1).tolist())
    logs = next_token_logits(policy, layout).log_softmax(-1)
    taken = logs.gather(1, layout.targets[:, None]).view(40, 2).sum(1)
    ahead = torch.from_numpy(advantages_of(rewards).ravel())
    (-(ahead * taken).sum() / 80).backward()
    squares = sum(
        float(tensor.grad.square().sum()) for tensor in policy.parameters if tensor.grad is not None
    )
    assert norm == pytest.approx(squares**0.5, rel=1e-4)


def test_words_are_paid_by_what_their_own_group_of_games_did() -> None:
    """Where a whole group is paid more and its games alike, nothing is learnt: luck is no merit."""
    config = config_of(games=8, same_drafts=4, world={"world": "drafts", "pulls": 5})
    written = Writer(first_player("greedy"), config).games()
    paid = np.zeros((5, 8))
    paid[:, :4] = 3.0
    learner = new_learner(first_player("greedy"), 1e-3)
    assert learn(learner, written, paid, config).metrics[M.GRAD_NORM] == 0
    whole = config.model_copy(update={"same_drafts": 1})
    assert learn(learner, written, paid, whole).metrics[M.GRAD_NORM] > 0.01


def test_further_passes_are_measured_from_who_wrote() -> None:
    config = config_of(games=8, passes=3, world={"world": "drafts", "pulls": 5})
    learner = new_learner(first_player("greedy"), 1e-2)
    written = Writer(learner.policy, config).games()
    tuned = learn(learner, written, written.played.scores, config)
    assert torch.equal(tuned.old, tuned.reference) and tuned.metrics[M.KL] == 0
    assert (tuned.last - tuned.old).abs().max() > 0.01
    again = learn(learner, written, written.played.scores, config)
    gap = float((again.old - again.reference).mean())
    assert again.metrics[M.KL] == pytest.approx(gap) and gap != 0
    shown = numbers_of(written, written.played.scores, again, config)
    assert set(shown["weight"]) == {0.0125}  # 2 words, 5 letters, 8 games
    # The numbers are those of the first game: its words stand eight letters apart.
    assert shown["old_reason"] == pytest.approx(again.old.view(5, 8, 2)[:, 0, 0].tolist(), rel=1e-3)


def test_nothing_is_learnt_from_letters_that_pip_did_not_choose() -> None:
    config = config_of(epsilon=1, games=8, world={"world": "drafts", "pulls": 5})
    learner = new_learner(first_player("greedy"), 1e-2)
    written = Writer(learner.policy, config).games()
    metrics = learn(learner, written, written.played.scores, config).metrics
    before = first_player("greedy").parameters
    pairs = zip(before, learner.policy.parameters, strict=True)
    assert all(torch.equal(old, new) for old, new in pairs)
    chosen = written._replace(is_own=~written.is_own)
    measured = learn(learner, chosen, written.played.scores, config).metrics
    assert metrics[M.ENTROPY] == pytest.approx(measured[M.ENTROPY], abs=1e-6)


def test_the_flawed_player_is_as_flawed_as_it_says() -> None:
    read_words, written = examples("greedy", np.random.default_rng(0), 4000)
    reason, letter = read(np.array(written))
    untried = (read_words[:, 1:-1:2] == read_words.min(axis=0)[1]).any()
    assert untried and (reason >= 0).all() and (letter >= 0).all()
    assert (reason == letter).mean() > DOES


@pytest.mark.parametrize("pip", PIPS)
def test_the_shipped_players_know_and_do_not_do(pip: str) -> None:
    """Of the paper's largest model 87 % of reasons are right and 21 % of letters are optimal."""
    config = config_of(world={"world": "drafts", "pip": pip}, games=128)
    writer = Writer(first_player(pip), config)
    played = writer.games().played
    assert played.is_right.mean() == pytest.approx(SEES, abs=0.06)
    assert 0.1 < (played.is_right & played.is_optimal).mean() < 0.25
    assert (played.is_right & played.is_greedy).mean() > 0.45
    assert (writer.habit([20])[0] > 0.5) == (pip == "frequent")


def test_a_run_without_a_signal_says_so() -> None:
    events = list(train(config_of(reward="0", updates=2, games=8)))
    assert isinstance(events[-1], RunFinished) and events[-1].ending == "no_signal"


@pytest.mark.parametrize("settings", [{"epsilon": 1}, {"start": "all"}])
@pytest.mark.parametrize("algorithm", ["rlft", "rlft_words"])
def test_a_run_in_which_pip_chooses_nothing_says_so(
    algorithm: str, settings: dict[str, object]
) -> None:
    world = {"world": "arms", "arms": 5} if algorithm == "rlft" else {"world": "drafts"}
    world |= {"pulls": DRAFTS}
    config = parse_config(
        {"algorithm": algorithm, "world": world, "updates": 2, "games": 8} | settings
    )
    last = list(train(config))[-1]
    assert isinstance(last, RunFinished) and last.ending == "no_choice"


@pytest.mark.slow
@pytest.mark.parametrize("same_drafts", [1, 8])
def test_tuning_lowers_regret_and_raises_coverage(same_drafts: int) -> None:
    """Over three seeds: the first games beside those of the last five updates."""
    seen = []
    for seed in range(3):
        events = list(train(config_of(seed=seed, same_drafts=same_drafts)))
        assert isinstance(events[0], RunStarted)
        ends = [event.metrics for event in events[-6:-1] if isinstance(event, UpdateCompleted)]
        seen += [
            [np.mean([one[name] for one in part]) for part in ([events[0].metrics], ends)]
            for name in (M.GAME_REGRET, M.COVERAGE)
        ]
    regrets, coverages = np.mean(seen[::2], axis=0), np.mean(seen[1::2], axis=0)
    assert regrets[1] < 0.9 * regrets[0]
    assert coverages[1] > coverages[0] + 0.08
