# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For tests and demos with real hooks: a mount and network namespace, a cgroup, a BPF file system and a
# state folder of their own, an agent in them, and checks. Sourced first thing: runs the script again
# inside the namespaces. Everything goes when the script ends, however it ends: the trap removes the
# cgroup and the folder, and the kernel the namespaces and with them every pin and interface.
#
# Given by ctest or the script: SYNPOL_BINARY, SYNPOL_PROGRAMS (the folder of attempt, wire, ...), and
# SYNPOL_CGROUP where the name of the cgroup matters.

set -euo pipefail

skip() { echo "skip: $*"; exit 77; }

if [ -z "${SYNPOL_HOST_INSIDE:-}" ]; then
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    unshare --mount --net --propagation private true 2>/dev/null ||
        skip "this machine does not let us make namespaces"
    SYNPOL_HOST_INSIDE=1 exec unshare --mount --net --propagation private "$0" "$@"
fi

synpol_binary=${SYNPOL_BINARY:?the synpol binary under test}
# shellcheck disable=SC2034 # for the scripts that source this
programs=${SYNPOL_PROGRAMS:?the folder of the test programs}
export UBSAN_OPTIONS=print_stacktrace=1

# ---- surroundings ---------------------------------------------------------------------------

work=$(mktemp -d /tmp/synpol-test.XXXXXX)
cgroup_name=${SYNPOL_CGROUP:-synpol-test-$$}
agent_pid=
peer_pid=
failures=0

clean_up() {
    local status=$?
    trap - EXIT
    set +e
    exec 2>/dev/null # the shell's own words about what is killed here
    # shellcheck disable=SC2046,SC2086 # numbers, or nothing
    kill -KILL $agent_pid $peer_pid $(jobs -p) 2>/dev/null
    wait 2>/dev/null
    remove_cgroup "$cgroup_mount/$cgroup_name"
    umount -l "$work/bpf" 2>/dev/null
    # shellcheck disable=SC2154 # set by a test that looks into the folder afterwards
    [ -n "${keep_work:-}" ] || rm -rf "$work"
    exit "$status"
}

remove_cgroup() {
    [ -d "$1" ] || return 0
    # shellcheck disable=SC2038 # what goes into the pipe is numbers
    find "$1" -name cgroup.procs -exec cat {} + | xargs -r kill -KILL
    # The kernel lets go of a cgroup a moment after its last process.
    local folder
    for _ in $(seq 100); do
        find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
        [ -d "$1" ] || return 0
        sleep 0.02
    done
}

find_cgroup_mount() {
    findmnt -nt cgroup2 -o TARGET | head -n 1
}

cgroup_mount=$(find_cgroup_mount)
[ -n "$cgroup_mount" ] || skip "no cgroup v2 hierarchy is mounted"
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir "$work/state" "$work/run" "$work/bpf" "$work/policy" "$cgroup_mount/$cgroup_name"
mkdir "$cgroup_mount/$cgroup_name/inside" "$cgroup_mount/$cgroup_name/outside"
mount -t bpf bpf "$work/bpf" 2>/dev/null || skip "no BPF file system can be mounted here"
ip link set lo up

# link_pair NAME: veth NAME here, NAME-peer in the other namespace. Frames are sent from there.
link_pair() {
    if [ -z "$peer_pid" ]; then
        setpriv --pdeathsig KILL unshare --net sleep infinity &
        peer_pid=$!
        disown "$peer_pid"
        wait_for "a namespace for the peer" other_network "$peer_pid"
    fi
    ip link add "$1" type veth peer name "$1-peer" netns "$peer_pid"
    ip link set "$1" up
    on_peer ip link set "$1-peer" up
    wait_for "$1 to be up" link_is_up "$1"
}
other_network() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
link_is_up() { ip -o link show "$1" | grep -q 'state UP'; }
on_peer() { nsenter --net="/proc/$peer_pid/ns/net" "$@"; }

# in_cgroup inside|outside COMMAND...: runs it as a member of that cgroup, with its exit code.
in_cgroup() {
    local folder=$1
    shift
    # shellcheck disable=SC2016 # expanded by the inner shell
    sh -c 'echo $$ >"$0"; exec "$@"' "$cgroup_mount/$cgroup_name/$folder/cgroup.procs" "$@"
}

