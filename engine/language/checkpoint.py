"""Policies on disk, in memory and in bytes. The files are what `save_pretrained` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from engine.language.lean import LanguageModel, Layer, Model, Policy
from engine.language.vocabulary import CHECKPOINT
from engine.lazy import torch

WEIGHTS = "model.safetensors"


def policy_of_llama(state: Mapping[str, torch.Tensor], head_count: int) -> Policy:
    """A policy with copies of a LlamaForCausalLM's weights, named as in its state dict."""
    layer_count = sum(name.endswith(".input_layernorm.weight") for name in state)
    embedding = state["model.embed_tokens.weight"].detach().clone()
    head = state.get("lm_head.weight")
    is_tied = head is None or torch.equal(head, embedding)
    return Policy(
        embedding,
        tuple(_layer_of_llama(state, f"model.layers.{index}.") for index in range(layer_count)),
        state["model.norm.weight"].detach().clone(),
        embedding if head is None or is_tied else head.detach().clone(),
        head_count,
    )


def _layer_of_llama(state: Mapping[str, torch.Tensor], prefix: str) -> Layer:
    def fused(*names: str) -> torch.Tensor:
        return torch.cat([state[f"{prefix}{name}.weight"].detach() for name in names])

    return Layer(
        attention_norm=fused("input_layernorm"),
        query_key_value=fused("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        attention_out=fused("self_attn.o_proj"),
        mlp_norm=fused("post_attention_layernorm"),
        gate_up=fused("mlp.gate_proj", "mlp.up_proj"),
        mlp_out=fused("mlp.down_proj"),
    )


def llama_of_policy(policy: Policy) -> dict[str, torch.Tensor]:
    """The state dict of the LlamaForCausalLM with these weights."""
    state = {
        "model.embed_tokens.weight": policy.embedding,
        "model.norm.weight": policy.final_norm,
        "lm_head.weight": policy.head,
    }
    for index, layer in enumerate(policy.layers):
        query, key, value = layer.query_key_value.chunk(3)
        gate, up = layer.gate_up.chunk(2)
        weights = {
            "input_layernorm": layer.attention_norm,
            "self_attn.q_proj": query,
            "self_attn.k_proj": key,
            "self_attn.v_proj": value,
            "self_attn.o_proj": layer.attention_out,
            "post_attention_layernorm": layer.mlp_norm,
            "mlp.gate_proj": gate,
            "mlp.up_proj": up,
            "mlp.down_proj": layer.mlp_out,
        }
        state |= {f"model.layers.{index}.{name}.weight": w for name, w in weights.items()}
    return {name: weight.detach().clone() for name, weight in state.items()}


def load_policy(folder: Path = CHECKPOINT) -> Policy:
    """The policy saved in `folder`, its own copy, without gradients.

    Reads the tensors directly: transformers takes seconds to import and adds nothing here.
    """
    load_file: Any = import_module("safetensors.torch").load_file
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    state = load_file(folder / WEIGHTS)
    return policy_of_llama(state, config["num_attention_heads"])


@cache
def base_policy() -> Policy:
    """The shipped Pip, loaded once; never train it, train a `copy_policy` of it."""
    return load_policy()


def copy_policy(policy: Model, *, trains: bool = False) -> Model:
    """A policy of its own with the same weights; its tensors ask for gradients if it `trains`."""
    return policy.mapped(lambda tensor: tensor.detach().clone().requires_grad_(trains))


def weights_of(policy: Policy, notes: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """The weights as a `model.safetensors`, which says a tied head by leaving it out.

    notes: what else the file says of itself.
    """
    save: Any = import_module("safetensors.torch").save
    state = llama_of_policy(policy)
    if policy.head is policy.embedding:
        del state["lm_head.weight"]
    return save(state, metadata={"format": "pt"} | dict(notes))


def files_of(policy: Policy) -> dict[str, bytes]:
    """What `save_pretrained` would write of a policy that descends from the shipped Pip, by name.

    Any tool of the ecosystem reads these files: the shipped configuration and tokenizer, and the
    weights as they are now. Raises ValueError if the policy has not the form of the shipped Pip.
    """
    forms = [[w.shape for w in one.parameters] for one in (policy, base_policy())]
    if forms[0] != forms[1]:
        raise ValueError("These weights do not fit the shipped configuration. Train Pip itself.")
    files = {path.name: path.read_bytes() for path in sorted(CHECKPOINT.iterdir())}
    return files | {WEIGHTS: weights_of(policy)}


def save_policy(policy: Policy, folder: Path) -> None:
    """Write the files of a policy into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files_of(policy).items():
        (folder / name).write_bytes(content)


def zipped(policy: Policy, name: str) -> bytes:
    """The files of a policy in a folder `name`, as one zip; equal weights give equal bytes."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for file, content in files_of(policy).items():
            archive.writestr(ZipInfo(f"{name}/{file}"), content, ZIP_DEFLATED)
    return packed.getvalue()


def snapshot(policy: LanguageModel) -> bytes:
    """The weights as they are now, as float32 bytes; `restore` turns them back."""
    flat = torch.cat([tensor.detach().reshape(-1) for tensor in policy.parameters])
    return flat.numpy().tobytes()


def restore(weights: bytes) -> Policy:
    """A policy from a `snapshot` of one that descends from the shipped Pip.

    Raises ValueError if the bytes do not fit it.
    """
    policy = copy_policy(base_policy())
    sizes = [tensor.numel() for tensor in policy.parameters]
    if len(weights) != 4 * sum(sizes):
        raise ValueError("These bytes are not a snapshot of this version's Pip. Train it again.")
    flat = torch.frombuffer(bytearray(weights), dtype=torch.float32)
    for tensor, values in zip(policy.parameters, flat.split(sizes), strict=True):
        tensor.copy_(values.view_as(tensor))
    return policy
