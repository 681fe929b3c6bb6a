"""TRL's RewardTrainer on the work of bench/reward_model.py; prints when each step ended, as JSON.

Run by bench/reward_model.py in a process of its own: python bench/trl_reward_model.py FOLDER PAIRS
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", CUDA_VISIBLE_DEVICES="")
warnings.filterwarnings("ignore")

import torch  # noqa: E402
from datasets import Dataset  # noqa: E402
from transformers import (  # noqa: E402
    AutoTokenizer,
    LlamaForSequenceClassification,
    TrainerCallback,
)
from trl.trainer.reward_config import RewardConfig  # noqa: E402
from trl.trainer.reward_trainer import RewardTrainer  # noqa: E402

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.pairs import PAIRS, of_words  # noqa: E402


class Stamps(TrainerCallback):
    """When each step ended."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_step_end(self, *args: object, **kwargs: object) -> None:
        self.seconds.append(time.process_time())


def main(folder: str, count: int) -> None:
    torch.set_num_threads(1)
    arguments = RewardConfig(
        output_dir=os.path.join(folder, "out"),
        per_device_train_batch_size=PAIRS,
        center_rewards_coefficient=0.01,
        learning_rate=1e-3,
        num_train_epochs=1,
        logging_steps=1,
        report_to=[],
        save_strategy="no",
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
        gradient_checkpointing=False,
        dataloader_pin_memory=False,
    )
    stamps = Stamps()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = LlamaForSequenceClassification.from_pretrained(folder, num_labels=1)
    model.config.pad_token_id = tokenizer.pad_token_id
    trainer = RewardTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(of_words(count)),
        processing_class=tokenizer,
        callbacks=[stamps],
    )
    trainer.train()
    print(json.dumps({"stamps": stamps.seconds}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
