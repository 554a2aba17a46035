"""Builds: what is asked of one, its network, its weights, its files; one module for each target."""
