"""Live calls: who answers, what drives them, and what is left of them."""
