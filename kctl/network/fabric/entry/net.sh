#!/bin/sh
# Keep this host's part of the pod network: routes and VXLAN entries towards the pods of the
# other nodes, and the firewall chains that let them through untranslated.
#
#   net.sh run                 apply, and again whenever something of it is gone
#   net.sh check FILE          is FILE what kctl writes?
#   net.sh take                check the new file, put it in place, apply it
#   net.sh retire BRIDGE       take back everything (the device name tells the rest)
#
# Everything carries the name of one control plane's bridge, so several do not meet.
set -u
LC_ALL=C
data=/etc/kctl-net/net.conf
protocol=98 # marks our routes: /etc/iproute2/rt_protos knows no such number
seconds=5

say() { echo "net: $*" >&2; }

# --- the data ----------------------------------------------------------------------------

# A file that was cut off, or that holds what no route or rule can be made of, is refused.
load() {
    cluster='' bridge='' own='' gateway='' address='' device='' vni='' port='' mac='' peers='' end=''
    while read -r word a b c d rest; do
        case $word$a$b$c$d in
            *[!a-z0-9./:-]*) say "unexpected: $word $a $b $c $d"; return 1 ;;
        esac
        case $word in
            cluster) cluster=$a ;;
            bridge) bridge=$a ;;
            own) own=$a gateway=$b address=$c ;;
            vxlan) device=$a vni=$b port=$c mac=$d ;;
            peer) peers="$peers$a $b $c $d
" ;;
            end) end=1 ;;
            *) say "unexpected: $word"; return 1 ;;
        esac
    done <"$1" || return 1
    if [ -z "$cluster" ] || [ -z "$address" ] || [ -z "$end" ]; then
        say "$1 is not whole"
        return 1
    fi
    name "$bridge"
}

# What is called after the bridge kctl-XXXXXXXX.
name() {
    case $1 in
        kctl-????????) id=${1#kctl-} ;;
        *) say "no bridge of kctl: $1"; return 1 ;;
    esac
}

each_peer() { # a command, called with: PODS ADDRESS WAY MAC
    printf %s "$peers" | while read -r pods where way its; do
        "$@" "$pods" "$where" "$way" "$its" || exit 1
    done
}

# --- iptables ----------------------------------------------------------------------------

# The variant that the engine uses is the one that has its chain for owners' rules.
choose() {
    tables='' hook=FORWARD
    for each in xtables-nft-multi xtables-legacy-multi; do
        command -v "$each" >/dev/null || continue
        if "$each" iptables -S DOCKER-USER >/dev/null 2>&1; then
            tables=$each hook=DOCKER-USER
            return
        fi
        tables=${tables:-$each}
    done
    [ "$tables" ] || { say "iptables was not found where this image was made: apt-get install iptables"; return 1; }
}

ipt() { "$tables" iptables -w 10 "$@"; }

chains() { # TABLE HOOK CHAIN of all that is needed, or may be left
    echo "nat POSTROUTING KCTL-NAT-$id"
    echo "filter $hook KCTL-FWD-$id"
    echo "raw PREROUTING KCTL-RAW-$id"
    echo "mangle FORWARD KCTL-MSS-$id"
}

rules() {
    echo "*nat"
    echo ":KCTL-NAT-$id - [0:0]"
    # The engine translates what leaves its bridge; within the cluster nothing is translated.
    echo "-A KCTL-NAT-$id -s $cluster -d $cluster ! -o $bridge -j ACCEPT"
    echo COMMIT
    echo "*filter"
    echo ":KCTL-FWD-$id - [0:0]"
    echo "-A KCTL-FWD-$id -s $own -d $cluster -i $bridge -j ACCEPT"
    each_peer accept "KCTL-FWD-$id" "-o $bridge"
    echo COMMIT
}

accept() { # CHAIN TO PODS ADDRESS ...
    echo "-A $1 -s $3 -d $own ! -i $bridge $2 -j ACCEPT"
    echo "-A $1 -s $4/32 -d $own ! -i $bridge $2 -j ACCEPT"
}

