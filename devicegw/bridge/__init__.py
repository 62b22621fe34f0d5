"""The MQTT bridge: a site's broker on one side, the server on the other."""
