"""Figures to take hold of: live in JupyterLab, and in the built book without a kernel or a network."""

from d2lmini.figures.base import Figure
from d2lmini.figures.conv import ConvExplorer, LayerExplorer
from d2lmini.figures.kernel_lab import KernelLab
from d2lmini.figures.quiz import Quiz
from d2lmini.figures.slide import SlideExplorer

__all__ = ["ConvExplorer", "Figure", "KernelLab", "LayerExplorer", "Quiz", "SlideExplorer"]
