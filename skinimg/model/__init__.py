"""Networks and their weights: code that knows torch, and the files that carry trained numbers.

Comes in: a frame with its maps. Goes out: `Segmentation`, and what a card says of its noise. Every room above may use it.
"""
