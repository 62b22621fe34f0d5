"""The hot edge: websockets, hot HTTP commands, live topics. The only package that imports channels."""
