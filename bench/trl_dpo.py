"""TRL's DPOTrainer on the work of bench/dpo.py; prints when each of its steps ended, as JSON.

Run by bench/dpo.py in a process of its own: python bench/trl_dpo.py FOLDER PAIRS PASSES
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
from transformers import AutoTokenizer, LlamaForCausalLM, TrainerCallback  # noqa: E402
from trl.trainer.dpo_config import DPOConfig  # noqa: E402
from trl.trainer.dpo_trainer import DPOTrainer  # noqa: E402

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.pairs import PAIRS, of_words  # noqa: E402


class Stamps(TrainerCallback):
    """When each step ended."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_step_end(self, *args: object, **kwargs: object) -> None:
        self.seconds.append(time.process_time())


def main(folder: str, count: int, passes: int) -> None:
    torch.set_num_threads(1)
    arguments = DPOConfig(
        output_dir=os.path.join(folder, "out"),
        per_device_train_batch_size=PAIRS,
        beta=0.1,
        learning_rate=1e-3,
        num_train_epochs=passes,
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
    trainer = DPOTrainer(
        model=LlamaForCausalLM.from_pretrained(folder),
        args=arguments,
        train_dataset=Dataset.from_list(of_words(count)),
        processing_class=AutoTokenizer.from_pretrained(folder),
        callbacks=[stamps],
    )
    trainer.train()
    print(json.dumps({"stamps": stamps.seconds}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
