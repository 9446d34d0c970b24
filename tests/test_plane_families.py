"""Checkpoints of images as codecs: what files hold, what their first levels are worth alone, and what a mender may change."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from toy_checkpoints import save_fine_planes, save_planes

from vqvae import pipeline
from vqvae.checkpoint_codec import CheckpointCodec
from vqvae.codec.container import unpack
from vqvae.codec.protocol import Damage
from vqvae.codec.vqz import even_chunk
from vqvae.families import family, plane_codes
from vqvae.files import chunk_frames, stretches
from vqvae.modalities import brain, modality
from vqvae.networks.planes import Mender, MenderConfig, neighbours

KIND = modality("brain")


@pytest.fixture(scope="module")
def volume():
    """A few slices of a computed brain, on half of the pixels."""
    whole = KIND.example()
    return brain.excerpt(whole, 8, 14) if whole.voxels.shape[2] >= 14 else whole


@pytest.fixture(scope="module")
def codebook(tmp_path_factory, volume):
    folder = tmp_path_factory.mktemp("checkpoints") / "toy-brain"
    save_planes(folder, KIND, KIND.to_tensors(volume).values[0, 0])
    return pipeline.load(folder)


@pytest.fixture(scope="module")
def fine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints") / "toy-brain-fine"
    save_fine_planes(folder, KIND)
    return pipeline.load(folder)


def _error(one, other) -> float:
    return float(np.sqrt(np.square(one.voxels - other.voxels).mean()))


@pytest.mark.parametrize("which", ["codebook", "fine"])
def test_a_file_gives_back_what_its_codes_decode_to_and_is_as_large_as_stated(request, volume, which):
    checkpoint = request.getfixturevalue(which)
    encoded = pipeline.encode(checkpoint, volume)
    codec = CheckpointCodec(checkpoint)
    data = codec.compress(volume, encoded.quality)
    assert data == pipeline.pack(checkpoint, encoded)
    assert pipeline.rate(checkpoint, encoded).bytes == len(data)
    rebuilt, damage = codec.decompress(data)
    assert not damage
    np.testing.assert_array_equal(rebuilt.voxels, pipeline.decode(checkpoint, encoded).voxels)
    assert rebuilt.voxels.shape == volume.voxels.shape
    np.testing.assert_allclose(rebuilt.affine, volume.affine, rtol=1e-6)


@pytest.mark.parametrize("which", ["codebook", "fine"])
def test_more_levels_take_more_bytes_and_leave_less_error(request, volume, which):
    checkpoint = request.getfixturevalue(which)
    sizes, errors = [], []
    for level in range(1, checkpoint.levels + 1):
        encoded = pipeline.encode(checkpoint, volume, level)
        sizes.append(pipeline.rate(checkpoint, encoded).bytes)
        errors.append(_error(pipeline.decode(checkpoint, encoded), volume))
    assert sizes == sorted(sizes)
    assert errors == sorted(errors, reverse=True)


def test_the_first_levels_of_a_codebook_are_what_they_are_without_the_others(codebook, volume):
    every = pipeline.encode(codebook, volume)
    for level in range(1, codebook.levels):
        alone = pipeline.encode(codebook, volume, level)
        np.testing.assert_array_equal(pipeline.at_level(codebook, every, level).codes, alone.codes)
    assert every.codes.shape[1:4] == (codebook.levels, *(side // 8 for side in KIND.sides(every.layout)[:2]))


def test_codes_of_a_slice_do_not_depend_on_the_slices_coded_with_it_where_bits_do_not_count(codebook, volume):
    """A code vector's place is one slice's; only prices, which `thrifts` weigh, look at the slice before."""
    own = family(codebook)
    values = KIND.to_tensors(volume).values
    x, y, slices = own.shape(1.0, values.shape[2:])[1:]
    nearest, _ = own._candidates(values[0, 0], np.zeros((1, 0, x, y, slices), np.int32), lambda _: None)
    single, _ = own._candidates(values[0, 0, :, :, 2:3], np.zeros((1, 0, x, y, 1), np.int32), lambda _: None)
    np.testing.assert_array_equal(nearest[2:3, :, 0], single[:, :, 0])


def test_a_damaged_chunk_costs_its_own_slices_only_and_is_said(fine):
    """A hundred slices are two chunks, which are transformed each by itself; the toy's mender looks at no other slice's values."""
    piece = KIND.example()
    long = dataclasses.replace(piece, voxels=np.tile(piece.voxels[40:104, 40:104], (1, 1, 4))[:, :, :100])
    data = pipeline.pack(fine, pipeline.encode(fine, long, 2))
    codec = CheckpointCodec(fine)
    whole = codec.decompress(data).recording
    rebuilt, damage = codec.decompress(data[:-3] + bytes([data[-3] ^ 255]) + data[-2:])
    assert len(damage) == 1
    assert rebuilt.said
    lost = 56  # of 13 groups of 8 slices, the first chunk holds 7
    np.testing.assert_array_equal(rebuilt.voxels[:, :, :lost], whole.voxels[:, :, :lost])
    assert not rebuilt.voxels[:, :, lost:].any()


@pytest.mark.parametrize(
    ("slices", "groups"), [(20, ((0, 8), (8, 16), (16, 20))), (17, ((0, 8), (8, 16), (16, 17))), (9, ((0, 8), (8, 9)))]
)
def test_slices_of_a_lost_group_are_lost_however_short_the_last_group_is(slices, groups, fine):
    piece = KIND.example()
    short = dataclasses.replace(piece, voxels=piece.voxels[40:104, 40:104, :slices])
    contents = unpack(pipeline.pack(fine, pipeline.encode(fine, short, 2))).contents
    assert contents.shape[-1] == len(groups)
    for group, lost in enumerate(groups):
        assert stretches(KIND, contents, (Damage(group, group, group + 1, "lost"),)) == (lost,)


@pytest.mark.parametrize("slices", [97, 100, 104])
@pytest.mark.parametrize("chunk", [0, 1])
def test_the_slices_that_a_damaged_file_is_said_to_have_lost_are_those_that_it_lost(slices, chunk, fine):
    piece = KIND.example()
    long = dataclasses.replace(piece, voxels=np.tile(piece.voxels[40:72, 40:72], (1, 1, 4))[:, :, :slices] + 1)
    codec = CheckpointCodec(fine)
    data = codec.compress(long, family(fine).quality(2))
    first, second = map(len, unpack(data).payloads)
    place = len(data) - second - 1 if chunk == 0 else len(data) - 1
    rebuilt, damage = codec.decompress(data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :])
    dark = [place for place in range(slices) if not rebuilt.voxels[:, :, place].any()]
    assert dark == list(range(*((0, 56), (56, slices))[chunk]))
    assert rebuilt.said == [f"Slices {dark[0] + 1} to {dark[-1] + 1} were lost: they are black."]
    assert first
    assert len(damage) == 1


@pytest.mark.parametrize(("slices", "asked"), [(32, 8), (100, 8), (100, 60), (200, 130), (1000, 150)])
def test_no_chunk_ends_among_groups_that_are_transformed_together(slices, asked):
    shape = (1, *plane_codes.shape_of((64, 64, slices)))
    found = chunk_frames(KIND, asked, 8, shape, plane_codes.SEGMENT)
    assert found % even_chunk(shape[-1], plane_codes.SEGMENT) == 0 or found == shape[-1]


def test_a_lost_chunk_shorter_than_what_is_transformed_together_harms_nothing_unsaid(fine):
    piece = KIND.example()
    long = dataclasses.replace(piece, voxels=np.tile(piece.voxels[40:104, 40:104], (1, 1, 4))[:, :, :100])
    codec = CheckpointCodec(fine, chunk=8)
    data = codec.compress(long, family(fine).quality(2))
    whole, rebuilt = codec.decompress(data).recording, codec.decompress(data[:-1] + bytes([data[-1] ^ 255])).recording
    changed = [place for place in range(100) if not np.array_equal(whole.voxels[:, :, place], rebuilt.voxels[:, :, place])]
    assert changed
    assert not rebuilt.voxels[:, :, changed].any()


def test_a_file_whose_codes_do_not_fit_its_sides_is_refused(fine, volume):
    from vqvae.codec.container import pack

    contents, payloads, _ = unpack(pipeline.pack(fine, pipeline.encode(fine, volume, 1)))
    layout = {**contents.layout, "shape": [contents.layout["shape"][0] + 64, *contents.layout["shape"][1:]]}
    forged = pack(contents.__class__(**{**vars(contents), "layout": layout}), [payload or b"" for payload in payloads])
    with pytest.raises(ValueError, match="forged"):
        CheckpointCodec(fine).decompress(forged)


def test_an_untrained_mender_changes_nothing_and_looks_at_no_slice_beyond_its_own():
    import torch

    torch.manual_seed(0)
    mender = Mender(MenderConfig((8, 12), 3))
    slices = torch.rand(2, 3, 32, 64)
    torch.testing.assert_close(mender(slices, torch.zeros(2, 1)), slices[:, 1:2])
    assert neighbours(0, 5, 3, False) == [0, 0, 1]
    assert neighbours(4, 5, 3, False) == [3, 4, 4]
    assert neighbours(2, 5, 3, True) == [2, 2, 2]
    assert neighbours(2, 9, 5, False) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("above", [0.0, 0.6, 1.25, 3.0])
def test_mending_ends_above_the_last_level_where_it_was_never_taught(above, volume):
    own = family(pipeline.load("brain-fine"))
    values = KIND.to_tensors(volume).values[:, :, :96, :96, :1]
    quality = own.qualities[1] - 3 + above
    codes = own.encode(values, quality, 1).codes
    linear, found = plane_codes.decode(codes, quality), own.decode(codes, quality)[0, 0]
    changed = float(np.sqrt(np.square(found - linear).mean())) * 2**quality  # in steps
    assert (changed == 0) == (above >= 1.25)
    assert np.square(found - values[0, 0]).mean() <= 1.25 * np.square(linear - values[0, 0]).mean()
