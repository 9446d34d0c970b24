"""What must hold for every quantizer, each property a function of the implementation, so that broken ones can be tried as well.

Functions take a factory: `make(codebook_size=16, codebook_dim=4)` gives a new quantizer.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from vqvae.quantizers.base import CodebookQuantizer, Quantizer
from vqvae.quantizers.kmeans import LloydStep, lloyd_step

Make = Callable[..., Any]
Search = Callable[[Tensor, Tensor], Tensor]
K, D = 16, 4


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def fitted(make: Make) -> Any:
    quantizer = make()
    quantizer.initialise(noise(4, D, 256, seed=1), torch.Generator().manual_seed(2))
    return quantizer


def stages(quantizer: Quantizer) -> list[CodebookQuantizer]:
    return [module for module in quantizer.modules() if isinstance(module, CodebookQuantizer)]


def as_rows(latents: Tensor) -> Tensor:
    return latents.detach().movedim(1, -1).reshape(-1, latents.shape[1])


def all_among(some: Tensor, rows: Tensor) -> bool:
    return bool((some[:, None] == rows[None]).all(-1).any(1).all())


def state(quantizer: Quantizer) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in quantizer.state_dict().items()}


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# ---- the nearest-code search ----


def the_nearest_code_is_the_one_that_brute_force_finds(search: Search) -> None:
    rows, codebook = noise(3000, 8), noise(37, 8, seed=1) * noise(37, 1, seed=2).exp()  # norms differ: they must count
    distances = (rows[:, None].double() - codebook[None].double()).square().sum(-1)
    assert torch.equal(search(rows, codebook), distances.argmin(1))


def the_nearest_code_is_found_far_from_the_origin(search: Search) -> None:
    rows, codebook = noise(1000, 8) * 0.01 + 100, noise(37, 8, seed=1) * 0.01 + 100
    distances = (rows[:, None].double() - codebook[None].double()).square().sum(-1)
    assert float((search(rows, codebook) == distances.argmin(1)).double().mean()) > 0.99


def equal_scores_go_to_the_lowest_index(search: Search) -> None:
    codebook = noise(5, D).repeat(3, 1)
    assert bool((search(noise(100, D, seed=1), codebook) < 5).all())


def the_search_never_holds_more_than_a_block(search: Search) -> None:
    rows, codebook = noise(40_000, D), noise(512, D, seed=1)

    class Largest(TorchDispatchMode):
        numel = 0

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = func(*args, **(kwargs or {}))
            found = [item.numel() for item in (out if isinstance(out, tuple | list) else [out]) if isinstance(item, Tensor)]
            self.numel = max([self.numel, *found])
            return out

    with Largest() as largest:
        search(rows, codebook)
    assert largest.numel <= 2**21  # 8 MiB; all scores would be 78 MiB


def rows_get_the_same_code_however_they_are_split(search: Search) -> None:
    rows, codebook = noise(5000, 32), noise(512, 32, seed=1)
    rows[::7] = (codebook[:-1] + codebook[1:]).repeat(2, 1)[: len(rows[::7])] / 2  # half way between two codes: rounding decides
    whole = search(rows, codebook)
    for size in (1, 2, 3, 5, 64, 1000, 4097):
        part = rows[: 60 if size < 64 else None]
        assert torch.equal(torch.cat([search(piece, codebook) for piece in part.split(size)]), whole[: len(part)]), size


# ---- k-means ----


def distortion_cannot_rise_in_a_lloyd_step(step: Callable[[Tensor, Tensor], LloydStep]) -> None:
    rows = noise(2000, D) * noise(2000, 1, seed=1).exp()
    far = noise(K, D, seed=3) + 50
    far[:3] = rows[:3]  # the others serve nobody at first
    for start in (rows[:K], far):
        codebook, distortions = start, []
        for _ in range(40):
            after = step(rows, codebook)
            distortions.append(after.distortion)
            codebook = after.codebook
        assert all(after <= before * (1 + 1e-6) for before, after in pairwise(distortions))
        assert distortions[-1] < 0.8 * distortions[0]


def every_code_of_kmeans_serves_somebody(cluster: Callable[..., Tensor]) -> None:
    clusters = noise(K, D) * 100
    rows = clusters.repeat_interleave(50, 0) + noise(K * 50, D, seed=1)
    codebook = cluster(rows, K, 10, torch.Generator().manual_seed(0))
    distances = torch.cdist(rows, codebook)
    assert len(distances.argmin(1).unique()) == K
    assert float(distances.min(1).values.square().mean()) < 1.5 * D  # a code for each of the clusters


# ---- every quantizer ----


def codes_are_integers_inside_the_codebook_and_decode_to_the_returned_latents(make: Make) -> None:
    quantizer = fitted(make)
    for mode in (True, False):
        for latents in (noise(3, D, 50), noise(2, D, 6, 5)):
            result = quantizer.train(mode)(latents.requires_grad_())
            assert result.codes.dtype == torch.int64
            assert result.codes.shape == (latents.shape[0], quantizer.levels, *latents.shape[2:])
            assert int(result.codes.min()) >= 0
            assert int(result.codes.max()) < K
            assert result.latents.shape == latents.shape
            assert result.commitment_loss.shape == result.codebook_loss.shape == ()
    assert torch.equal(quantizer.encode(latents), result.codes)
    assert torch.equal(quantizer.decode(result.codes), result.latents)


def codes_are_the_nearest_level_after_level(make: Make) -> None:
    quantizer = fitted(make).eval()
    latents = noise(3, D, 70)
    codes, residual = quantizer(latents).codes, as_rows(latents)
    for level, stage in enumerate(stages(quantizer)):
        expected = (residual[:, None] - stage.codebook[None].detach()).square().sum(-1).argmin(1)
        assert torch.equal(codes[:, level].flatten(), expected)
        residual = residual - stage.codebook[expected].detach()


def straight_through_hands_the_gradient_over_unchanged(make: Make) -> None:
    for mode in (True, False):
        latents, gradient = noise(3, D, 50).requires_grad_(), noise(3, D, 50, seed=5)
        fitted(make).train(mode)(latents).latents.backward(gradient)
        assert latents.grad is not None
        assert torch.equal(latents.grad, gradient)


def training_and_evaluation_return_the_same(make: Make) -> None:
    quantizer = fitted(make)
    trained, evaluated = copy.deepcopy(quantizer).train(), quantizer.eval()
    latents = noise(3, D, 50)
    assert all(torch.equal(a, b) for a, b in zip(trained(latents), evaluated(latents), strict=True))


def evaluation_changes_no_state(make: Make) -> None:
    quantizer = fitted(make).eval()
    before = state(quantizer)
    quantizer.decode(quantizer(noise(3, D, 50)).codes)
    assert same(state(quantizer), before)
    quantizer.train().encode(noise(3, D, 50))
    assert same(state(quantizer), before)


def what_is_saved_and_loaded_goes_on_identically(make: Make, folder: Path) -> None:
    quantizer = fitted(make)
    for seed in range(3):
        quantizer.train()(noise(3, D, 50, seed=seed))
    save_file(quantizer.state_dict(), folder / "model.safetensors")
    loaded = make()
    loaded.load_state_dict(load_file(folder / "model.safetensors"), strict=True)
    latents = noise(3, D, 50, seed=9)
    assert all(torch.equal(a, b) for a, b in zip(loaded.eval()(latents), quantizer.eval()(latents), strict=True))
    loaded.train()(latents)
    quantizer.train()(latents)
    after, expected = loaded.eval()(latents), quantizer.eval()(latents)
    assert all(torch.equal(a, b) for a, b in zip(after, expected, strict=True))


def one_and_two_dimensions_are_alike(make: Make) -> None:
    quantizer = fitted(make)
    images = noise(3, D, 6, 5)
    flat, image = copy.deepcopy(quantizer).train()(images.flatten(2)), copy.deepcopy(quantizer).train()(images)
    assert image.codes.shape == (3, quantizer.levels, 6, 5)
    assert torch.equal(image.codes.flatten(2), flat.codes)
    assert torch.equal(image.latents.flatten(2), flat.latents)
    assert torch.equal(image.commitment_loss, flat.commitment_loss)
    assert torch.equal(quantizer.decode(image.codes), image.latents)


def the_commitment_loss_pulls_latents_towards_their_codes_and_nothing_else(make: Make) -> None:
    quantizer = fitted(make).eval()
    latents = noise(3, D, 50).requires_grad_()
    result = quantizer(latents)
    result.commitment_loss.backward()
    prefixes = [quantizer.decode(result.codes[:, : q + 1]) if quantizer.levels > 1 else result.latents for q in range(quantizer.levels)]
    expected = sum(2 * (latents - prefix).detach() / latents.numel() for prefix in prefixes)
    assert latents.grad is not None
    assert torch.allclose(latents.grad, expected, atol=1e-7)
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in quantizer.parameters())


def the_codebook_loss_moves_chosen_codes_towards_their_latents_and_nothing_else(make: Make) -> None:
    quantizer = fitted(make)
    with torch.no_grad():
        for stage in stages(quantizer):
            stage.codebook[K // 2 :] += 50
    latents = noise(3, D, 50).requires_grad_()
    result = quantizer(latents)
    before = [stage.codebook.detach().clone() for stage in stages(quantizer)]
    result.codebook_loss.backward()
    assert latents.grad is None or not latents.grad.any()
    torch.optim.SGD(quantizer.parameters(), lr=1.0).step()
    residual = as_rows(latents)
    for level, stage in enumerate(stages(quantizer)):
        codes = result.codes[:, level].flatten()
        for k in range(K):
            chosen = residual[codes == k]
            expected = before[level][k] + 2 * (chosen - before[level][k]).sum(0) / latents.numel()
            assert torch.allclose(stage.codebook[k], expected, atol=1e-6)
            assert len(chosen) or torch.equal(stage.codebook[k], before[level][k])
        residual = residual - before[level][codes]


# ---- moving averages: make() takes decay and restart_share as well ----


def a_code_nobody_chose_does_not_move(make: Make) -> None:
    quantizer = fitted(lambda: make(restart_share=0))
    for stage in stages(quantizer):
        stage.codebook[K // 2 :] += 50
    before = [stage.codebook.clone() for stage in stages(quantizer)]
    for seed in range(3):
        quantizer.train()(noise(2, D, 256, seed=seed))
    for stage, codebook in zip(stages(quantizer), before, strict=True):
        assert torch.equal(stage.codebook[K // 2 :], codebook[K // 2 :])
        assert not torch.equal(stage.codebook[: K // 2], codebook[: K // 2])


def codes_follow_the_recursions_of_appendix_a1(make: Make) -> None:
    decay = 0.9
    quantizer = fitted(lambda: make(decay=decay, restart_share=0)).train()
    count = 512.0 * quantizer.shares.double()
    total = count[:, None] * quantizer.codebook.double()
    for seed in range(20):
        latents = noise(2, D, 256, seed=seed) * 2
        codes, rows = quantizer(latents).codes.flatten(), as_rows(latents).double()
        count = decay * count + (1 - decay) * torch.bincount(codes, minlength=K)
        total = decay * total + (1 - decay) * torch.stack([rows[codes == k].sum(0) for k in range(K)])
        assert torch.allclose(quantizer.codebook.double(), total / count[:, None], atol=1e-5)


def training_without_memory_is_a_kmeans_step_so_distortion_cannot_rise(make: Make) -> None:
    quantizer = fitted(lambda: make(decay=0.0, restart_share=0)).train()
    latents, distortions = noise(2, D, 256, seed=7), []
    for _ in range(30):
        before = quantizer.codebook.clone()
        distortions.append(float(quantizer(latents).commitment_loss))
        expected = lloyd_step(as_rows(latents), before)
        chosen = expected.counts > 0
        assert torch.allclose(quantizer.codebook[chosen], expected.codebook[chosen], atol=1e-5)
    assert all(after <= before * (1 + 1e-6) for before, after in pairwise(distortions))
    assert distortions[-1] < distortions[0]


def a_dead_code_restarts_on_data_and_survives_the_next_step(make: Make) -> None:
    quantizer = fitted(lambda: make(decay=0.5, restart_share=0.1)).train()
    quantizer.codebook[K // 2 :] += 50
    quantizer.shares.fill_(1 / K)
    first = noise(2, D, 256, seed=3)
    for _ in range(4):  # a share of 1/K halves until it falls below the threshold
        assert float(quantizer.codebook[K // 2 :].norm(dim=1).min()) > 50
        quantizer(first)
    restarted = quantizer.codebook[K // 2 :].clone()
    assert all_among(restarted, as_rows(first))
    second = noise(2, D, 256, seed=4)
    quantizer(second)
    drift = (quantizer.codebook[K // 2 :] - restarted).norm(dim=1)
    assert float(drift.max()) < 4
    assert len(quantizer.eval()(second).codes.unique()) == K


def the_first_training_batch_initialises_and_the_second_does_not(make: Make) -> None:
    latents = noise(4, D, 256) * 0.01 + 100  # far from any random codebook
    quantizer = make().train()
    first = quantizer(latents)
    assert float(first.commitment_loss) < 1e-4
    assert len(first.codes.unique()) == K
    codebook = quantizer.codebook.clone()
    quantizer(latents + 1)
    assert float((quantizer.codebook - codebook).norm(dim=1).max()) < 1  # a step of the average, not a new start 2 away


def a_rare_code_is_given_time_before_it_restarts(make: Make) -> None:
    quantizer = make(restart_share=0.5)
    rows = torch.cat([noise(D, 10_000).T * 0.1, torch.full((1, D), 100.0)])
    quantizer.initialise(rows.T[None], torch.Generator().manual_seed(0))
    rare = int(quantizer.codebook.norm(dim=1).argmax())
    quantizer.train()(rows[:-1].T[None])
    assert float(quantizer.codebook[rare].norm()) > 199


# ---- residual ----


def levels_are_a_usable_prefix(make: Make) -> None:
    quantizer = fitted(make).eval()
    latents = noise(4, D, 256, seed=1)  # what it was fitted to
    whole, last = quantizer(latents), float(latents.square().mean())
    for q in range(1, quantizer.levels + 1):
        part = quantizer(latents, levels=q)
        assert part.codes.shape[1] == q
        assert torch.equal(part.codes, whole.codes[:, :q])
        assert torch.equal(quantizer.encode(latents, levels=q), part.codes)
        assert torch.equal(quantizer.decode(whole.codes[:, :q]), part.latents)
        distortion = float((part.latents - latents).square().mean())
        assert distortion < last
        last = distortion


def a_level_left_out_does_not_learn(make: Make) -> None:
    quantizer = fitted(make).train()
    before = [state(stage) for stage in stages(quantizer)]
    quantizer(noise(2, D, 256), levels=1)
    assert all(same(state(stage), old) for stage, old in zip(stages(quantizer)[1:], before[1:], strict=True))
    if list(quantizer.buffers()):
        assert not same(state(stages(quantizer)[0]), before[0])
