"""Small experiments of the pages: each trains something in seconds to make one point."""
