"""A run of fine-tuning on liked replies, continued in TRL with the same settings.

Needs `pip install trl`. Run it in the folder of Pip School, whose checkpoint and crowd it uses.
"""

import sys
from typing import Any, cast

from datasets import Dataset
from transformers import AutoTokenizer, LlamaForCausalLM
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

sys.path.insert(0, "")  # the folder in which this is run, wherever the file lies

from engine.algorithms import sft
from engine.config import parse_config
from engine.language.learner import GRADIENT_LIMIT
from engine.language.preferences import as_text, labelled_pairs
from engine.language.vocabulary import CHECKPOINT
from engine.worlds.desk import DeskConfig

SETTINGS: dict[str, Any] = {"algorithm": "sft"}

config = cast(sft.SFTConfig, parse_config(SETTINGS))
world = cast(DeskConfig, config.world)
pairs = labelled_pairs(world.preferences, world.questions.shares)

arguments = SFTConfig(
    output_dir="pip-in-trl",
    seed=config.seed,
    max_steps=config.updates,
    per_device_train_batch_size=config.pairs_per_update,
    learning_rate=config.learning_rate,
    lr_scheduler_type=config.schedule,
    adam_beta2=0.99,
    max_grad_norm=GRADIENT_LIMIT,
    completion_only_loss=True,
    logging_steps=1,
    save_strategy="no",
    report_to=[],
    use_cpu=True,
    bf16=False,
    gradient_checkpointing=False,
)
trainer = SFTTrainer(
    model=LlamaForCausalLM.from_pretrained(CHECKPOINT),
    args=arguments,
    train_dataset=Dataset.from_list(
        [{"prompt": one["prompt"], "completion": one["chosen"]} for one in as_text(pairs)]
    ),
    processing_class=AutoTokenizer.from_pretrained(CHECKPOINT),
)
trainer.train()
