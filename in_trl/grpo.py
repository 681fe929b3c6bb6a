"""A run of GRPO at Pip's desk, continued in TRL with the same settings.

Needs `pip install trl`. Run it in the folder of Pip School, whose checkpoint and verifiers it uses.
"""

import random
import sys
from typing import Any, cast

from datasets import Dataset
from transformers import AutoTokenizer, LlamaForCausalLM
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

sys.path.insert(0, "")  # the folder in which this is run, wherever the file lies

from engine.algorithms import grpo
from engine.config import parse_config, reward_of
from engine.language.corpus import prompt
from engine.language.grammar import REPLY_LIMIT
from engine.language.learner import GRADIENT_LIMIT
from engine.language.questions import draw_question
from engine.language.said import Said
from engine.language.vocabulary import CHECKPOINT
from engine.worlds.desk import DeskConfig, reward_values

SETTINGS: dict[str, Any] = {"algorithm": "grpo"}

config = cast(grpo.GRPOConfig, parse_config(SETTINGS))
expression = reward_of(config)
visitors = random.Random(f"visitors {config.seed}")
world = cast(DeskConfig, config.world)
shares = world.questions.shares
questions = [
    draw_question(visitors, shares) for _ in range(config.updates * config.prompts_per_update)
]


def reward(completions: list[str], number: list[int], **_: object) -> list[float | None]:
    """What the learner's reward pays each reply; `number` is that of its question."""
    words = [text.split() for text in completions]
    said = Said([questions[index] for index in number], [], [], words)
    return expression.evaluate(reward_values(world, expression, said)).tolist()


of_replies = config.loss_type == "gspo"
rise = config.clip_range if config.clip_range_high is None else config.clip_range_high
arguments = GRPOConfig(
    output_dir="pip-in-trl",
    seed=config.seed,
    max_steps=config.updates * config.batch_epochs,
    per_device_train_batch_size=config.prompts_per_update * config.group_size,
    num_generations=config.group_size,
    num_iterations=config.batch_epochs,
    max_completion_length=REPLY_LIMIT,
    learning_rate=config.learning_rate,
    lr_scheduler_type="constant",
    adam_beta2=0.99,
    max_grad_norm=GRADIENT_LIMIT,
    beta=config.kl_coef,
    use_bias_correction_kl=False,
    epsilon=config.clip_range,
    epsilon_high=grpo.RATIO_CAP if config.loss_type == "cispo" else rise,
    loss_type="grpo" if of_replies else config.loss_type,
    importance_sampling_level="sequence" if of_replies else "token",
    scale_rewards=config.scale_rewards,
    logging_steps=1,
    save_strategy="no",
    report_to=[],
    use_cpu=True,
    bf16=False,
    gradient_checkpointing=False,
)
trainer = GRPOTrainer(
    model=LlamaForCausalLM.from_pretrained(CHECKPOINT),
    reward_funcs=reward,
    args=arguments,
    train_dataset=Dataset.from_list(
        [{"prompt": " ".join(prompt(one)), "number": n} for n, one in enumerate(questions)]
    ),
    processing_class=AutoTokenizer.from_pretrained(CHECKPOINT),
)
trainer.train()
