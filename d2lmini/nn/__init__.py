"""Networks in PyTorch: `from d2lmini import nn` loads torch, `import d2lmini` does not."""

from d2lmini.nn.pattern import Layer, Layers, flex_cnn, layer_rows, parse_pattern, pattern_net, seeded

__all__ = ["Layer", "Layers", "flex_cnn", "layer_rows", "parse_pattern", "pattern_net", "seeded"]
