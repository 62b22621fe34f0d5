"""``python -m devicegw.simulator``."""

from devicegw.simulator.process import main

if __name__ == "__main__":
    raise SystemExit(main())
