"""Caddy in front of the HTTP services of kctl."""
