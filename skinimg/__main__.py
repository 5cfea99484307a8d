"""`python -m skinimg` is `skinimg`."""

from skinimg.cli import main

main()
