"""A lesson beside every page: its step, its question, what has to be seen, and the way on."""
