"""``python -m devicegw.agent``."""

from devicegw.agent.process import main

if __name__ == "__main__":
    raise SystemExit(main())
