"""The report of a comparison in a plain sentence, with a grade."""

from __future__ import annotations

from vqvae.modalities.protocol import Report
from vqvae.modalities.wording import Verdict


def verdict(report: Report) -> Verdict:
    """Judge a report of `compare`."""
    return Verdict(f"PSNR {report.value('psnr'):.1f} dB.", "fair", ())
