"""What asks for prices: of a product, of the cart, and of a cart at another time."""

from realtime.commands.prices import quotes, what_if

ROWS = (*quotes.ROWS, *what_if.ROWS)