# wait_for WHAT COMMAND...: until it succeeds. Half a minute, for verifying programs on a busy machine.
wait_for() {
    local what=$1 end=$((SECONDS + 30))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || { echo "waited in vain for $what" >&2; return 1; }
        sleep 0.02
    done
}

# ---- synpol ---------------------------------------------------------------------------------

config=$work/agent.yaml
# write_config [LINE...]: the agent's configuration, with more lines for a test's own purpose.
write_config() {
    cat >"$config" <<YAML
state_dir: $work/state
run_dir: $work/run
bpffs_dir: $work/bpf/synpol
policy_dir: $work/policy
cgroup_root: $cgroup_mount/$cgroup_name
guard: off
YAML
    [ $# -eq 0 ] || printf '%s\n' "$@" >>"$config"
}

# The binary's verbs that look for an agent take --config; the others are called without.
synpol() { "$synpol_binary" "$1" --config "$config" "${@:2}"; }

start_agent() {
    setpriv --pdeathsig KILL "$synpol_binary" agent --config "$config" >>"$work/agent.log" 2>&1 &
    agent_pid=$!
    wait_for "the agent to answer" agent_answers_or_died || { cat "$work/agent.log" >&2; return 1; }
    kill -0 "$agent_pid" 2>/dev/null || { cat "$work/agent.log" >&2; return 1; }
}
# Exit 1 is an answer too: it has something to tell.
agent_answers_or_died() {
    local status=0
    kill -0 "$agent_pid" 2>/dev/null || return 0
    synpol status >/dev/null 2>&1 || status=$?
    [ "$status" -lt 2 ]
}
agent_is_gone() { ! kill -0 "$agent_pid" 2>/dev/null; }

kill_agent() {
    kill -KILL "$agent_pid"
    wait "$agent_pid" 2>/dev/null || :
    agent_pid=
}

stop_agent() {
    synpol stop >/dev/null
    wait_for "the agent to end" agent_is_gone
    wait "$agent_pid" 2>/dev/null || :
    agent_pid=
}

# policy NAME <<TEXT: writes a policy file and applies it alone.
policy() {
    cat >"$work/$1.syn"
    synpol apply "$work/$1.syn" >"$work/apply.log" 2>&1 || {
        cat "$work/apply.log" >&2
        return 1
    }
}

# audit_rows [FILTER...]: matching rows as JSON lines.
audit_rows() { synpol audit --json "$@"; }
audit_has() {
    local count=$1
    shift
    [ "$(audit_rows "$@" | grep -c .)" -ge "$count" ]
}

# What is left of pins and attached programs; progs.debug and maps.debug are the kernel's own.
left_behind() {
    find "$work/bpf" -mindepth 1 ! -name '*.debug'
    bpftool cgroup tree "$cgroup_mount/$cgroup_name" | grep -E '^ *[0-9]+ ' || :
}

# ---- checks ---------------------------------------------------------------------------------

pass() { printf 'ok: %s\n' "$1"; }
fail() {
    printf 'FAILED: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '  %s\n' "${@:2}" >&2
    failures=$((failures + 1))
}

# expect WHAT WANTED COMMAND...: its output (both streams) is exactly WANTED.
expect() {
    local what=$1 wanted=$2 seen
    shift 2
    seen=$("$@" 2>&1) || :
    if [ "$seen" = "$wanted" ]; then pass "$what"; else fail "$what" "wanted: $wanted" "seen:   $seen"; fi
}

# expect_exit WHAT CODE COMMAND...
expect_exit() {
    local what=$1 wanted=$2 seen=0
    shift 2
    "$@" >"$work/output" 2>&1 || seen=$?
    if [ "$seen" = "$wanted" ]; then pass "$what"
    else fail "$what" "wanted exit $wanted, seen $seen" "$(head -n 20 "$work/output")"; fi
}

# expect_rows WHAT COUNT FILTER...: at least COUNT audit rows arrive.
expect_rows() {
    local what=$1 count=$2
    shift 2
    if wait_for "$what" audit_has "$count" "$@"; then pass "$what"
    else fail "$what" "$(audit_rows | tail -n 5)" "$(tail -n 5 "$work/agent.log")"; fi
}

finish() {
    [ "$failures" -eq 0 ] || { echo "$failures checks failed"; tail -n 20 "$work/agent.log"; exit 1; }
    echo "all checks passed"
}
