"""What every bridge fills and speaks: two closed vocabularies and a profile. Quiet."""
