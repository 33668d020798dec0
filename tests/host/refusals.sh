#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What keeps an agent from starting is one clear error and exit code 2, and a start that failed leaves
# nothing behind.
# shellcheck source=tests/harness/host.sh
source "$(dirname "${BASH_SOURCE[0]}")/../harness/host.sh"

# Where the unprivileged user can reach it.
chmod 755 "$work"
cp "$synpol_binary" "$work/synpol"
synpol_binary=$work/synpol

# refuses WHAT PATTERN COMMAND...: exit 2, exactly one line of error, which says PATTERN.
refuses() {
    local what=$1 pattern=$2 status=0
    shift 2
    timeout 20 "$@" >"$work/refusal" 2>&1 || status=$?
    local errors
    errors=$(grep -c 'error: ' "$work/refusal" || :)
    if [ "$status" -eq 2 ] && [ "$errors" -eq 1 ] && grep -qE "error: .*($pattern)" "$work/refusal"; then
        pass "$what: $(grep 'error: ' "$work/refusal")"
    else
        fail "$what" "exit $status" "$(cat "$work/refusal")"
    fi
}
agent=("$synpol_binary" agent --config "$config")

write_config "colour: blue"
refuses "a key that is unknown" "unknown key" "${agent[@]}"

write_config
refuses "an unprivileged user" "capabilit|CAP_|privilege|permitted|denied" \
    setpriv --reuid 65534 --regid 65534 --clear-groups "${agent[@]}"
refuses "missing capabilities" "CAP_BPF|CAP_SYS_ADMIN|capabilit" \
    setpriv --bounding-set=-bpf,-sys_admin --inh-caps=-bpf,-sys_admin "${agent[@]}"
expect "nothing is left" "" left_behind

sed -i "s|^bpffs_dir: .*|bpffs_dir: $work/elsewhere|" "$config"
refuses "pins on another file system" "bpf" "${agent[@]}"

write_config
mkdir "$work/bpf/synpol"
bpftool map create "$work/bpf/synpol/sp_images" type array key 4 value 4 entries 1 name stale
refuses "a pin of somebody else's" "bpf/synpol" "${agent[@]}"
expect "which is left alone" "$work/bpf/synpol/sp_images" find "$work/bpf/synpol" -type f
rm -r "$work/bpf/synpol"

mount -t tmpfs -o ro tmpfs "$work/state"
refuses "a state folder that cannot be written" "$work/state" "${agent[@]}"
expect "nothing is left" "" left_behind
umount "$work/state"

: >"$work/state/audit.db"
head -c 8192 /dev/urandom >"$work/state/audit.db"
refuses "a database that is none" "audit.db" "${agent[@]}"
expect "nothing is left" "" left_behind
rm "$work/state/audit.db"

write_config "interfaces: [nowhere0]"
start_agent
printf 'syn 1\npolicy packets\nall: block inbound from 203.0.113.0/24\n' >"$work/packets.syn"
refuses "a rule about packets of an interface that is not there" "nowhere0" \
    "$synpol_binary" apply --config "$config" "$work/packets.syn"
refuses "a second agent" "$agent_pid" "${agent[@]}"
expect_exit "the first goes on" 0 synpol status
ours=$(bpftool -j prog show | grep -o '"id":[0-9]*[^{]*"pids":\[{"pid":'"$agent_pid" | grep -o '^"id":[0-9]*' || :)
stop_agent
programs_left() { bpftool -j prog show | grep -o '"id":[0-9]*' | grep -Fxf <(printf '%s\n' "$ours") || :; }
[ -z "$ours" ] || expect "none of its programs is loaded any more" "" programs_left
expect "nothing is left" "" left_behind
finish
