"""What the delineator is taught: marks read as they were set, distortions that carry the marks along, a loss that asks what is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
import wfdb

from vqvae.config import read_json
from vqvae.modalities.ecg.delineation import BEFORE, LENGTH
from vqvae.modalities.ecg.ludb import LEADS, read_annotated
from vqvae.networks.segmenter import Segmentation, Segmenter, SegmenterConfig
from vqvae.training.beat_examples import Beats, DistortionConfig, Examples, distorted, plain, read_beats
from vqvae.training.delineation import DelineatorConfig, segmentation_loss, train_delineator
from vqvae.training.run_folder import RunFolder
from vqvae.training.steps import Progress

STILL = DistortionConfig(flip_share=0.0, low_pass_share=0.0, noise=0.0, wander=0.0, wide_share=0.5)
SMALL = DelineatorConfig(segmenter=SegmenterConfig(widths=(4, 8)), last_record=4, held_out_every=2, steps=4, batch_size=8, check_every=2)


def marked_record(folder: Path, record: str, symbols: str = "(N)(t)(p)(N)(t)(p)(N)") -> None:
    """A record in LUDB's layout: three beats; `symbols` are set at fixed places, a blank leaves one out."""
    places = [490, 500, 520, 600, 650, 700, 900, 920, 940, 990, 1000, 1020, 1100, 1150, 1200, 1400, 1420, 1440, 1490, 1500, 1520]
    t = np.arange(2500)
    lead = sum(np.exp(-0.5 * ((t - peak) / 6) ** 2) + 0.2 * np.exp(-0.5 * ((t - peak - 150) / 25) ** 2) for peak in (500, 1000, 1500))
    wfdb.wrsamp(record, 500, ["mV"] * 12, list(LEADS), p_signal=np.tile(lead[:, None], 12), fmt=["16"] * 12, write_dir=str(folder))
    kept = [(place, symbol) for place, symbol in zip(places, symbols, strict=True) if symbol != " "]
    wfdb.wrann(record, "marks", np.array([place for place, _ in kept]), [symbol for _, symbol in kept], write_dir=str(folder))
    for name in LEADS:  # wrann takes no extension with a digit
        (folder / f"{record}.{name}").write_bytes((folder / f"{record}.marks").read_bytes())


@pytest.fixture
def small_ludb(tmp_path) -> Path:
    for record in range(1, 5):
        marked_record(tmp_path, str(record))
    return tmp_path


def staircase(steps: np.ndarray) -> Beats:
    """One beat whose lead climbs one mV at each of the five marks, so that a mark can be seen in the window."""
    t = np.arange(4000)
    lead = np.sum(t[None, :] >= 2000 + steps[:, None], axis=0).astype(float)
    return Beats((lead,), np.array([0]), np.array([2000]), steps[None, :].astype(float), np.ones((1, 2)))


def test_marks_are_read_beat_by_beat(tmp_path):
    marked_record(tmp_path, "1")
    marked = read_annotated(tmp_path / "1", "v3")
    assert marked.peaks.tolist() == [500, 1000, 1500]
    np.testing.assert_allclose(marked.truth.qrs_on * 500, [490, 990, 1490])
    np.testing.assert_allclose(marked.truth.qrs_off * 500, [520, 1020, 1520])
    np.testing.assert_allclose(marked.truth.p_on * 500, [np.nan, 900, 1400])
    np.testing.assert_allclose(marked.truth.p_off * 500, [np.nan, 940, 1440])
    np.testing.assert_allclose(marked.truth.t_off * 500, [700, 1200, np.nan])


def test_waves_before_the_first_and_after_the_last_mark_are_unknown_not_absent(tmp_path):
    marked_record(tmp_path, "1", "(N)(t)   (N)   (p)(N)")
    marked = read_annotated(tmp_path / "1", "i")
    assert marked.known[0].tolist() == [False, True, True]
    assert np.isnan(marked.truth.p_on[:2]).all()
    assert marked.known[4].tolist() == [True, True, False]
    np.testing.assert_array_equal(read_beats(tmp_path, [1]).present[:3], [[np.nan, 1], [0, 0], [1, np.nan]])


def test_a_bracket_left_out_makes_its_boundary_unknown(tmp_path):
    marked_record(tmp_path, "1", "(N)(t)(p) N)(t)(p)(N ")
    marked = read_annotated(tmp_path / "1", "ii")
    assert marked.known[2].tolist() == [True, False, True]
    assert marked.known[3].tolist() == [True, True, False]


