"""A run of DPO on Pip's pairs, continued in TRL with the same settings.

Needs `pip install trl`. Run it in the folder of Pip School, whose checkpoint and crowd it uses.
"""

import sys
from typing import Any, cast

from datasets import Dataset
from transformers import AutoTokenizer, LlamaForCausalLM
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

sys.path.insert(0, "")  # the folder in which this is run, wherever the file lies

from engine.algorithms import dpo
from engine.config import parse_config
from engine.language.learner import GRADIENT_LIMIT
from engine.language.preferences import as_text, labelled_pairs
from engine.language.vocabulary import CHECKPOINT
from engine.worlds.desk import DeskConfig

SETTINGS: dict[str, Any] = {"algorithm": "dpo"}

config = cast(dpo.DPOConfig, parse_config(SETTINGS))
world = cast(DeskConfig, config.world)
pairs = labelled_pairs(world.preferences, world.questions.shares)

arguments = DPOConfig(
    output_dir="pip-in-trl",
    seed=config.seed,
    max_steps=config.updates,
    per_device_train_batch_size=config.pairs_per_update,
    learning_rate=config.learning_rate,
    lr_scheduler_type=config.schedule,
    adam_beta2=0.99,
    max_grad_norm=GRADIENT_LIMIT,
    beta=config.beta,
    loss_type=[config.loss_type],
    label_smoothing=config.label_smoothing if config.loss_type == "robust" else 0.0,
    logging_steps=1,
    save_strategy="no",
    report_to=[],
    use_cpu=True,
    bf16=False,
    gradient_checkpointing=False,
)
trainer = DPOTrainer(
    model=LlamaForCausalLM.from_pretrained(CHECKPOINT),
    args=arguments,
    train_dataset=Dataset.from_list(as_text(pairs)),
    processing_class=AutoTokenizer.from_pretrained(CHECKPOINT),
)
trainer.train()
