"""How well measurements repeat: agreement statistics, a user's own repeat shots, and studies in which nothing happened.

Comes in: tables of an analysis, or phantoms. Goes out: ICC, standard errors, and the noise that a weights card states.
"""
