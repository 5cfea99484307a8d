"""Commands for developers who train, evaluate and export segmentation weights."""
