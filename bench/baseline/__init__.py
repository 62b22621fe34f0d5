"""The sources' own design, done fairly: Django REST framework, row locks, PostgreSQL, JWT.

A small project of its own that shares nothing with the product, so that its
figures are those of the design and not of our code. Done as a good team would:
persistent connections, an index for every lookup, totals kept on the cart row,
no middleware but the one for Content-Length, no user lookup for a signed token.
"""
