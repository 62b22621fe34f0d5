"""How much anybody may ask of the server: sockets, commands, requests."""

from __future__ import annotations

from core.settings.base import env

WS_MAX_MESSAGE_BYTES = env.integer("WS_MAX_MESSAGE_BYTES", 64 * 1024, 1024)
WS_MAX_QUEUE_BYTES = env.integer("WS_MAX_QUEUE_BYTES", 1024 * 1024, 64 * 1024)
WS_COMMANDS_PER_SECOND = env.integer("WS_COMMANDS_PER_SECOND", 50, 1)
ACCOUNT_COMMANDS_PER_SECOND = env.integer("ACCOUNT_COMMANDS_PER_SECOND", 2 * WS_COMMANDS_PER_SECOND, 1)
"""Commands and requests of one account, over all its connections and all processes."""
ADDRESS_COMMANDS_PER_SECOND = env.integer("ADDRESS_COMMANDS_PER_SECOND", 10 * WS_COMMANDS_PER_SECOND, 1)
"""The same of one address; who works in a shop is not counted by it."""
ACCOUNT_CLAIMS_PER_MINUTE = env.integer("ACCOUNT_CLAIMS_PER_MINUTE", 6, 1)
ADDRESS_CLAIMS_PER_MINUTE = env.integer("ADDRESS_CLAIMS_PER_MINUTE", 60, 1)
"""Trolleys claimed; who works in the chain, and a device, may claim as many as they like there."""
ACCOUNT_CODES_PER_MINUTE = env.integer("ACCOUNT_CODES_PER_MINUTE", 10, 1)
ADDRESS_CODES_PER_MINUTE = env.integer("ADDRESS_CODES_PER_MINUTE", 60, 1)
"""Codes of vouchers, and of exit passes."""
ACCOUNT_HELP_CALLS_PER_MINUTE = env.integer("ACCOUNT_HELP_CALLS_PER_MINUTE", 6, 1)
ADDRESS_HELP_CALLS_PER_MINUTE = env.integer("ADDRESS_HELP_CALLS_PER_MINUTE", 60, 1)

WS_FLOOD_S = env.number("WS_FLOOD_S", 10.0, 0.1)
ACCOUNT_SOCKETS = env.integer("ACCOUNT_SOCKETS", 20, 1)
ADDRESS_SOCKETS = env.integer("ADDRESS_SOCKETS", 2000, 1)
MAX_CONNECTIONS = env.integer("MAX_CONNECTIONS", 0)
"""Of one process; 0: as many as there are file descriptors, less what the process needs itself."""
MAX_CONNECTIONS_PER_ADDRESS = env.integer("MAX_CONNECTIONS_PER_ADDRESS", 2000, 1)
HTTP_MAX_HEAD_BYTES = env.integer("HTTP_MAX_HEAD_BYTES", 64 * 1024, 1024)
HTTP_MAX_BODY_BYTES = env.integer("HTTP_MAX_BODY_BYTES", 1024 * 1024, 1024)
"""Of a body that is no upload; whoever uploads shows a token or a session first."""
HTTP_HEAD_S = env.number("HTTP_HEAD_S", 10.0, 0.1)
HTTP_BODY_S = env.number("HTTP_BODY_S", 30.0, 0.1)
HTTP_UPLOAD_S = env.number("HTTP_UPLOAD_S", 600.0, 1)
