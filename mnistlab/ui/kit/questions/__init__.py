"""How questions are answered and shown, for students and for their teacher."""
