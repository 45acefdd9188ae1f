"""Small experiments of the lessons: each trains something in seconds to make one point."""