# From Docker 28 on an engine drops here what comes for a container from outside.
raw() {
    echo "*raw"
    echo ":KCTL-RAW-$id - [0:0]"
    each_peer accept "KCTL-RAW-$id" ""
    echo COMMIT
}

# Pods believe in packets of their bridge's size; the way to the other node may take less.
clamp() {
    echo "*mangle"
    echo ":KCTL-MSS-$id - [0:0]"
    echo "-A KCTL-MSS-$id -s $cluster -d $cluster -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"
    echo COMMIT
}

# Our jump stands before every rule that is not of kctl, once.
first() { # TABLE HOOK CHAIN
    found='' foreign=''
    while read -r word _ rule; do
        [ "$word" = -A ] || continue
        case $rule in
            "-j $3") if [ "$found$foreign" ]; then found=wrong; break; fi; found=1 ;;
            '-j KCTL-'*) ;;
            ?*) foreign=1 ;;
        esac
    done <<END
$(ipt -t "$1" -S "$2" 2>/dev/null)
END
    [ "$found" = 1 ]
}

jump() { # TABLE HOOK CHAIN
    ipt -t "$1" -S "$3" >/dev/null 2>&1 || return 0
    first "$@" && return
    while ipt -t "$1" -D "$2" -j "$3" 2>/dev/null; do :; done
    ipt -t "$1" -I "$2" -j "$3"
}

filter() {
    rules | "$tables" iptables-restore -w 10 --noflush || { say "the firewall refused our rules"; return 1; }
    # These two are helps that a kernel may lack.
    raw | "$tables" iptables-restore -w 10 --noflush 2>/dev/null
    clamp | "$tables" iptables-restore -w 10 --noflush 2>/dev/null
    chains | while read -r table hook chain; do jump "$table" "$hook" "$chain" || exit 1; done
}

# --- routes ------------------------------------------------------------------------------

# The shell reads byte by byte, and the kernel answers the first byte alone.
digit() { read -r now <"$1"; echo "$now"; } 2>/dev/null

write() { # VALUE FILE: only where it differs
    now=$(digit "$2")
    [ "$now" ] || { say "no $2"; return 1; }
    [ "$now" = "$1" ] || echo "$1" >"$2"
}

switches() {
    write 1 /proc/sys/net/ipv4/ip_forward &&
        write 1 "/proc/sys/net/ipv4/conf/$bridge/forwarding" &&
        # The host answers on the bridge for the pods that it has a route to; at once, since
        # the kernel would think about a question to all for up to 0.8 s.
        write 1 "/proc/sys/net/ipv4/conf/$bridge/proxy_arp" &&
        write 0 "/proc/sys/net/ipv4/neigh/$bridge/proxy_delay"
}

# The device that leads to an address, and the greatest packet that it takes.
underlay() {
    set -- $(ip -4 -o route get "$1") || return 1
    while [ $# -gt 1 ] && [ "$1" != dev ]; do shift; done
    read -r mtu <"/sys/class/net/$2/mtu"
}

tunnel() {
    [ "$device" ] || { drop_tunnel; return 0; }
    first_peer=$(printf %s "$peers" | while read -r _ where way _; do [ "$way" = vxlan ] && echo "$where" && break; done)
    underlay "$first_peer" || return 1
    has=$(ip -d -o link show dev "$device" 2>/dev/null)
    case $has in
        *" mtu $((mtu - 50)) "*"link/ether $mac "*" id $vni local $address "*" dstport $port "*) ;;
        *)
            drop_tunnel
            ip link add "$device" address "$mac" mtu $((mtu - 50)) type vxlan id "$vni" \
                local "$address" dstport "$port" nolearning || return 1
            ip link set dev "$device" addrgenmode none 2>/dev/null
            ;;
    esac
    case $has in *[\<,]UP[,\>]*) ;; *) ip link set dev "$device" up || return 1 ;; esac
}

drop_tunnel() {
    [ ! -e "/sys/class/net/kctl-v$id" ] || ip link del dev "kctl-v$id"
}

