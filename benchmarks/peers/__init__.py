"""The peers: servers built on other frameworks, run in environments of their own."""
