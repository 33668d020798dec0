#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In the guest: `synpol run` where cgroups of version 2 have their controllers and root has every capability.
# tests/host/run.sh is about everything else.
. /test/guest_lib.sh

mkdir -p /box/in
echo text >/box/in/text
echo secret >/box/secret

# document NAME <<YAML: a sandbox that may read what programs need, and what the text adds.
document() {
	{
		echo "sandbox: the-$1"
		echo 'read_file: [/bin/**, /sbin/**, /lib/**, /lib64/**, /usr/**, /test/**, /dev/null, /box/in/**]'
		cat
	} >"/box/$1.yaml"
}
run() { # DOCUMENT SHELL-TEXT: its output, or the exit status
	/test/synpol run --sandbox "/box/$1.yaml" -- /bin/busybox sh -c "$2" 2>/run/errors
	echo "status $?"
}
groups_left() { find /sys/fs/cgroup -type d -name 'synpol-run-*' | wc -l; }

document plain <<YAML
spawn_process: everywhere
YAML
expect "a file that is granted is read" "text status 0" "$(run plain 'cat /box/in/text' | tr '\n' ' ' | sed 's/ $//')"
expect "another is not" "status 1" "$(run plain 'cat /box/secret')"
expect "a mode is not changed" "status 1" "$(run plain 'chmod 600 /box/in/text')"
expect "nothing is mounted" "status 1" "$(run plain 'mount -t tmpfs none /box/in')"

document small <<YAML
spawn_process: everywhere
limits: { descriptors: 10, cpu_time: 1s, memory: 16MiB, processes: 8 }
YAML
expect "a limit is there" "10 status 0" "$(run small 'ulimit -n' | tr '\n' ' ' | sed 's/ $//')"
expect "root does not raise it again" "10 status 0" \
	"$(run small 'ulimit -H -n 4096; ulimit -H -n' | tr '\n' ' ' | sed 's/ $//')"
expect "descriptors run out" "status 1" "$(run small 'exec 20</dev/null')"
expect "CPU time runs out" "status 152" "$(run small 'while :; do :; done')"
# shellcheck disable=SC2016 # expanded by the sandbox's shell
expect "a memory hog ends" "status 137" "$(run small 'x=0123456789abcdef; while :; do x=$x$x; done')"
run small 'bomb() { bomb | bomb & }; bomb; wait' >/dev/null
expect "a fork bomb ends by its limit" 1 "$(grep -c 'limit of processes' /run/errors)"
expect "nothing is left behind" 0 "$(groups_left)"
finish
