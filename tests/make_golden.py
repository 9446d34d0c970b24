"""Write the golden `.vqz` files anew: `python tests/make_golden.py`, when the format's version changes and only then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from vqz_cases import contents, index_coder, random_codes, static_coder, wavelet_coder

from vqvae.codec.protocol import Coder
from vqvae.codec.vqz import write

GOLDEN = Path(__file__).parent / "golden"
LAYOUT = {"modality": "ecg", "rate": 250, "leads": ["II", "V5"]}


def save(name: str, codes: np.ndarray, coder: Coder, chunk: int) -> None:
    """One file and its codes."""
    np.save(GOLDEN / f"{name}.npy", codes.astype(np.int8))
    (GOLDEN / f"{name}.vqz").write_bytes(write(contents(codes, coder, chunk, layout=LAYOUT), codes, coder))


def main() -> None:
    """Both coders, the adaptive one with both kinds of symbols."""
    GOLDEN.mkdir(exist_ok=True)
    rng = np.random.default_rng(4)
    indices = random_codes(rng, (2, 3, 400), 16)
    (GOLDEN / "static.tables").write_bytes(static_coder(16).tables.pack())
    save("static", indices, static_coder(16), 150)
    save("indices", indices, index_coder(16, 3, 2), 150)
    frames = np.rint(rng.laplace(0, 3, (1, 32, 100)) / np.arange(1, 33)[:, None])
    save("wavelet", np.clip(frames, -127, 127).astype(int), wavelet_coder(1), 40)


if __name__ == "__main__":
    main()
