"""The linear map from states to logits, where most of a step's time goes at the papers' sizes."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from torch.nn import functional as F

WIDE, LARGE = 256, 2**18  # states this wide, weights this many: worth the copies to oneDNN
BLOCK = 2**22  # logits copied at one time: 16 MB, which the allocator keeps for the next block


class Output(nn.Linear):
    """``nn.Linear``, by oneDNN where that is quicker: wide states in float32 on a CPU.

    PyTorch gives the products of a linear layer to the BLAS that it was built with, which on some
    processors keeps to narrower vectors than there are; its LSTM uses oneDNN, which does not. On
    an AMD EPYC the map to 20,000 words takes two thirds of the time
    (`benchmarks/bench_training_step.py`). The two differ in rounding only.
    """

    def forward(self, states: Float[Tensor, "*rows readout"]) -> Float[Tensor, "*rows vocabulary"]:
        """The logits of each state."""
        if not by_onednn(states, self.weight):
            return super().forward(states)
        flat: Tensor = Product.apply(states.reshape(-1, self.in_features), self.weight)
        logits = flat.view(*states.shape[:-1], self.out_features)
        return logits if self.bias is None else logits + self.bias


def by_onednn(states: Tensor, weight: Tensor) -> bool:
    """Whether oneDNN is there, takes these numbers, and gains more than the copies cost."""
    return (
        torch.backends.mkldnn.is_available()
        and weight.device.type == "cpu"
        and states.numel() > 0
        and states.dtype == weight.dtype == torch.float32
        and weight.shape[1] >= WIDE
        and weight.numel() >= LARGE
        and not torch.is_autocast_enabled("cpu")
    )


class Product(torch.autograd.Function):
    """``a @ b.T``. PyTorch knows the gradient of its oneDNN product, but no second one."""

    @staticmethod
    def forward(ctx: FunctionCtx, a: Tensor, b: Tensor) -> Tensor:
        """The product by oneDNN."""
        ctx.save_for_backward(a, b)
        return onednn_product(a, b)

    @staticmethod
    def backward(ctx: FunctionCtx, slope: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Both gradients; by PyTorch's own product where they are differentiated again."""
        a, b = ctx.saved_tensors  # type: ignore[attr-defined]
        product = F.linear if torch.is_grad_enabled() else onednn_product
        wanted_a, wanted_b = ctx.needs_input_grad  # type: ignore[attr-defined]
        return (
            product(slope, b.T) if wanted_a else None,
            product(slope.T, a.T) if wanted_b else None,
        )


def onednn_product(a: Float[Tensor, "n k"], b: Float[Tensor, "m k"]) -> Float[Tensor, "n m"]:
    """``a @ b.T`` of float32 matrices in blocks of rows, without a gradient."""
    a, b = a.contiguous(), b.contiguous()
    out = a.new_empty(len(a), len(b))
    rows = max(1, BLOCK // len(b))
    for part, whole in zip(a.split(rows), out.split(rows), strict=True):
        whole.copy_(F.linear(part.to_mkldnn(), b).to_dense())
    return out
