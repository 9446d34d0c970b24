"""Codes <-> bytes: the `.vqz` container and the entropy coders, integers only; knows no modality."""
