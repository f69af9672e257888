"""The errors of d2lmini: each says what came, what is needed and what to type."""

from __future__ import annotations


class D2LError(Exception):
    """Base of every error that d2lmini raises on purpose."""


class ShapeError(D2LError, ValueError):
    """An array or a number has a shape, rank, type or size that the operation cannot use."""


class DataError(D2LError, OSError):
    """A data set is not where it was looked for, or its files are damaged."""


def fault(came: str, needed: str, hint: str) -> str:
    """Join the three parts of every message.

    >>> fault("x has shape (3, 3)", "4 axes (n, c, h, w)", "x[None, None]")
    'x has shape (3, 3); needed: 4 axes (n, c, h, w); try: x[None, None]'
    """
    return f"{came}; needed: {needed}; try: {hint}"
