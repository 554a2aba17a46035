"""A network as PyTorch: source a person would have written, and the live module made from it."""
