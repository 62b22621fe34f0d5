"""Which taxes a chain's goods have: rates by class, branch and date, and what countries begin with."""
