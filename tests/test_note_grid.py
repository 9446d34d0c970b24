"""The grid that notes are put on: closed loop, no drift, cells as wide as the table says."""

from __future__ import annotations

import numpy as np
import pytest

from vqvae.families.grid import BEND, QUALITIES, SHORTEST, TABLE, Grid


def notes(count: int = 2000, seed: int = 0) -> np.ndarray:
    """Values (1, 4, count)."""
    rng = np.random.default_rng(seed)
    gap = np.where(rng.random(count) < 0.3, rng.exponential(0.01, count), rng.exponential(0.3, count))
    rows = [rng.integers(21, 109, count), gap, rng.lognormal(-1.2, 1.2, count), rng.integers(1, 128, count)]
    return np.stack(rows)[None].astype(np.float32)


def aligned(values: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Onset, end, pitch and velocity (4, count) before and after, note by note."""
    before = values[0].astype(np.float64)
    after = grid.decode(grid.encode(values))[0].astype(np.float64)
    onsets = np.cumsum(before[1])
    order = np.lexsort((before[0], np.rint(onsets * 1e6 / grid.unit)))
    found = [np.stack([onset, onset + row[2], row[0], row[3]]) for onset, row in ((onsets, before), (np.cumsum(after[1]), after))]
    return found[0][:, order], found[1]


@pytest.mark.parametrize("quality", [0.0, 1.0, 2.0, 3.4, 5.0, 8.0])
def test_onsets_err_by_half_a_step_at_most_however_long_the_piece(quality):
    grid = Grid.of(quality)
    before, after = aligned(notes(20_000), grid)
    assert before[0].max() > 3000
    assert np.abs(after[0] - before[0]).max() <= 0.5 * grid.unit / 1e6 + 5e-4
    assert np.array_equal(before[2], after[2])


def test_the_error_at_the_end_is_that_at_the_beginning():
    before, after = aligned(notes(20_000), Grid.of(5.0))
    error = np.abs(after[0] - before[0])
    assert abs(error[-2000:].mean() - error[:2000].mean()) < 2e-4


@pytest.mark.parametrize("quality", [1.0, 3.0, 5.5])
def test_ends_err_by_half_a_cell_at_most_from_the_decoded_onset(quality):
    grid = Grid.of(quality)
    before, after = aligned(notes(), grid)
    held = np.maximum(before[1] - after[0], 0)  # what there was to say
    decoded = after[1] - after[0]
    short = (held < BEND.knee) & (decoded < BEND.knee) & (decoded > 2 * SHORTEST)
    assert np.abs(decoded - held)[short].max() <= 0.5 * BEND.unit * grid.width + 1e-3
    long = (held > BEND.knee) & (decoded > BEND.knee)
    assert np.abs(np.log(decoded[long] / held[long])).max() <= 0.5 * BEND.ratio * grid.width + 1e-3
    assert short.sum() > 100
    assert long.sum() > 100


@pytest.mark.parametrize("quality", [1.0, 2.5, 4.0, 6.0, 8.0])
def test_velocities_err_by_half_a_step_at_most(quality):
    grid = Grid.of(quality)
    before, after = aligned(notes(), grid)
    assert np.abs(after[3] - before[3]).max() <= (grid.velocity_step + (grid.velocity_step % 1 > 0)) / 2  # whole numbers only
    assert 1 <= after[3].min() <= after[3].max() <= 127


def test_a_whole_quality_is_a_row_of_the_table_and_others_lie_between():
    for row, (unit, width, velocity) in enumerate(TABLE):
        assert Grid.of(float(row)) == pytest.approx((unit, width, velocity))
    between, finer, coarser = Grid.of(3.25), Grid.of(4.0), Grid.of(3.0)
    assert all(low < value < high for low, value, high in zip(finer, between, coarser, strict=True))
    assert (0.0, len(TABLE) - 1) == QUALITIES


def test_every_code_fits_what_the_coder_is_told_of_the_grid():
    for quality in np.linspace(*QUALITIES, 33):
        codes = Grid.of(quality).encode(notes())
        scale = Grid.of(quality).scale
        assert codes[0, 2].max() < 1 << scale.velocity_bits
        assert int(127 / Grid.of(quality).velocity_step) < 1 << scale.velocity_bits
        assert (np.diff(codes[0, 1]) >= 0).all()
        together = np.diff(codes[0, 1]) == 0
        assert (np.diff(codes[0, 0])[together] >= 0).all()


def test_a_chunk_that_was_lost_shifts_nothing_behind_it():
    grid, values = Grid.of(5.0), notes(300)
    codes = grid.encode(values)
    broken = codes.copy()
    broken[:, :, 100:200] = 0
    whole, rest = (np.cumsum(grid.decode(each)[0, 1].astype(np.float64)) for each in (codes, broken))
    assert np.abs(whole[200:] - rest[200:]).max() < 1e-4
    assert np.abs(whole[:100] - rest[:100]).max() < 1e-4
