"""Notifications of people: on the page, by mail, text message and web push, as they prefer."""
