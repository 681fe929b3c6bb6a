"""Adam, the optimizer of every language model here: PyTorch's own kernel, and its memory."""

from __future__ import annotations

from collections.abc import Iterable

from engine.lazy import torch, torch_adam

MEAN_DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.99, 1e-8


class Adam:
    """Moves weights down their gradients: Kingma & Ba 2015, arXiv:1412.6980.

    `torch.optim.AdamW` takes the very same steps, but loads the whole of torch's compiler before
    the first one, for two seconds; the function that it calls in the end does not.
    """

    def __init__(self, weights: Iterable[torch.Tensor], learning_rate: float) -> None:
        self.weights = list(weights)
        self.learning_rate = learning_rate
        self._means = [torch.zeros_like(tensor) for tensor in self.weights]
        self._squares = [torch.zeros_like(tensor) for tensor in self.weights]
        self._steps = [torch.zeros(()) for _ in self.weights]

    def step(self) -> None:
        """One step for every tensor that has a gradient."""
        rows = zip(self.weights, self._means, self._squares, self._steps, strict=True)
        moved = [row for row in rows if row[0].grad is not None]
        if not moved:
            return
        weights, means, squares, steps = map(list, zip(*moved, strict=True))
        with torch.no_grad():
            torch_adam.adam(
                weights,
                [tensor.grad for tensor in weights],
                means,
                squares,
                [],
                steps,
                fused=True,
                amsgrad=False,
                beta1=MEAN_DECAY,
                beta2=SQUARE_DECAY,
                lr=self.learning_rate,
                weight_decay=0.0,
                eps=EPSILON,
                maximize=False,
            )

    def forget_gradients(self) -> None:
        """No tensor has a gradient any more."""
        for tensor in self.weights:
            tensor.grad = None
