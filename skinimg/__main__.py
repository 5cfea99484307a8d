"""`python -m skinimg` is `skinimg`."""

from skinimg.cli.main import main

main()
