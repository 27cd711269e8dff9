"""`python -m whyrec` is the same as `whyrec`."""

from whyrec.app.cli import main

main()
