"""Stand-ins that keep the far side's rules: a mind that follows a script, a carrier's far end."""