lead() { # PODS ADDRESS WAY MAC
    base=${1%/*}
    if [ "$3" = vxlan ]; then
        bridge fdb replace "$4" dev "$device" dst "$2" self permanent &&
            ip neigh replace "$base" lladdr "$4" dev "$device" nud permanent &&
            ip -4 route replace "$1" via "$base" dev "$device" onlink src "$gateway" proto $protocol
    else
        ip -4 route replace "$1" via "$2" src "$gateway" proto $protocol
    fi || { say "no way to $1 at $2"; return 1; }
}

ours() { ip -4 route show root "$cluster" proto $protocol; }

# Whoever left: lines that begin with what no peer has.
forget() {
    ours | while read -r pods _; do
        case "
$peers" in *"
$pods "*) ;; *) ip -4 route del "$pods" proto $protocol ;; esac
    done
    [ "$device" ] || return 0
    bridge fdb show dev "$device" | while read -r its _ where _; do
        case $peers in *" $where vxlan $its
"*) ;; *) bridge fdb del "$its" dev "$device" dst "$where" self ;; esac
    done
    ip neigh show dev "$device" nud permanent | while read -r base _ its _; do
        case "
$peers" in *"
$base/"*" vxlan $its
"*) ;; *) ip neigh del "$base" lladdr "$its" dev "$device" ;; esac
    done
}

# --- all of it ---------------------------------------------------------------------------

apply() {
    load "$data" && choose && switches && tunnel && filter && each_peer lead && forget
}

# What stands, as text: compared with what stood after the last apply. It is asked for ever,
# so it starts as few programs as it can: a table that somebody else changed costs an apply.
standing() {
    ours
    "$tables" iptables -w 10 -S
    "$tables" iptables -w 10 -t nat -S
    "$tables" iptables -w 10 -t raw -S # where engines from Docker 28 on drop
    if [ "$device" ]; then
        "$tables" iptables -w 10 -t mangle -S
        ip -d -o link show dev "$device"
        bridge fdb show dev "$device"
        ip neigh show dev "$device" nud permanent
    fi
    for each in "conf/$bridge/proxy_arp" "conf/$bridge/forwarding" ip_forward; do
        read -r now <"/proc/sys/net/ipv4/$each"
        echo "$each $now"
    done
} 2>/dev/null

# One at a time: a new file may come while the loop applies the old one.
alone() { exec 9>/run/kctl/net.lock && flock 9; }

run() {
    trap 'exit 0' TERM INT
    failed=''
    stood=''
    tables=''
    while :; do
        words=$({
            alone
            load "$data" && { [ "$tables" ] || choose; } && [ "$(standing)" = "$stood" ] && exit 0
            apply || exit 1
            exit 7
        } 2>&1)
        case $? in
            0) failed='' ;;
            7)
                failed=''
                load "$data" && choose && stood=$(standing)
                ;;
            *)
                [ "$words" = "$failed" ] || echo "$words" >&2
                [ "$stood" ] || exit 1
                failed=$words
                ;;
        esac
        sleep $seconds &
        wait $!
    done
}

take() {
    load "$data.new" && mv -f "$data.new" "$data" && apply
}

retire() {
    name "$1" && choose || return 1
    bridge=$1
    chains | while read -r table hook chain; do
        while ipt -t "$table" -D "$hook" -j "$chain" 2>/dev/null; do :; done
        ipt -t "$table" -F "$chain" 2>/dev/null && ipt -t "$table" -X "$chain"
    done
    drop_tunnel
    cluster=$2
    ours | while read -r pods _; do ip -4 route del "$pods" proto $protocol; done
    for each in "conf/$bridge/proxy_arp 0" "neigh/$bridge/proxy_delay 80"; do
        set -- $each
        [ ! -e "/proc/sys/net/ipv4/$1" ] || echo "$2" >"/proc/sys/net/ipv4/$1"
    done
}

case ${1:-} in
    run) run ;;
    check) load "$2" ;;
    take) alone; take ;;
    retire) alone; retire "$2" "$3" ;;
    *) say "unknown: ${1:-}"; exit 2 ;;
esac
