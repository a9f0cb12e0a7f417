"""A kctl scheduler that fills nodes before it opens the next one."""
