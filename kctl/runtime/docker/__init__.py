"""The runtime of plain Docker engines, one module a concern.

Reading order: `runtime` (the door), `client` (how an engine is reached), `labels` (what
things are called), `pod` (a pod as the engine's words), `start` and `stop` (the order of
calls), `observe` (what is there).
"""
