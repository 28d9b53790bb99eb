"""The only place with SQL; `server.store.scope` is its only door, and light to import."""
