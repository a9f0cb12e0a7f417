#!/bin/sh
# Run dnsmasq, and start it anew at SIGUSR2: it reads its configuration only once.
child=
again=1
trap 'again=1; kill "$child" 2>/dev/null' USR2
trap 'again=; kill "$child" 2>/dev/null; wait "$child"; exit 0' TERM INT
while [ "$again" ]; do
    again=
    dnsmasq --keep-in-foreground --conf-file=/etc/dnsmasq/dnsmasq.conf &
    child=$!
    wait "$child"
    status=$?
    # A signal ends the wait before it ends dnsmasq, whose address must be free again.
    wait "$child" 2>/dev/null
done
exit "$status"
