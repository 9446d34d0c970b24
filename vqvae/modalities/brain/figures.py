"""Pictures of images and of what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vqvae.modalities.brain.recording import Volume

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def figure(reference: Volume, reconstruction: Volume) -> Figure:
    """The middle slice of both."""
    from plotly.subplots import make_subplots

    drawn = make_subplots(1, 2)
    for column, volume in enumerate((reference, reconstruction)):
        drawn.add_heatmap(z=volume.voxels[:, :, volume.slices // 2].T, row=1, col=column + 1)
    return drawn
