"""Two sessions become a change: may they be compared, by how much do they differ, and does it exceed the noise?

Comes in: the shots of a baseline and of a follow-up. Goes out: `Change`, `Score`, tracked lesions, clinical scores.
"""
