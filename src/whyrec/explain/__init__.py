"""Reasons, measured: what a score loses when its cause is taken away. Knows models only as callables."""
