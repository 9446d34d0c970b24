"""VQ-VAE Explorer's library: recordings through a discrete codebook and back, and what survived."""
