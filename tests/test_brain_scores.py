"""Scores of images: against scikit-image, brute force and phantoms whose answers are known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import convolve2d
from skimage.filters import threshold_multiotsu
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from vqvae.modalities import brain
from vqvae.modalities.brain.recording import Source, Volume
from vqvae.modalities.brain.scores_similarity import WEIGHTS, maps, similarity
from vqvae.modalities.brain.tissue import BINS, counted, tissues

WINDOW = (0.0, 200.0)
PLACED = Source("nii", "|u1", "RAS")


def volume(voxels: np.ndarray, **changes) -> Volume:
    return Volume("made", voxels.astype(np.float32), span=WINDOW, **changes)


@pytest.fixture(scope="module")
def pair() -> tuple[Volume, Volume]:
    """Three slices of odd sides, smooth structures in black, and the same disturbed."""
    random = np.random.default_rng(0)
    x, y, s = np.meshgrid(np.linspace(-1, 1, 45), np.linspace(-1, 1, 58), np.arange(3), indexing="ij")
    clean = np.where(x**2 + y**2 < 0.7, 110 + 60 * np.sin(5 * x + s) * np.cos(4 * y), 0)
    clean[20:25, 20:30] = np.linspace(1, 25, 10)[:, None]  # around the limit of what is brain
    return volume(clean), volume(clean + random.normal(0, 6, clean.shape))


def by_scikit(clean: np.ndarray, other: np.ndarray) -> tuple[float, np.ndarray]:
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "full": True}
    return structural_similarity(clean.astype(float), other.astype(float), data_range=WINDOW[1] - WINDOW[0], **options)


def test_similarity_is_that_of_scikit_image_slice_by_slice_and_over_the_brain_alone(pair):
    report = brain.compare(*pair)
    table, expected = report.events["slices"], []
    for place in range(3):
        clean, other = (one.voxels[:, :, place] for one in pair)
        mean, whole = by_scikit(clean, other)
        mask = clean > 10 / 255 * WINDOW[1]
        assert table["ssim"][place] == pytest.approx(mean, abs=1e-6)
        assert table["ssim_brain"][place] == pytest.approx(whole[mask].mean(), abs=1e-6)
        assert table["brain"][place] == mask.sum()
        expected.append((mean, whole[mask].mean()))
    assert (report.value("ssim"), report.value("ssim_brain")) == pytest.approx(tuple(np.mean(expected, axis=0)), abs=1e-6)


def test_errors_are_their_definitions(pair):
    report = brain.compare(*pair)
    clean, other = (one.voxels.astype(float) / WINDOW[1] for one in pair)
    squares = ((clean - other) ** 2).mean(axis=(0, 1))
    assert report.value("mse") == pytest.approx(squares.mean(), rel=1e-6)
    assert report.value("mae") == pytest.approx(np.abs(clean - other).mean(), rel=1e-6)
    each = [peak_signal_noise_ratio(clean[:, :, place], other[:, :, place], data_range=1) for place in range(3)]
    assert report.value("psnr") == pytest.approx(np.mean(each), rel=1e-6)


def test_the_error_of_edges_is_that_of_gradients_pixel_by_pixel(pair):
    clean, other = (one.voxels[:, :, :1].astype(float) for one in pair)
    wrong = own = 0.0
    for i in range(45):
        for j in range(58):
            if clean[i, j, 0] > 10 / 255 * WINDOW[1]:
                for before, after in (((i - 1, j), (i + 1, j)), ((i, j - 1), (i, j + 1))):
                    step = [one[*after, 0] - one[*before, 0] for one in (clean, other)]
                    own += step[0] ** 2
                    wrong += (step[1] - step[0]) ** 2
    found = brain.compare(volume(clean), volume(other)).value("gradient_error")
    assert found == pytest.approx(100 * math.sqrt(wrong / own), rel=1e-6)


def test_what_has_no_edges_left_is_off_by_all_of_them(pair):
    assert brain.compare(pair[0], volume(np.full(pair[0].voxels.shape, 50.0))).value("gradient_error") == pytest.approx(100)


def test_similarity_at_several_scales_is_the_product_of_its_definition():
    random = np.random.default_rng(1)
    x = random.random((1, 180, 177))
    y = 0.5 * x + 0.2 * random.random(x.shape)
    grid = np.arange(-5, 6)
    window = np.exp(-(grid[:, None] ** 2 + grid**2) / (2 * 1.5**2))
    window /= window.sum()

    def terms(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
        (ma, mb, aa, bb, ab) = (convolve2d(v, window, "valid") for v in (a, b, a * a, b * b, a * b))
        contrast = (2 * (ab - ma * mb) + 0.03**2) / (aa - ma**2 + bb - mb**2 + 0.03**2)
        return contrast.mean(), (contrast * (2 * ma * mb + 0.01**2) / (ma**2 + mb**2 + 0.01**2)).mean()

    expected, a, b = 1.0, x[0], y[0]
    for scale, weight in enumerate(WEIGHTS):
        contrast, whole = terms(a, b)
        expected *= (whole if scale == 4 else contrast) ** weight
        a, b = (v[: len(v) // 2 * 2, : v.shape[1] // 2 * 2].reshape(len(v) // 2, 2, -1, 2).mean(axis=(1, 3)) for v in (a, b))
    assert similarity(x, y).several[0] == pytest.approx(expected, rel=1e-6)
    assert np.isnan(similarity(x[:, :175], y[:, :175]).several).all()


def test_equal_images_have_lost_nothing_and_no_slice_an_error(pair):
    report = brain.compare(pair[0], pair[0])
    for score in report.scores:
        assert math.isnan(score.value) == (score.name == "ms_ssim")
        assert score.value == score.perfect or math.isnan(score.value)
    assert (report.events["slices"]["psnr"] == math.inf).all()


def test_one_equal_slice_among_others_does_not_make_the_mean_infinite(pair):
    other = pair[1].voxels.copy()
    other[:, :, 0] = pair[0].voxels[:, :, 0]
    report = brain.compare(pair[0], volume(other))
    assert report.value("psnr") == pytest.approx(report.events["slices"]["psnr"][1:].mean())


def test_scores_do_not_depend_on_the_unit_of_intensities_or_on_how_slices_are_turned(pair):
    expected = {score.name: score.value for score in brain.compare(*pair).scores}

    def turned(change) -> dict[str, float]:
        return {score.name: score.value for score in brain.compare(*(change(one) for one in pair)).scores}

    scaled = turned(lambda one: Volume("made", 7 * one.voxels - 40, span=(-40.0, 1360.0)))
    flipped = turned(lambda one: volume(one.voxels[::-1, ::-1, ::-1]))
    swapped = turned(lambda one: volume(one.voxels.transpose(1, 0, 2)))
    assert scaled == pytest.approx(expected, rel=1e-4, nan_ok=True)
    assert flipped == pytest.approx(expected, rel=1e-9, nan_ok=True)
    assert swapped == pytest.approx(expected, rel=1e-9, nan_ok=True)


def test_slices_without_brain_have_rows_but_do_not_count(pair):
    dark = [np.concatenate([one.voxels, 0.01 * one.voxels[:, :, :2]], axis=2) for one in pair]
    affine = np.diag([1.0, 1.0, 3.0, 1.0])
    affine[2, 3] = -20
    table = brain.compare(*(volume(voxels, affine=affine, source=PLACED) for voxels in dark)).events["slices"]
    assert table["place"].tolist() == [0, 1, 2, 3, 4]
    assert table["position"].tolist() == [-20, -17, -14, -11, -8]
    assert (table["brain"] > 0).tolist() == [True, True, True, False, False]
    for name in ("ssim", "psnr", "mse"):
        assert brain.compare(volume(dark[0]), volume(dark[1])).value(name) == pytest.approx(brain.compare(*pair).value(name))


def test_a_slice_with_hardly_any_brain_counts_in_means_like_any_other_as_definitions_say(pair):
    speck = np.zeros((45, 58, 1))
    speck[20, 20] = 150
    specks = (speck, 0.5 * speck)
    report = brain.compare(*(volume(np.concatenate([one.voxels, more], axis=2)) for one, more in zip(pair, specks, strict=True)))
    table = report.events["slices"]
    assert table["brain"].tolist()[-1] == 1
    assert table["ssim_brain"].iloc[-1] < 0.9
    for name in ("ssim", "ssim_brain", "psnr", "mse", "mae", "gradient_error"):
        assert report.value(name) == pytest.approx(table[name].mean())
        assert "slices with any brain, each counting once" in next(score for score in report.scores if score.name == name).definition


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 40, 2), (12, 12, 1)])
@pytest.mark.parametrize("value", [0.0, 150.0])
def test_images_without_structure_or_of_few_pixels_are_scored_as_far_as_they_can_be(shape, value):
    flat = volume(np.full(shape, value))
    report = brain.compare(flat, volume(flat.voxels + 10))
    assert report.value("mse") == pytest.approx(0.05**2)
    assert math.isnan(report.value("ssim")) == (min(shape[:2]) < 11)
    assert math.isnan(report.value("gradient_error"))
    assert math.isnan(report.value("grey_volume_change"))


def test_large_volumes_are_scored_a_few_slices_at_a_time_with_the_same_result(pair, monkeypatch):
    expected = brain.compare(*pair)
    heard: list[float] = []
    monkeypatch.setattr("vqvae.modalities.brain.scores_slices.AT_ONCE", 45 * 58)
    found = brain.compare(*pair, progress=heard.append)
    assert heard == pytest.approx([1 / 3, 2 / 3, 1])
    assert found.events["slices"].equals(expected.events["slices"])
    assert found.events["tissues"].equals(expected.events["tissues"])


def test_comparing_stops_when_nobody_wants_the_answer(pair):
    class Enough(Exception):
        pass

    def stop(share: float) -> None:
        raise Enough

    with pytest.raises(Enough):
        brain.compare(*pair, progress=stop)


def test_images_of_other_sides_and_analyses_of_other_images_are_refused(pair):
    with pytest.raises(ValueError, match="45 × 58 × 3 voxels, the reconstruction 45 × 58 × 2"):
        brain.compare(pair[0], volume(pair[1].voxels[:, :, :2]))
    with pytest.raises(ValueError, match="not that of made"):
        brain.compare(*pair, analysis=brain.analyse(pair[1]))


def test_maps_of_similarity_are_one_where_images_agree_far_enough_around():
    one = np.random.default_rng(0).random((1, 40, 40))
    other = one.copy()
    other[:, :10] = 0
    found = maps(one, other).ssim[0]
    assert found[16:] == pytest.approx(1)
    assert (found[:10] < 0.5).mean() > 0.9


def test_tissues_of_a_phantom_are_its_three_classes_and_change_as_its_voxels_do():
    random = np.random.default_rng(0)
    kinds = random.choice(3, (40, 40, 4), p=(0.2, 0.5, 0.3))
    clean = np.choose(kinds, (40.0, 100.0, 170.0)) + random.uniform(-5, 5, kinds.shape)
    grey = np.flatnonzero(kinds.ravel() == 1)
    other = clean.ravel().copy()
    other[grey[: len(grey) // 10]] = 170
    report = brain.compare(volume(clean, spacing=(1.0, 1.0, 2.5), source=PLACED), volume(other.reshape(clean.shape)))
    table = report.events["tissues"].set_index("tissue")
    assert table["before"].to_numpy() == pytest.approx(np.bincount(kinds.ravel()) * 2.5 / 1000)
    assert table["change"]["fluid"] == 0
    assert table["change"]["grey"] == pytest.approx(-10, abs=0.05)
    assert report.value("grey_volume_change") == pytest.approx(10, abs=0.05)
    assert report.value("white_volume_change") == pytest.approx(100 * (len(grey) // 10) / (kinds == 2).sum(), abs=0.01)


def test_of_pictures_changes_are_told_and_neither_millilitres_nor_places(pair):
    placed = brain.compare(*(replace(one, source=PLACED) for one in pair))
    found = brain.compare(*pair)
    assert found.events["slices"]["position"].isna().all()
    tissues = found.events["tissues"]
    assert tissues[["before", "after"]].isna().all(axis=None)
    assert tissues["change"].tolist() == placed.events["tissues"]["change"].tolist()
    for score in found.scores:
        assert score.value == pytest.approx(placed.value(score.name), nan_ok=True)
    assert "mm" not in str(brain.figures.course(found.events["slices"]).data)


def test_three_classes_are_those_of_exhaustive_thresholding(data):
    from PIL import Image

    image = np.asarray(Image.open(data / "oasis" / "Mil_000_s20.jpg").convert("L"))
    inside = image[image > 10]
    found = tissues(counted(inside / 255))
    first, second = threshold_multiotsu(inside, hist=(np.bincount(inside, minlength=BINS), np.arange(BINS)))
    assert found.limits == (first + 1, second + 1)
    assert found.counts.tolist() == [(inside <= first).sum(), ((inside > first) & (inside <= second)).sum(), (inside > second).sum()]


def test_three_classes_leave_no_more_squared_distance_than_any_other_two_limits():
    random = np.random.default_rng(2)
    places = np.sort(random.choice(BINS, 9, replace=False))
    histogram = np.zeros(BINS, np.int64)
    histogram[places] = random.integers(1, 50, 9)

    def left(*limits: int) -> float:
        parts = np.split(np.arange(BINS), limits)
        inside = [(histogram[part], part) for part in parts if histogram[part].any()]
        return sum(float(np.average((part - np.average(part, weights=count)) ** 2, weights=count) * count.sum()) for count, part in inside)

    best = min(left(a, b) for a in places for b in places if a < b)
    assert left(*tissues(histogram).limits) == pytest.approx(best)
    histogram[places[2:]] = 0
    assert tissues(histogram) is None


def test_a_real_volume_blurred_more_is_less_similar_slice_by_slice(data):
    from scipy.ndimage import gaussian_filter

    clean = brain.read([data / "oasis" / f"Mil_000_s{number:02d}.jpg" for number in (5, 15, 25)])
    softened = [replace(clean, voxels=gaussian_filter(clean.voxels, (width, width, 0))) for width in (0.5, 1, 2)]
    scores = [brain.compare(clean, image).value("ssim_brain") for image in softened]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.95 > 0.8 > scores[2]
