"""``python -m devicegw.bridge``."""

from devicegw.bridge.process import main

if __name__ == "__main__":
    raise SystemExit(main())
