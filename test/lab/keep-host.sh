#!/bin/sh
# Keeps one lab host running: plugs in its NICs, boots it, and boots it again when it reboots itself.
# usage: keep-host.sh keep|unplug LAB_FOLDER HOST
# Reads LAB_FOLDER/hosts/HOST/host.conf: nics="bridge/port/name/mac ..." (port: the bridge's side of the cable).
set -eu

lab_folder=$2
host=$3
lab=${lab_folder##*/}
folder=$lab_folder/hosts/$host
net=$lab_folder/net
nics=
# shellcheck source=/dev/null
. "$folder/host.conf"

# nspawn ends with this code when the host asked for a reboot (--keep-unit)
wants_reboot=133

hierarchies() {
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		echo /sys/fs/cgroup
	else
		for tree in /sys/fs/cgroup/*/; do
			[ ! -e "$tree/cgroup.procs" ] || echo "${tree%/}"
		done
	fi
}

# make_group TREE PATH: every folder on the way, usable by processes and by groups below
make_group() {
	made=$1
	for part in $(echo "$2" | tr / ' '); do
		if [ -e "$made/cgroup.controllers" ] && [ "$1" = /sys/fs/cgroup ]; then
			tr ' ' '\n' <"$made/cgroup.controllers" | while read -r controller; do
				echo "+$controller" 2>/dev/null >"$made/cgroup.subtree_control" || :
			done
		fi
		above=$made
		made=$made/$part
		mkdir -p "$made"
		if [ -e "$made/cpuset.cpus" ] && [ -e "$made/cgroup.clone_children" ]; then
			cat "$above/cpuset.cpus" >"$made/cpuset.cpus"
			cat "$above/cpuset.mems" >"$made/cpuset.mems"
		fi
	done
}

join_group() {
	for tree in $(hierarchies); do
		make_group "$tree" "drover-lab/$lab/$1"
		echo 0 >"$tree/drover-lab/$lab/$1/cgroup.procs"
	done
}

# what a power cut left of the last boot's groups
forget_groups() {
	for tree in $(hierarchies); do
		[ ! -e "$tree/drover-lab/$lab/$host" ] ||
			find "$tree/drover-lab/$lab/$host" -depth -type d -exec rmdir {} \; 2>/dev/null || :
	done
}

in_router() {
	nsenter --net="$net/router" "$@"
}

# split_nic NIC: sets bridge, port, name and mac
split_nic() {
	bridge=${1%%/*}
	rest=${1#*/}
	port=${rest%%/*}
	rest=${rest#*/}
	name=${rest%%/*}
	mac=${rest#*/}
}

plug() {
	: >"$net/host-$host"
	unshare --net="$net/host-$host" true
	for nic in $nics; do
		split_nic "$nic"
		in_router ip link add "$port" type veth peer name "$name" address "$mac" netns "$net/host-$host"
		in_router ip link set "$port" master "$bridge"
		[ -e "$folder/cable-out-$bridge" ] || in_router ip link set "$port" up
	done
}

# a network namespace would go on answering for a host that has no power
unplug() {
	for nic in $nics; do
		split_nic "$nic"
		in_router ip link del "$port" 2>/dev/null || :
	done
	umount -l "$net/host-$host" 2>/dev/null || :
	rm -f "$net/host-$host"
}

# With a /run of its own nspawn leaves its locks there and not on the machine; and in its copy of the mounts it lets go
# of the lab's network namespaces, which would otherwise live as long as this host.
# shellcheck disable=SC2016
boot() {
	join_group "$host"
	exec nsenter --net="$net/host-$host" unshare --mount --propagation slave sh -c '
		mount -t tmpfs -o mode=755 tmpfs /run
		for namespace in "$1"/*; do umount -l "$namespace" || :; done
		shift
		exec "$@"' sh "$net" \
		systemd-nspawn --quiet --boot --directory="$folder/root" --machine="$host" \
		--register=no --keep-unit --private-users=no --capability=all --system-call-filter='@keyring bpf' \
		--bind=/dev/kmsg --console=pipe --resolv-conf=off --timezone=off --link-journal=no
}

keep() {
	join_group "$host.keeper"
	code=$wants_reboot
	while [ "$code" = "$wants_reboot" ]; do
		unplug
		forget_groups
		plug
		code=0
		(boot) </dev/null || code=$?
	done
	unplug
	return "$code"
}

case $1 in
keep) keep ;;
unplug) unplug ;;
*) exit 2 ;;
esac
