"""Networks in PyTorch: `from d2lmini import nn` loads torch, `import d2lmini` does not.

`nn.build(name)` builds the networks of the papers, one file each; a new file in this folder is found by being there.
"""

from importlib import import_module
from pkgutil import iter_modules

from d2lmini.nn.pattern import Layer, Layers, flex_cnn, layer_rows, parse_pattern, pattern_net, seeded
from d2lmini.nn.registry import Card, build, card, names, register
from d2lmini.nn.summary import Line, Summary, summary
from d2lmini.nn.weights import copy_weights, pair_weights

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")

__all__ = [
    "Card", "Layer", "Layers", "Line", "Summary", "build", "card", "copy_weights", "flex_cnn", "layer_rows", "names",
    "pair_weights", "parse_pattern", "pattern_net", "register", "seeded", "summary",
]  # fmt: skip
