"""The HTTP surface: webhooks, media handshakes, the REST API, health."""
