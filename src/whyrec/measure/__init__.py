"""Measures of lists and of reasons, as plain functions of arrays."""
