"""Whoever changes the deployment under a running process must build everything anew."""

from __future__ import annotations

import sys


def forget_what_was_built() -> None:
    """Forget what the bootstrap modules keep for the life of a Lambda container."""
    for name, module in list(sys.modules.items()):
        if name.startswith("chalicelib.bootstrap"):
            for kept in vars(module).values():
                if hasattr(kept, "cache_clear"):
                    kept.cache_clear()
