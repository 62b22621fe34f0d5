"""Websockets, hot commands over HTTP, live topics. The only package that imports channels."""