def test_another_sampling_rate_is_refused(tmp_path):
    wfdb.wrsamp("1", 250, ["mV"], ["i"], p_signal=np.zeros((500, 1)), fmt=["16"], write_dir=str(tmp_path))
    wfdb.wrann("1", "i", np.array([100]), ["N"], write_dir=str(tmp_path))
    with pytest.raises(ValueError, match="500 Hz, record 1 has 250 Hz"):
        read_beats(tmp_path, [1])


@pytest.mark.parametrize("seed", range(12))
def test_distortion_carries_the_marks_along(seed):
    steps = np.array([-80, -45, -20, 30, 150])
    example = distorted(staircase(steps), np.array([0]), STILL, np.random.default_rng(seed))
    window = example.windows[0] - example.windows[0].min()
    heights = window * 5 / window.max()
    for step, target in enumerate(example.targets[0]):
        if not np.isnan(target):
            assert abs(np.argmax(heights > step + 0.5) - target) < 3.0


def test_distortion_keeps_the_r_peak_inside_the_qrs_complex_and_asks_nothing_outside_the_window():
    beats = staircase(np.array([-200, -150, -20, 30, 340]))
    rng = np.random.default_rng(0)
    jumpy = replace(STILL, peak_shift=0.05)
    targets = np.concatenate([distorted(beats, np.array([0]), jumpy, rng).targets for _ in range(200)])
    assert np.all(targets[:, 2] < BEFORE)
    assert np.all(targets[:, 3] > BEFORE)
    assert np.isnan(targets[:, 4]).any()
    assert np.nanmax(targets) <= LENGTH - 1
    assert np.ptp(targets[:, 3] - targets[:, 2]) > 40


def test_an_undistorted_example_has_its_marks_where_they_were_set():
    example = plain(staircase(np.array([-80, -45, -20, 30, 150])), np.array([0]))
    np.testing.assert_array_equal(example.targets[0], BEFORE + np.array([-80, -45, -20, 30, 150]))


def test_what_is_not_known_has_no_gradient():
    targets = np.full((2, 5), 300.0)
    targets[0, 1] = np.nan
    examples = Examples(np.zeros((2, LENGTH), np.float32), targets, np.array([[1.0, np.nan], [0.0, 1.0]]))
    said = Segmentation(torch.zeros(2, 5, LENGTH, requires_grad=True), torch.zeros(2, 2, requires_grad=True))
    segmentation_loss(said, examples, 2.0).total.backward()
    assert said.boundaries.grad is not None
    assert said.presence.grad is not None
    assert (said.boundaries.grad.abs().sum(dim=2) > 0).tolist() == [[True, False, True, True, True], [True] * 5]
    assert (said.presence.grad != 0).tolist() == [[True, False], [True, True]]


def test_the_loss_is_least_where_the_belief_is_the_bell_around_the_mark():
    examples = Examples(np.zeros((1, LENGTH), np.float32), np.full((1, 5), 300.4), np.full((1, 2), np.nan))
    losses = []
    for centre in (297.0, 300.4, 303.0):
        logits = -0.5 * ((torch.arange(LENGTH) - centre) / 2.0) ** 2
        losses.append(float(segmentation_loss(Segmentation(logits.expand(1, 5, LENGTH), torch.zeros(1, 2)), examples, 2.0).total))
    assert losses[1] == min(losses)
    assert losses[1] == pytest.approx(0.5 * np.log(2 * np.pi * np.e * 2.0**2), abs=1e-3)  # entropy of the bell


