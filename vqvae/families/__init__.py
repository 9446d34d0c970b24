"""The families of checkpoints behind one interface: explicit codebooks of signals, gestures and images, fine scalar codes of all."""

from __future__ import annotations

from vqvae.checkpoint import Checkpoint
from vqvae.families.protocol import Family


def family(checkpoint: Checkpoint) -> Family:
    """How this checkpoint turns values into codes and codes into values and bytes."""
    if checkpoint.task == "fine":
        from vqvae.families.fine import Fine

        return Fine(checkpoint)
    if checkpoint.task == "notes":
        from vqvae.families.notes import Notes

        return Notes(checkpoint)
    if checkpoint.task == "gestures":
        from vqvae.families.gestures import Gestures

        return Gestures(checkpoint)
    if checkpoint.task == "planes":
        from vqvae.families.planes import Planes

        return Planes(checkpoint)
    if checkpoint.task == "fine-planes":
        from vqvae.families.fine_planes import FinePlanes

        return FinePlanes(checkpoint)
    from vqvae.families.codebook import Codebook

    return Codebook(checkpoint)
