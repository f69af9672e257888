"""A question with a reply to every answer: plain HTML that works in every page, with a kernel or without."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from pathlib import Path

STYLE = (Path(__file__).parent / "static" / "quiz.css").read_text(encoding="utf-8")


class Quiz:
    """Ask one question; the option that a reader takes says at once why it is right or wrong; no score.

    Shapes:
        options: answer -> feedback sentence, two or more, in the order of the page. answer: the right key.
        Texts know `code` and Unicode, no other markup.
    Raises:
        ValueError: fewer than two options, an empty feedback, or an answer that is no option.

    >>> Quiz("What is 2 · 3?", options={"5": "That is the sum.", "6": "Two threes."}, answer="6")
    Quiz: What is 2 · 3?
      ( ) 5
      ( ) 6
    """

    def __init__(self, question: str, options: Mapping[str, str], answer: str):
        if len(options) < 2 or not all(str(feedback).strip() for feedback in options.values()):
            raise ValueError(f"a quiz needs two or more options with feedback each, got {dict(options)!r}")
        if answer not in options:
            raise ValueError(f"answer={answer!r} is not among the options {list(options)}")
        self.question, self.options, self.answer = question, dict(options), answer

    def __repr__(self) -> str:
        return "\n".join([f"Quiz: {self.question}", *(f"  ( ) {option}" for option in self.options)])

    def _repr_html_(self) -> str:
        uid = "q" + hashlib.sha1(repr(self).encode()).hexdigest()[:8]
        rows = []
        for i, (option, feedback) in enumerate(self.options.items()):
            right = option == self.answer
            verdict = f"<strong>{'Right.' if right else 'Not quite.'}</strong> {_inline(feedback)}"
            rows.append(
                f'<div><input type="radio" name="{uid}" id="{uid}-{i}" data-lm-suppress-shortcuts="true">'
                f'<label for="{uid}-{i}">{_inline(option)}</label>'
                f'<p role="status"><span>{verdict}</span></p></div>'
            )
        legend = f"<legend>{_inline(self.question)}</legend>"
        return f'<style>{STYLE}</style><fieldset class="d2l-quiz">{legend}{"".join(rows)}</fieldset>'


def _inline(text: str) -> str:
    """Escaped text with `code` as <code>.

    >>> _inline("a < `b`")
    'a &lt; <code>b</code>'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(str(text), quote=False))
