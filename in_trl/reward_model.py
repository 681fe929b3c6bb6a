"""A reward model of Pip's pairs, trained again in TRL with the same settings.

Needs `pip install trl`. Run it in the folder of Pip School, whose checkpoint and crowd it uses.
"""

import sys
from collections.abc import Sequence
from typing import Any, cast

import torch
from datasets import Dataset
from transformers import AutoTokenizer, LlamaForSequenceClassification
from trl.trainer.reward_config import RewardConfig
from trl.trainer.reward_trainer import RewardTrainer

sys.path.insert(0, "")  # the folder in which this is run, wherever the file lies

from engine.algorithms import reward_model
from engine.config import parse_config
from engine.language.judge import HEAD_PACE
from engine.language.learner import GRADIENT_LIMIT
from engine.language.preferences import as_text, labelled_pairs
from engine.language.vocabulary import CHECKPOINT, END
from engine.worlds.desk import DeskConfig

SETTINGS: dict[str, Any] = {"algorithm": "reward_model"}

config = cast(reward_model.RewardModelConfig, parse_config(SETTINGS))
world = cast(DeskConfig, config.world)
pairs = labelled_pairs(world.preferences, world.questions.shares)


class Head(torch.nn.Linear):
    """A head that begins at zero and, as here, counts many times."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """The raw scores of states: [..., model] -> [..., 1]."""
        return HEAD_PACE * super().forward(input)


def whole(text: str, reply: Sequence[int]) -> str:
    """A reply with its end, if it came to one; the visitor's turn behind it, TRL adds."""
    return f"{text} <end>" if END in reply else text


model = LlamaForSequenceClassification.from_pretrained(CHECKPOINT, num_labels=1)
model.score = Head(model.config.hidden_size, 1, bias=False)
torch.nn.init.zeros_(model.score.weight)
tokenizer = AutoTokenizer.from_pretrained(CHECKPOINT)
model.config.pad_token_id = tokenizer.pad_token_id

arguments = RewardConfig(
    output_dir="pip-in-trl",
    seed=config.seed,
    max_steps=config.updates,
    per_device_train_batch_size=config.pairs_per_update,
    learning_rate=config.learning_rate,
    lr_scheduler_type=config.schedule,
    adam_beta2=0.99,
    max_grad_norm=GRADIENT_LIMIT,
    center_rewards_coefficient=config.centring,
    eos_token="<visitor>",  # the score is read there
    logging_steps=1,
    save_strategy="no",
    report_to=[],
    use_cpu=True,
    bf16=False,
    gradient_checkpointing=False,
)
trainer = RewardTrainer(
    model=model,
    args=arguments,
    train_dataset=Dataset.from_list(
        [
            {
                "prompt": text["prompt"],
                "chosen": whole(text["chosen"], pair.chosen),
                "rejected": whole(text["rejected"], pair.rejected),
            }
            for pair, text in zip(pairs, as_text(pairs), strict=True)
        ]
    ),
    processing_class=tokenizer,
)
trainer.train()
