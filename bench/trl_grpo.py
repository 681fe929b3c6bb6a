"""TRL's GRPOTrainer on the work of bench/grpo.py; prints its updates per second as JSON.

Run by bench/grpo.py in a process of its own: python bench/trl_grpo.py FOLDER STEPS
"""

import json
import os
import random
import sys
import time
import warnings

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", CUDA_VISIBLE_DEVICES="")
warnings.filterwarnings("ignore")

import torch  # noqa: E402
from datasets import Dataset  # noqa: E402
from transformers import AutoTokenizer, LlamaForCausalLM, TrainerCallback  # noqa: E402
from trl.trainer.grpo_config import GRPOConfig  # noqa: E402
from trl.trainer.grpo_trainer import GRPOTrainer  # noqa: E402

SKIPPED = 5  # the first updates warm up


class Stamps(TrainerCallback):
    """When each update ended."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_step_end(self, *args: object, **kwargs: object) -> None:
        self.seconds.append(time.perf_counter())


def reward(completions: list[str], **_: object) -> list[float | None]:
    return [completion.split().count("w7") / 16 for completion in completions]


def main(folder: str, steps: int) -> None:
    torch.set_num_threads(1)
    rng = random.Random(0)
    prompts = [" ".join(f"w{rng.randrange(4, 64)}" for _ in range(8)) for _ in range(4096)]
    arguments = GRPOConfig(
        output_dir=os.path.join(folder, "out"),
        per_device_train_batch_size=64,
        num_generations=8,
        max_completion_length=16,
        beta=0.04,
        learning_rate=1e-3,
        max_steps=steps,
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
    trainer = GRPOTrainer(
        model=LlamaForCausalLM.from_pretrained(folder),
        reward_funcs=reward,
        args=arguments,
        train_dataset=Dataset.from_list([{"prompt": prompt} for prompt in prompts]),
        processing_class=AutoTokenizer.from_pretrained(folder),
        callbacks=[stamps],
    )
    trainer.train()
    spent = stamps.seconds[-1] - stamps.seconds[SKIPPED]
    print(json.dumps({"updates_per_second": (len(stamps.seconds) - SKIPPED - 1) / spent}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
