#!/bin/sh
# Become the load balancer of the pod network: every address of the service range ($1) is
# local to this container (an AnyIP route), so HAProxy may bind them and the kernel
# answers for them on the bridge.
set -eu
ip route replace local "$1" dev lo
exec haproxy -W -f /etc/haproxy/haproxy.cfg
