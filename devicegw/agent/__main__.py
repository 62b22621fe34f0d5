"""``python -m devicegw.agent``."""

from devicegw.agent import main

if __name__ == "__main__":
    raise SystemExit(main())
