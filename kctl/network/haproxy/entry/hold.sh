#!/bin/sh
# Make addresses of load balancers local to this host, so that it answers for them on its
# networks and the front beside may serve them.
#
#   hold.sh run METRIC      keep the addresses of the file, and again whoever takes one away
#   hold.sh take METRIC     put the new file in place and apply it
#   hold.sh retire METRIC   give all of them back
#
# They are routes of type local, marked by a protocol number that is in no list and by a
# metric that no other control plane of this host has.
set -u
LC_ALL=C
data=/etc/kctl-hold/addresses
protocol=99
seconds=5
metric=$2

held() {
    ip -4 route show table local type local proto $protocol | while read -r _ address rest; do
        case " $rest " in *" metric $metric "*) echo "$address" ;; esac
    done
}

drop() { ip -4 route del local "$1" dev lo table local proto $protocol metric "$metric"; }

apply() {
    wanted=' '
    while read -r address; do wanted="$wanted$address "; done <"$data"
    has=' '
    for address in $(held); do
        case $wanted in *" $address "*) has="$has$address " ;; *) drop "$address" ;; esac
    done
    for address in $wanted; do
        case $has in *" $address "*) continue ;; esac
        ip -4 route replace local "$address" dev lo table local proto $protocol metric "$metric" || return 1
    done
}

case $1 in
    run)
        trap 'exit 0' TERM INT
        while apply; do
            sleep $seconds &
            wait $!
        done
        exit 1
        ;;
    take) mv -f "$data.new" "$data" && apply ;;
    retire) for address in $(held); do drop "$address"; done ;;
esac
