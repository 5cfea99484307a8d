"""Retraining the segmentation model on phantoms and on a developer's own masks.

Comes in: labelled photos, photos of people, phantoms. Goes out: weights with their card, and their evaluation. `cli` calls it.
"""
