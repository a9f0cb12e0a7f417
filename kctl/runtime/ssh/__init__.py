"""Hosts reached over SSH: one OpenSSH master a host, shared by the commands that follow."""
