"""The families of checkpoints behind one interface: explicit codebooks of signals and of gestures, fine scalar codes of both."""

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
    from vqvae.families.codebook import Codebook

    return Codebook(checkpoint)
