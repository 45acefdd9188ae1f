"""What a reader takes along from a view: its link, and its figures."""
