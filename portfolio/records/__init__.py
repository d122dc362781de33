"""Records of every kind: each one's history, its deletion, the bin, and what can be taken back."""
