# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# In the guest, under busybox: what the scripts of tests/vm share. The agent and its files are the guest's
# own, and the guest ends with the test, so that nothing is put back.

failures=0 checks=0 agent=

# Every line says when, in seconds since the guest's start: what took long is seen when the time is over, too.
say() {
	read -r uptime _ </proc/uptime
	echo "[$uptime] $*"
}
pass() {
	checks=$((checks + 1))
	say "ok: $*"
}
fail() {
	failures=$((failures + 1))
	say "FAILED: $*"
}

# expect WHAT WANTED SEEN
expect() {
	if [ "$3" = "$2" ]; then pass "$1: $3"; else fail "$1: wanted $2, seen $3"; fi
}

# wait_for WHAT COMMAND...: until it succeeds, two minutes at most: everything is slow here.
wait_for() {
	what=$1 tries=0
	shift
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 1200 ] || { fail "waited in vain for $what"; return 1; }
		usleep 100000
	done
}

# Without the guard, which keeps a test from ending the agent: guard.guest.sh is about it.
write_config() {
	mkdir -p /run/synpol /run/state /run/policy
	cat >/run/agent.yaml <<-YAML
	state_dir: /run/state
	run_dir: /run/synpol
	bpffs_dir: /sys/fs/bpf/synpol
	policy_dir: /run/policy
	guard: off
	YAML
	[ $# -eq 0 ] || printf '%s\n' "$@" >>/run/agent.yaml
}

synpol() {
	verb=$1
	shift
	/test/synpol "$verb" --config /run/agent.yaml "$@"
}

agent_answers() { synpol status >/dev/null 2>&1; }
agent_is_gone() { ! kill -0 "$agent" 2>/dev/null; }

start_agent() {
	/test/synpol agent --config /run/agent.yaml >>/run/agent.log 2>&1 &
	agent=$!
	wait_for "the agent" agent_answers || { cat /run/agent.log; exit 1; }
	say "the agent answers"
}

# apply NAME <<TEXT: nothing after a failed one could be right.
apply() {
	cat >"/run/$1.syn"
	synpol apply "/run/$1.syn" >/run/apply.log 2>&1 || { fail "apply $1"; head -n 60 /run/apply.log; finish; }
	say "applied $1"
}

rows() { synpol audit --json --limit 0 "$@" 2>/dev/null | grep -c . || :; }
has_rows() {
	count=$1
	shift
	[ "$(rows "$@")" -ge "$count" ]
}

in_cgroup() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	folder=$1
	shift
	sh -c 'echo $$ >"$0"; exec "$@"' "$folder/cgroup.procs" "$@"
}

finish() {
	echo "$checks checks passed, $failures failed ($(uname -r))"
	[ "$failures" -eq 0 ] || { echo "the agent's log ends:"; tail -n 20 /run/agent.log; exit 1; }
	exit 0
}
