"""The sub-commands of `python -m vqvae`, a file for each kind of task: `add` says what they take, the rest does it."""
