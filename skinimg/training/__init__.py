"""Retraining the segmentation model on phantoms and on a developer's own masks."""
