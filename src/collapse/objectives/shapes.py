"""What the terms of a loss must look like: a term of another shape would still be a number."""

from torch import Tensor

from collapse.base.errors import CollapseError


def check_by_factor(charge: object, documents: int, source: object) -> None:
    """Refuse a charge that is not ``(documents, factors)``.

    Summed over its last axis and averaged, a charge of shape ``(documents,)`` would make every
    document pay for all of the batch.

    Args:
        charge: what q(z|x) is charged.
        documents: in the batch.
        source: the part that gave it, for the message.

    Raises:
        CollapseError: naming the part and both shapes.
    """
    if not isinstance(charge, Tensor) or charge.dim() != 2 or len(charge) != documents:
        raise CollapseError(
            f"{type(source).__name__} must charge each document by factor, in a tensor of shape "
            f"({documents}, factors); it gave {described(charge)}. One number a document is "
            f"({documents}, 1): sum with keepdim=True, or end with .unsqueeze(-1)."
        )


def check_by_document(values: object, documents: int, source: object, what: str) -> None:
    """Refuse what is not one number a document, ``(documents,)``.

    Args:
        values: the term.
        documents: in the batch.
        source: the part that gave it, for the message.
        what: the term, for the message.

    Raises:
        CollapseError: naming the part and both shapes.
    """
    if not isinstance(values, Tensor) or values.shape != (documents,):
        raise CollapseError(
            f"{what} must be one number a document, in a tensor of shape ({documents},); "
            f"{type(source).__name__} gave {described(values)}. Sum it over words or dimensions, "
            "not over documents: the mean over the batch is taken later."
        )


def described(value: object) -> str:
    """The shape of a tensor; of anything else the value and its kind."""
    if isinstance(value, Tensor):
        return str(tuple(value.shape))
    return f"{value!r:.40}, a {type(value).__name__}"
