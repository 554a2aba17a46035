"""Modules and functions that torch lacks; generated source has copies of those it uses.

A part refers to torch and to other parts alone.
"""
