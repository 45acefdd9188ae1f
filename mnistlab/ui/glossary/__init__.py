"""The glossary: its themes, and a small figure for each term."""
