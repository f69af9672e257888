"""Rows as lines of text: how the tables of a network print."""

from collections.abc import Sequence


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Set rows under a head in columns, the first `left` of them flush left and the numbers flush right.

    >>> print(text_table(("layer", "params"), [("Conv", "80"), ("Linear", "1,290")]))
    layer   params
    Conv        80
    Linear   1,290
    """
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = (
        "  ".join(f"{cell:{'<' if i < left else '>'}{w}}" for i, (cell, w) in enumerate(zip(row, widths, strict=True)))
        for row in (head, *rows)
    )
    return "\n".join(line.rstrip() for line in lines)
