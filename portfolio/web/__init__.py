"""The Flask-facing toolbox under every slice."""
