"""Networks and their weights: code that knows torch, and the files that carry trained numbers."""
