"""`make attack`: the attacks of tests/attacks, then what a flood does to everybody else, in figures."""
