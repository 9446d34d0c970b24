"""`python -m vqvae`."""

import os
import sys

from vqvae.cli import STOPPED, main

status = main()
if status == STOPPED:  # at once: a regular exit waits for threads that are still at work
    os._exit(status)
sys.exit(status)
