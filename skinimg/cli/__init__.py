"""The command line: thin commands that read options, call one function each, and print what it returns."""
