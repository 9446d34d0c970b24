"""The window of the Compare page on an image: the same slice through every codec."""

from __future__ import annotations

from collections.abc import Sequence

from app import cache
from app.choices_compare import Choice, keys
from app.views import compare_places
from app.views.compare_scene import Pictures, Scene
from vqvae.contest.results import Result
from vqvae.modalities.brain.contest_window import Row, difference, errors, multiples, whole, worst_slices
from vqvae.modalities.brain.recording import Volume

NUMBER = "compare.brain.slice"


def scene(recording: Volume, results: Sequence[Result], choice: Choice) -> Scene:
    """The slices as they were recorded; a window is one of them."""
    compare_places.open_asked(recording.slices)
    rebuilt = {result.codec: result.reconstruction for result in results}
    tables = [result.truth.events["slices"] for result in results]
    differences = cache.shelf().get(("differences", choice, tuple(rebuilt)), lambda: difference(tables))

    def pictures(labels: dict[str, str], start: float, seconds: float, dark: bool) -> Pictures:
        rows = {name: Row(rebuilt[name], label) for name, label in labels.items()}
        return {
            "window.html": lambda: multiples(recording, rows, int(start), dark=dark),
            "errors.html": lambda: errors(recording, rows, int(start), dark=dark),
        }

    return Scene(
        time=keys().time,
        about=None,
        length=recording.slices,
        starts=worst_slices(differences),
        stretch=1.0,
        whole=lambda start, seconds, dark: whole(differences, int(start), dark=dark),
        pictures=pictures,
        caption="Drag to enlarge all pictures together, double-click to return.",
        errors_help="Draw by how much every reconstruction is brighter or darker than the original, all in one scale.",
        choose=lambda row: None,
        address=compare_places.address,
        choose_start=lambda row: compare_places.choose(row, "Slice", NUMBER, recording.slices),
        said=lambda start: f"of slice {int(start) + 1}",
        heading="The same slice through every codec",
        divided=recording.slices > 1,
        theme=None,
    )
