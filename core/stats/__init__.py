"""Figures of branches and chains, from the read models of many apps."""
