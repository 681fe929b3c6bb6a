"""Policies on their way out and back: the same weights, and the same words to every other tool."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.config import parse_config
from engine.language.checkpoint import (
    base_policy,
    copy_policy,
    files_of,
    load_policy,
    save_policy,
    zipped,
)
from engine.language.decoding import draw_noise, sample
from engine.language.layout import lay_out
from engine.language.lean import Policy, log_probs
from engine.language.pretrain import fresh_policy, save
from engine.language.vocabulary import CHECKPOINT, encode
from engine.train import steps

PROMPTS = [
    encode(text.split())
    for text in ("<visitor> where is the lab ? <pip>", "<visitor> when does the cafe close ? <pip>")
]


def replies() -> list[list[int]]:
    noise = draw_noise(torch.Generator().manual_seed(0), 26, 8)
    return sample(base_policy(), PROMPTS, 4, 26, noise)


def our_log_probs(policy: Policy) -> torch.Tensor:
    with torch.no_grad():
        return log_probs(policy, lay_out(PROMPTS, replies(), 4))


def their_log_probs(model: Any) -> torch.Tensor:
    """The model's own, row by row, without any code of ours."""
    found = []
    for row, reply in enumerate(replies()):
        prompt = PROMPTS[row // 4]
        with torch.no_grad():
            spread = model(torch.tensor([prompt + reply])).logits[0].log_softmax(-1)
        found.append(spread[len(prompt) - 1 : -1].gather(1, torch.tensor(reply)[:, None])[:, 0])
    return torch.cat(found)


def trained_policy(updates: int = 3) -> Policy:
    """The policy of a real run, as its last step carries it."""
    settings = {"updates": updates, "prompts_per_update": 2, "group_size": 4, "reward": "polite"}
    config = parse_config({"algorithm": "grpo", "learning_rate": 0.005, **settings})
    return list(steps(config))[-1].policy


def test_the_files_of_the_shipped_pip_are_the_shipped_files() -> None:
    shipped = {path.name: path.read_bytes() for path in CHECKPOINT.iterdir()}
    assert files_of(base_policy()) == shipped


def test_a_new_pip_is_written_as_the_shipped_one_was(tmp_path: Path) -> None:
    save(base_policy(), tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == files_of(base_policy())


def test_a_saved_policy_comes_back_the_same(tmp_path: Path) -> None:
    policy = copy_policy(base_policy()).mapped(lambda weights: 1.1 * weights)
    save_policy(policy, tmp_path / "pip")
    back = load_policy(tmp_path / "pip")
    for own, other in zip(back.parameters, policy.parameters, strict=True):
        assert torch.equal(own, other)
    assert back.head is back.embedding


def test_a_zip_holds_the_files_and_is_always_the_same() -> None:
    packed = zipped(base_policy(), "pip_after_60")
    assert packed == zipped(copy_policy(base_policy()), "pip_after_60")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        found = {Path(name).name: archive.read(name) for name in archive.namelist()}
        assert {Path(name).parent.name for name in archive.namelist()} == {"pip_after_60"}
    assert found == files_of(base_policy())


def test_weights_of_another_form_are_refused() -> None:
    base = base_policy()
    untied = Policy(base.embedding, base.layers, base.final_norm, base.head.clone(), 4)
    with pytest.raises(ValueError, match="do not fit"):
        files_of(untied)
    assert [w.shape for w in fresh_policy(0).parameters] == [w.shape for w in base.parameters]


@pytest.mark.slow
def test_a_policy_trained_here_speaks_the_same_in_transformers(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    policy = trained_policy()
    save_policy(policy, tmp_path)
    model = AutoModelForCausalLM.from_pretrained(tmp_path)
    ours = our_log_probs(policy)
    assert (ours - their_log_probs(model)).abs().max() < 1e-5
    assert (ours - our_log_probs(base_policy())).abs().max() > 0.05
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert tokenizer("<visitor> where is the lab ? <pip>")["input_ids"] == PROMPTS[0]


@pytest.mark.slow
def test_a_model_trained_in_transformers_speaks_the_same_here(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    save_policy(trained_policy(), tmp_path / "ours")
    model: Any = AutoModelForCausalLM.from_pretrained(tmp_path / "ours")
    before = their_log_probs(model)
    rows = [PROMPTS[0] + reply for reply in replies()[:4]]
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    for row in rows:
        tokens = torch.tensor([row])
        model(tokens, labels=tokens).loss.backward()
    optimizer.step()
    model.save_pretrained(tmp_path / "theirs")
    theirs = their_log_probs(model)
    assert (theirs - before).abs().max() > 0.05
    assert (our_log_probs(load_policy(tmp_path / "theirs")) - theirs).abs().max() < 1e-5


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")  # of what TRL and transformers will change
def test_a_policy_trained_here_goes_on_in_trl_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two updates of TRL's GRPOTrainer, from our files to files that we read."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    save_policy(trained_policy(), tmp_path / "ours")
    heard: list[str] = []

    def reward(completions: list[str], **_: object) -> list[float | None]:
        heard.extend(completions)
        return [
            float(completion.count("please")) - 0.01 * len(completion) for completion in completions
        ]

    prompts = ["<visitor> where is the lab ? <pip>", "<visitor> when does the cafe close ? <pip>"]
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(tmp_path / "ours"),
        reward_funcs=reward,
        args=GRPOConfig(
            output_dir=str(tmp_path / "out"),
            per_device_train_batch_size=8,
            num_generations=4,
            max_completion_length=26,
            learning_rate=1e-3,
            max_steps=2,
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            bf16=False,
            disable_tqdm=True,
            dataloader_pin_memory=False,
        ),
        train_dataset=Dataset.from_list([{"prompt": prompt} for prompt in prompts * 8]),
        processing_class=AutoTokenizer.from_pretrained(tmp_path / "ours"),
    )
    model: Any = trainer.model
    before = their_log_probs(model)
    trainer.train()
    assert len(heard) == 2 * 8
    known = set(AutoTokenizer.from_pretrained(tmp_path / "ours").get_vocab())
    assert {word for completion in heard for word in completion.split()} <= known
    model.eval()
    theirs = their_log_probs(model)
    assert (theirs - before).abs().max() > 1e-3
    trainer.save_model(str(tmp_path / "theirs"))
    assert (our_log_probs(load_policy(tmp_path / "theirs")) - theirs).abs().max() < 1e-5
