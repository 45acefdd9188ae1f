"""Experiments that train something themselves, in seconds, to show one thing."""