def test_a_resumed_training_ends_with_the_very_same_weights(small_ludb, tmp_path):
    class Cut(Exception):
        """Power failure."""

    def fail(progress: Progress) -> bool:
        if progress.step == 3:
            raise Cut
        return True

    whole = train_delineator(SMALL, small_ludb, tmp_path / "whole")
    with pytest.raises(Cut):
        train_delineator(SMALL, small_ludb, tmp_path / "cut", progress=fail)
    resumed = train_delineator(SMALL, small_ludb, tmp_path / "cut")
    assert (resumed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert (tmp_path / "cut/metrics.jsonl").read_text() == (tmp_path / "whole/metrics.jsonl").read_text()


def test_a_training_that_is_stopped_keeps_its_last_step_and_goes_on_from_it(small_ludb, tmp_path):
    train_delineator(SMALL, small_ludb, tmp_path / "whole")
    train_delineator(SMALL, small_ludb, tmp_path / "parts", progress=lambda at: at.step != 3)
    assert read_json(tmp_path / "parts/status.json")["state"] == "stopped"
    heard: list[int] = []
    train_delineator(SMALL, small_ludb, tmp_path / "parts", progress=lambda at: heard.append(at.step) is None)
    assert heard == [4]
    whole, parts = (tmp_path / name / "last/state.safetensors" for name in ("whole", "parts"))
    assert tensors_of(whole) == tensors_of(parts)


def tensors_of(file: Path) -> dict[str, list]:
    return {name: tensor.tolist() for name, tensor in safetensors.torch.load_file(file).items()}


def test_a_run_is_not_gone_on_with_in_other_settings(small_ludb, tmp_path):
    train_delineator(SMALL, small_ludb, tmp_path / "run")
    with pytest.raises(ValueError, match="another configuration"):
        train_delineator(replace(SMALL, seed=1), small_ludb, tmp_path / "run")


def test_data_that_cannot_be_read_leave_no_run_behind(small_ludb, tmp_path):
    with pytest.raises(ValueError, match="there is no folder"):
        train_delineator(SMALL, tmp_path / "nowhere", tmp_path / "run")
    with pytest.raises(ValueError, match=r"no record called 5; it has 1, 2, 3, 4$"):
        train_delineator(replace(SMALL, last_record=5), small_ludb, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    train_delineator(SMALL, small_ludb, tmp_path / "run")


def test_training_takes_the_folder_that_ludb_was_downloaded_into(tmp_path):
    (tmp_path / "ludb/data").mkdir(parents=True)
    for record in range(1, 5):
        marked_record(tmp_path / "ludb/data", str(record))
    assert (train_delineator(SMALL, tmp_path / "ludb", tmp_path / "run") / "model.safetensors").is_file()


OTHER_STATE = safetensors.torch.save({"network.x": torch.ones(1)}, {"step": "1", "best": "1"})


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, OTHER_STATE])
def test_a_state_that_is_damaged_or_of_another_network_is_refused_in_one_sentence(small_ludb, tmp_path, content):
    train_delineator(SMALL, small_ludb, tmp_path / "run")
    (tmp_path / "run/last/state.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=r"^run/last/state\.safetensors is damaged or of another network, .*: start a new run$"):
        train_delineator(SMALL, small_ludb, tmp_path / "run")
    network = torch.nn.Linear(1, 1)
    with pytest.raises(ValueError, match=r"^run/last/state\.safetensors is damaged"):
        RunFolder(tmp_path / "run").resume(network, torch.optim.AdamW(network.parameters()))


def test_marks_or_a_lead_that_are_missing_are_one_sentence(tmp_path):
    marked_record(tmp_path, "1")
    with pytest.raises(ValueError, match="1 has no lead v9; it has i, ii"):
        read_annotated(tmp_path / "1", "v9")
    (tmp_path / "1.v1").write_bytes(b"x")
    (tmp_path / "1.v2").unlink()
    for lead in ("v1", "v2"):
        with pytest.raises(ValueError, match=f"1.{lead} is missing or no annotation file"):
            read_annotated(tmp_path / "1", lead)


def test_a_header_that_points_elsewhere_is_not_followed(tmp_path):
    marked_record(tmp_path, "1")
    header = tmp_path / "1.hea"
    header.write_text(header.read_text().replace("1.dat", "../1.dat"))
    with pytest.raises(ValueError, match="not the plain name of a file beside it"):
        read_annotated(tmp_path / "1", "i")


def test_the_segmenter_scores_every_sample_of_the_window():
    said = Segmenter(SegmenterConfig(widths=(4, 8, 8))).eval()(torch.randn(3, 1, LENGTH))
    assert said.boundaries.shape == (3, 5, LENGTH)
    assert said.presence.shape == (3, 2)
    with pytest.raises(ValueError, match="multiple of 32, got 570"):
        SegmenterConfig(length=570)


def test_a_folded_segmenter_says_the_same():
    network = Segmenter(SegmenterConfig(widths=(4, 8, 8)))
    windows = torch.randn(16, 1, LENGTH)
    for _ in range(3):
        network(3 * windows + 1)  # so that the batch norms have something to fold
    with torch.inference_mode():
        before = network.eval()(windows)
        network.fold()
        after = network(windows)
    torch.testing.assert_close(after.boundaries, before.boundaries, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(after.presence, before.presence, rtol=1e-4, atol=1e-5)


def test_the_score_of_a_sample_depends_on_its_surroundings_not_on_a_transposed_place():
    network = Segmenter(SegmenterConfig(widths=(4,), dropout=0.0)).eval()
    windows = torch.randn(1, 1, LENGTH, requires_grad=True)
    network(windows).boundaries[0, 2, 301].backward()
    assert windows.grad is not None
    touched = torch.nonzero(windows.grad[0, 0])[:, 0]
    assert touched.min() >= 301 - 40
    assert touched.max() <= 301 + 40
