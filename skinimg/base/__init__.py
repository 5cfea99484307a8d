"""What every room stands on: the facts (findings, settings), the records that travel, the errors, the shipped files.

Comes in: nothing. Goes out: definitions. Every room may import it; it imports no other room.
"""
