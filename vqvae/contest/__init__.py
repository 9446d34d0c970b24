"""Codecs side by side on one recording, at the same number of bytes."""
