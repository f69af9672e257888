"""Exercises that grade themselves: the checks of a notebook, and the runner that marks a folder of notebooks.

A student needs these names; everything else is for instructors (`python -m d2lmini grade`).
"""

from .check import CheckFailed, check, check_module, check_rng, check_that, check_value
from .variant import variant

__all__ = ["CheckFailed", "check", "check_module", "check_rng", "check_that", "check_value", "variant"]
