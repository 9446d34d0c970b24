"""The largest one-to-one matching of a graph with two sides."""

from __future__ import annotations

from vqvae.modalities.protocol import Progress


def largest_matching(graph: dict[int, list[int]], progress: Progress | None = None) -> dict[int, int]:
    """Hopcroft and Karp's largest matching (SIAM J. Comput. 1973; 2:225) of {left: its rights}, as {right: left}.

    Vertices are visited in the order in which `mir_eval` visits them, so that of several largest matchings the same one comes out; its
    velocity scores depend on that.  Nothing recurses here: keys that are struck very fast give paths of any length.  `progress` gets the
    share of the lefts that are matched and may raise to stop.
    """
    matching: dict[int, int] = {}
    for left, rights in graph.items():
        free = next((right for right in rights if right not in matching), None)
        if free is not None:
            matching[free] = left
    while True:
        came, reached, ends = _layers(graph, matching)
        if progress is not None:
            progress(len(matching) / len(graph) if ends else 1.0)
        if not ends:
            return matching
        for right in ends:
            _augment(right, matching, came, reached)


def _layers(graph: dict[int, list[int]], matching: dict[int, int]) -> tuple[dict[int, int | None], dict[int, list[int]], list[int]]:
    """The shortest alternating paths: left -> right it came from (None at the start), right -> lefts that reach it, free rights last."""
    taken = set(matching.values())
    came: dict[int, int | None] = {left: None for left in graph if left not in taken}
    reached: dict[int, list[int]] = {}
    ends: list[int] = []
    layer = list(came)
    while layer and not ends:
        fresh: dict[int, list[int]] = {}
        for left in layer:
            for right in graph[left]:
                if right not in reached:
                    fresh.setdefault(right, []).append(left)
        reached |= fresh
        ends = [right for right in fresh if right not in matching]
        layer = [matching[right] for right in fresh if right in matching]
        came |= {matching[right]: right for right in fresh if right in matching}
    return came, reached, ends


def _augment(end: int, matching: dict[int, int], came: dict[int, int | None], reached: dict[int, list[int]]) -> None:
    """Walk back from a free right along the layers, first way first; where the walk arrives, swap the pairs along it."""
    if end not in reached:
        return
    path: list[tuple[int, list[int]]] = [(end, reached.pop(end)[::-1])]  # right, and the lefts still to try
    steps: list[int] = []  # left by which each right of the path goes on
    while path:
        _, tries = path[-1]
        while tries and tries[-1] not in came:
            tries.pop()
        if not tries:
            path.pop()
            if steps:
                steps.pop()
            continue
        left = tries.pop()
        before = came.pop(left)
        steps.append(left)
        if before is None:
            matching.update({right: step for (right, _), step in zip(path, steps, strict=True)})
            return
        if before in reached:
            path.append((before, reached.pop(before)[::-1]))
        else:
            steps.pop()
