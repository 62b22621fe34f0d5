"""The groups of operations in the OpenAPI document: the first part of a path, and what it is about."""

from __future__ import annotations

TAGS = {
    "asyncapi": "The document of the websockets and of MQTT.",
    "audit": "What was done in a chain, by whom and why.",
    "auth": "Accounts and logins: register, log in, keep a login going, log out.",
    "branches": "Stores, and what their staff do in them: trolleys, rentals, alarms, stock, the exit.",
    "cart": "The caller's cart: lines, vouchers, checkout.",
    "categories": "The tree of a chain's categories.",
    "chains": "Retailers, and who has which role there.",
    "demo": "The accounts of the demo, where there is one.",
    "devices": "Raspberry Pis in the branches: claiming, tokens, lock boards, slots, heartbeats.",
    "feeds": "Public: how many trolleys are free, as GBFS 3 has it.",
    "firmware": "Signed releases of what runs on the devices.",
    "help": "A shopper's call for staff.",
    "imports": "Products from a file: a dry run first, then all of it.",
    "invitations": "Invitations to a role, for who has got one.",
    "me": "The caller's own account.",
    "notifications": "What the caller is told, how they want to be, and browsers that take web push.",
    "orders": "What was bought, and refunds.",
    "payments": "Paying for the cart, and the providers' webhooks.",
    "pricing": "What a product costs, and which rules made the price.",
    "products": "A chain's products, their pictures, and their export.",
    "rollouts": "Firmware on its way to the devices of a chain or a branch.",
    "schema": "This document.",
    "session": "A shopper's use of a trolley, from scan to end.",
    "tax-rates": "Which taxes a chain's goods have.",
    "telemetry": "What devices measured, over time.",
    "trolleys": "Trolleys by their code, and their QR.",
    "variants": "Sizes and kinds of a product.",
}
