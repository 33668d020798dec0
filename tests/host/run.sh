#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `synpol run` starts: each capability granted and not, by real programs; limits that end what
# they are for; nothing left behind, however it ends; the same for an ordinary user.
# shellcheck source=tests/harness/host.sh
source "$(dirname "${BASH_SOURCE[0]}")/../harness/host.sh"

mkdir "$work/in" "$work/out"
chmod 755 "$work"
echo text >"$work/in/text"
echo secret >"$work/out/secret"

# document NAME <<YAML: a sandbox that may read what programs need, and what the text adds.
document() {
    {
        printf 'sandbox: the-%s\n' "$1" # not a word of the language
        cat
    } >"$work/$1.yaml"
    chmod 644 "$work/$1.yaml"
}
readable="read_file: [/usr/**, /etc/ld.so.cache, /dev/null, $work/in/**]"

run() { "$synpol_binary" run --sandbox "$work/$1.yaml" "${@:2}"; }
in_sh() { run "$1" -- sh -c "$2"; }
groups_left() { find /sys/fs/cgroup -maxdepth 6 -type d -name "synpol-run-$1-*" 2>/dev/null; }

# ---- how it ends --------------------------------------------------------------------------------

document open <<YAML
$readable
spawn_process: everywhere
kill_process:
YAML
expect_exit "the exit status is the command's" 7 in_sh open 'exit 7'
expect_exit "a signal is 128 and its number" 143 in_sh open 'kill -TERM $$'
expect_exit "a command that is not there is 127" 127 run open -- /nowhere/at/all
expect_exit "one that is no program is 126" 126 run open -- "$work/in/text"
expect "standard input and output are the command's" "passed on" \
    sh -c "echo passed on | '$synpol_binary' run --sandbox '$work/open.yaml' -- cat"
expect_exit "a document with errors starts nothing" 2 \
    "$synpol_binary" run --sandbox /nowhere.yaml -- touch "$work/started"
expect "descriptors of the caller are closed" "sh: 1: 9: Bad file descriptor" \
    in_sh open 'cat <&9' 9<"$work/in/text"

# ---- files --------------------------------------------------------------------------------------

seen() { in_sh "$1" "$2" 2>&1; }
expect "a file that is granted is read" text seen open "cat $work/in/text"
expect "another is not" "cat: $work/out/secret: Permission denied" seen open "cat $work/out/secret"
expect "nothing is written without a grant" "sh: 1: cannot create $work/in/new: Permission denied" \
    seen open "echo x >$work/in/new"
expect "nor a mode changed" "chmod: changing permissions of '$work/in/text': Operation not permitted" \
    seen open "chmod 600 $work/in/text"

