"""The command line: thin commands that read options, call one function each, and print what it returns.

Comes in: words of a shell. Goes out: text, JSON and an exit code. Nobody else may import it.
"""
