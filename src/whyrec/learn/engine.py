"""torch, only where a model is fitted: imported when asked for, never with the module and never while serving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.errors import MissingExtraError


def load(purpose: str) -> Any:
    """Return the module torch; raises MissingExtraError, with the line that installs it, where it is missing."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError("torch", "train", purpose) from None
    return torch


def device(torch: Any) -> str:
    """Return where to compute: "cuda" where torch sees a GPU that it can use, else "cpu"."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def put(torch: Any, arrays: Mapping[str, NDArray[Any]], where: str) -> dict[str, Any]:
    """Copy arrays to tensors on a device."""
    return {name: torch.from_numpy(np.array(array)).to(where) for name, array in arrays.items()}


def take(tensors: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Copy tensors back to arrays."""
    return {name: np.array(tensor.detach().cpu().numpy()) for name, tensor in tensors.items()}