document writes <<YAML
$readable
write_file: [$work/in/**]
create_file: [$work/in/**]
delete_file: [$work/in/**]
spawn_process: everywhere
YAML
expect "what is granted is written, made, moved and removed" "new" seen writes \
    "cd $work/in && echo new >a && mv a b && chmod 600 b && mkdir d && cat b && rm b && rmdir d"
expect_exit "a folder beside it is not written" 2 in_sh writes "echo x >$work/out/new"
expect_exit "nor is a mode changed there" 1 in_sh writes "chmod 600 $work/out/secret"
expect_exit "nor does a link bring a file in" 1 in_sh writes "ln $work/out/secret $work/in/secret"

# ---- programs -----------------------------------------------------------------------------------

document alone <<YAML
$readable
YAML
expect "the command itself is started" alone run alone -- echo alone
expect "it starts nothing" "sh: 1: exec: cat: Operation not permitted" \
    "$synpol_binary" run --sandbox "$work/alone.yaml" -- sh -c 'exec cat /dev/null'
expect_exit "and makes no process" 2 in_sh alone '(exit 0)'
document few <<YAML
$readable
spawn_process: [/usr/bin/cat]
YAML
expect "a program that is granted runs" text seen few "cat $work/in/text"
expect "another does not" "sh: 1: exec: ls: Permission denied" seen few "exec ls $work/in"

# ---- signals, the network -----------------------------------------------------------------------

sleep 60 &
other=$!
document quiet <<YAML
$readable
spawn_process: everywhere
YAML
expect_exit "signals are refused" 1 in_sh quiet "kill $other"
expect_exit "and permitted" 0 in_sh open "kill $other"

cp "$programs/attempt" "$work/in/attempt"
chmod 755 "$work/in/attempt"
attempt="$work/in/attempt"
expect "without the network no socket is made" EPERM run quiet -- "$attempt" syscall socket 2 1 0
document private <<YAML
$readable
network: allow all
bind_port: any
network_namespace: private
YAML
expect "a network of its own has a loopback" ECONNREFUSED run private -- \
    "$attempt" connect tcp 127.0.0.1 4001
expect "and nothing else" ENETUNREACH run private -- "$attempt" connect tcp 192.0.2.1 4001
document ports <<YAML
$readable
bind_port: [4003]
YAML
expect "a port that is granted is bound" ok run ports -- "$attempt" bind tcp 127.0.0.1 4003
expect "another is not" EACCES run ports -- "$attempt" bind tcp 127.0.0.1 4004
expect "and nothing is connected to" EACCES run ports -- "$attempt" connect tcp 127.0.0.1 4003

# ---- what cannot be enforced --------------------------------------------------------------------

document address <<YAML
$readable
network: ["127.0.0.1:4001"]
YAML
expect_exit "what nothing carries starts nothing" 2 run address -- touch "$work/in/started"
expect_exit "unless it may be less" 0 run address --best-effort -- true
expect_exit "a plan says so without a start" 1 run address --dry-run -- true
expect_exit "a plan without gaps is fine" 0 run open --dry-run --json -- true

# ---- policies -----------------------------------------------------------------------------------

cat >"$work/job.syn" <<SYN
syn 1
policy job
secrets: deny read $work/out/**
still: deny exec $work/**
SYN
by_policy() { "$synpol_binary" run --policy "$work/job.syn" -- "$@"; }
expect "a policy leaves a hole" "cat: $work/out/secret: Permission denied" \
    by_policy cat "$work/out/secret"
expect "and permits what is beside it" text by_policy cat "$work/in/text"
expect "a program in it is not executed" "sh: 1: $attempt: Permission denied" \
    by_policy sh -c "$attempt nothing"
cat >"$work/watch.syn" <<SYN
syn 1
policy watch mode audit
secrets: deny read $work/out/**
SYN
expect_exit "a policy that only records is no sandbox" 2 \
    "$synpol_binary" run --policy "$work/watch.syn" -- true

# ---- the environment ----------------------------------------------------------------------------

document surroundings <<YAML
$readable
spawn_process: everywhere
environment:
  keep: [KEPT]
  set: { ADDED: here }
YAML
# shellcheck disable=SC2016 # expanded by the sandbox's shell
expect "the environment is what the document says" "yes here " \
    env KEPT=yes DROPPED=no PATH="$PATH" "$synpol_binary" run --sandbox "$work/surroundings.yaml" \
    -- /usr/bin/sh -c 'echo $KEPT $ADDED "$DROPPED"'

# ---- limits -------------------------------------------------------------------------------------

document small <<YAML
$readable
spawn_process: everywhere
kill_process:
limits:
  descriptors: 10
  cpu_time: 1s
YAML
expect_exit "descriptors run out" 2 in_sh small 'exec 20</dev/null'
expect_exit "so does CPU time" 152 in_sh small 'while :; do :; done'

document group <<YAML
$readable
spawn_process: everywhere
limits:
  memory: 16MiB
  processes: 8
YAML
if "$synpol_binary" run --sandbox "$work/group.yaml" --dry-run -- true >/dev/null 2>&1; then
    # shellcheck disable=SC2016 # expanded by the sandbox's shell
    hog='x=0123456789abcdef; while :; do x=$x$x; done'
    expect_exit "a memory hog ends" 137 in_sh group "$hog"
    bomb() { in_sh group 'bomb() { bomb | bomb & }; bomb; wait' >"$work/bomb" 2>&1 || :; }
    timeout 20 bash -c "$(declare -f run in_sh bomb); synpol_binary='$synpol_binary' work='$work'; bomb" ||
        fail "a fork bomb ends"
    if grep -q "limit of processes" "$work/bomb"; then pass "a fork bomb ends by its limit"
    else fail "a fork bomb ends by its limit" "$(tail -n 3 "$work/bomb")"; fi
else
    echo "note: no cgroup with memory and pids here: their limits are not tried"
fi

# ---- nothing is left ----------------------------------------------------------------------------

expect_exit "a command may leave something in the background" 0 \
    in_sh open "sleep 1234567 >/dev/null 2>&1 & exit 0"
expect "but it does not outlive the command" "" pgrep -f '^sleep 1234567'

# start_long: a sandbox whose command has a child in a session of its own.
start_long() {
    "$synpol_binary" run --sandbox "$work/open.yaml" -- sh -c 'setsid sleep 7654321 & wait' >/dev/null 2>&1 &
    launcher=$!
    wait_for "the sandbox to run" pgrep -f '^sleep 7654321' >/dev/null
}
sandbox_is_gone() { ! pgrep -f '^sleep 7654321' >/dev/null && [ -z "$(groups_left "$launcher")" ]; }
start_long
kill -KILL "$launcher"
wait_for "the sandbox to end" sandbox_is_gone && pass "a killed launcher leaves nothing"
start_long
pkill -KILL -P "$launcher"
wait_for "the sandbox to end" sandbox_is_gone && pass "nor does a killed supervisor"
start_long
kill -TERM "$launcher"
status=0
wait "$launcher" || status=$?
expect "a signal goes on to the command" 143 echo "$status"
wait_for "the sandbox to end" sandbox_is_gone && pass "and all of it ends"

stale=$cgroup_mount/synpol-run-1-1
mkdir "$stale"
run open -- true
if [ -d "$stale" ]; then rmdir "$stale"; fail "what a killed launcher has left is removed"
else pass "what a killed launcher has left is removed"; fi

# ---- an ordinary user ---------------------------------------------------------------------------

user() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
if user "$synpol_binary" run --sandbox "$work/open.yaml" -- true >"$work/output" 2>&1; then
    expect "an ordinary user is confined, too" "cat: $work/out/secret: Permission denied" \
        user "$synpol_binary" run --sandbox "$work/open.yaml" -- cat "$work/out/secret"
    expect "with a network of its own" ENETUNREACH user "$synpol_binary" run \
        --sandbox "$work/private.yaml" -- "$attempt" connect tcp 192.0.2.1 4001
    document counted <<YAML
$readable
spawn_process: everywhere
limits: { processes: 1 }
YAML
    expect_exit "and a limit of processes" 2 user "$synpol_binary" run \
        --sandbox "$work/counted.yaml" -- sh -c '(exit 0)'
    expect_exit "a limit that it cannot set starts nothing" 2 user "$synpol_binary" run \
        --sandbox "$work/group.yaml" -- true
else
    fail "an ordinary user starts a sandbox" "$(cat "$work/output")"
fi
expect_exit "nothing is left of those that were not started" 1 test -e "$work/in/started"
[ "$failures" -eq 0 ] || { echo "$failures checks failed"; exit 1; }
echo "all checks passed"
