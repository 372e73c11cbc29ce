"""Use cases, one a file: gather what is needed, let `domain` decide, apply the answer once."""
