"""The house: agent core, store, tools, channels, calls, HTTP API, command line."""
