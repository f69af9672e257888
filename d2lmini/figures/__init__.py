"""Figures to take hold of: live in JupyterLab, and in the built book without a kernel or a network."""

from d2lmini.figures.backward import BackwardExplorer
from d2lmini.figures.base import Figure
from d2lmini.figures.conv import ConvExplorer, LayerExplorer
from d2lmini.figures.design import DesignExplorer
from d2lmini.figures.field import FieldExplorer
from d2lmini.figures.gabor import GaborExplorer
from d2lmini.figures.kernel_lab import KernelLab
from d2lmini.figures.masks import MaskExplorer
from d2lmini.figures.network import NetworkExplorer
from d2lmini.figures.norm import NormExplorer
from d2lmini.figures.occlusion import OcclusionExplorer
from d2lmini.figures.pooling import PoolExplorer
from d2lmini.figures.quiz import Quiz
from d2lmini.figures.shift import ShiftExplorer
from d2lmini.figures.slide import SlideExplorer
from d2lmini.figures.spectrogram import SpectrogramExplorer
from d2lmini.figures.transfer_map import TransferMap
from d2lmini.figures.trials import TrialExplorer
from d2lmini.figures.wiring import WiringExplorer

__all__ = [
    "BackwardExplorer",
    "ConvExplorer",
    "DesignExplorer",
    "FieldExplorer",
    "Figure",
    "GaborExplorer",
    "KernelLab",
    "LayerExplorer",
    "MaskExplorer",
    "NetworkExplorer",
    "NormExplorer",
    "OcclusionExplorer",
    "PoolExplorer",
    "Quiz",
    "ShiftExplorer",
    "SlideExplorer",
    "SpectrogramExplorer",
    "TransferMap",
    "TrialExplorer",
    "WiringExplorer",
]
