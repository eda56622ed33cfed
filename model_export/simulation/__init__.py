"""Weeks of shopping by people whose true categories are known, to see whether the loop makes the model better."""
