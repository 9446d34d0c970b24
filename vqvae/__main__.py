"""`python -m vqvae`."""

import sys

from vqvae.cli import main

sys.exit(main())
