"""The schema's history, run by `server.store.migrate`."""
