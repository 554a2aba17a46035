"""The project's configuration: `archc.toml`, or `[tool.archc]` in pyproject.toml.

Imported only where there is one: tomllib and pydantic take longer than a small network.
"""
