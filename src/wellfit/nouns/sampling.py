"""Sampling: a model of sequences goes on from what stands there, symbol by symbol."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn


def continued(
    network: nn.Module, start: Tensor, length: int, window: int, *, temperature: float = 1.0, seed: int = 0
) -> np.ndarray:
    """`length` further codes after `start` [T], each drawn from softmax(logits / temperature) of the network's answer
    at the last place; 0 takes the likeliest. Symbol 0, which stands for the unseen, is never drawn.

    network: codes [1, L] -> logits [1, V, L], L up to `window`; shorter windows are begun with what is there, at the
    places where the network learnt beginnings. Returns int64 [length]; the network's mode is put back.
    """
    generator = torch.Generator().manual_seed(seed)
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    codes, training = start.long().tolist(), network.training
    network.eval()
    try:
        with torch.no_grad():
            for _ in range(length):
                seen = torch.tensor([codes[-window:]], device=device)
                short = window - seen.shape[1]  # some networks take whole windows alone: what follows has no part in it
                padded = torch.cat([seen, seen.new_zeros(1, short)], 1) if short else seen
                logits = network(padded.float())[0, :, seen.shape[1] - 1].float().cpu()
                logits[0] = -torch.inf
                if temperature == 0:
                    codes.append(int(logits.argmax()))
                    continue
                chances = torch.softmax(logits / temperature, 0)
                codes.append(int(torch.multinomial(chances, 1, generator=generator)))
    finally:
        network.train(training)
    return np.array(codes[len(start) :], np.int64)
