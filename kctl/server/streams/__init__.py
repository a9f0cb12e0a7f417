"""Streams of pods: exec, attach, port-forward, log and proxy."""
