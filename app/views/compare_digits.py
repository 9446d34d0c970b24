"""The window of the Compare page on digits: the same few through every codec."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app import cache
from app.choices_compare import Choice, keys
from app.views import compare_places
from app.views.compare_scene import Pictures, Scene
from vqvae.contest.results import Result
from vqvae.modalities.digits.contest_window import Row, difference, errors, multiples, whole
from vqvae.modalities.digits.recording import Digits

NUMBER = "compare.digits.first"


def scene(recording: Digits, results: Sequence[Result], choice: Choice) -> Scene:
    """The digits in their order; a window is a few of them."""
    compare_places.open_asked(recording.count)
    rebuilt = {result.codec: result.reconstruction for result in results}
    tables = [result.truth.events["images"] for result in results]
    differences = cache.shelf().get(("differences", choice, tuple(rebuilt)), lambda: difference(tables))

    def pictures(labels: dict[str, str], start: float, count: float, dark: bool) -> Pictures:
        rows = {name: Row(rebuilt[name], label) for name, label in labels.items()}
        return {
            "window.html": lambda: multiples(recording, rows, int(start), int(count)),
            "errors.html": lambda: errors(recording, rows, int(start), int(count)),
        }

    return Scene(
        time=keys().time,
        about=None,
        length=recording.count,
        starts=np.argsort(-differences, kind="stable"),
        stretch=1.0,
        whole=lambda start, count, dark: whole(differences, int(start), int(count)),
        pictures=pictures,
        caption="Drag to enlarge all rows together, double-click to return.",
        errors_help="Draw by how much every reconstruction is brighter (red) or darker (blue) than the original, all in one scale.",
        choose=lambda row: None,
        address=compare_places.address,
        choose_start=lambda row: compare_places.choose(row, "From digit", NUMBER, recording.count),
        said=lambda start: f"from digit {int(start) + 1}",
        divided=recording.count > 1,
        heading="The same digit through every codec" if recording.count == 1 else "The same digits through every codec",
    )
