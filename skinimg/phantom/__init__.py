"""A digital skin twin: faces and skin drawn from parameters, so that every change is known exactly.

Comes in: a seed and a plan. Goes out: photos with their truth. `training`, `repeatability`, `cli` and benchmarks use it.
"""
