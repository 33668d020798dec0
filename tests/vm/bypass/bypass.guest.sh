#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ways round a rule, from cases.tsv: each is acted by a process that the rule does not govern, where it must have
# its effect, and by one that it does, where it must not; what is known to be open must be open, and what is not
# enforced yet must not be enforced. Every refusal is in the log under the rule's name.
. /test/guest_lib.sh

tab=$(printf '\t')
cgroups=/sys/fs/cgroup/bypass
release=$(uname -r | cut -d. -f1,2)

# has_release 6.6
has_release() {
	[ $((${release%.*} * 1000 + ${release#*.})) -ge $((${1%.*} * 1000 + ${1#*.})) ]
}

# Sets missing to what the kernel lacks. No subshells from here on: there are hundreds of cases.
look_for_needs() {
	missing=
	case $needs in
	-) ;;
	x32) bypass has x32 || missing="a kernel with the x32 calls" ;;
	*) has_release "$needs" || missing="Linux $needs" ;;
	esac
}

# "EACCES; 6.1: open" is open on 6.1 and EACCES elsewhere.
choose_expected() {
	case $expected in *"; $release: "*) expected=${expected##*"; $release: "} ;; esac
	expected=${expected%%;*}
}

# {} is the cgroup of the case, whose members the rule is for unless it says so itself. What is not enforced yet has
# to be let through by name, or nothing could be applied.
rule_of() {
	own=/bypass/$action.$name
	case $rule in
	*"{}"*) text=${rule%%"{}"*}$own${rule#*"{}"} ;;
	*) text="$rule for cgroup $own" ;;
	esac
	case $expected in pending*) text="$text best-effort" ;; esac
	echo "$action-$name: $text"
}

each_case() {
	while IFS=$tab read -r action name expected needs rule source note; do
		"$1"
	done <"$2"
}

has_what_it_needs() {
	look_for_needs
	choose_expected
	if [ -n "$missing" ]; then say "skip: $action.$name: needs $missing"
	else printf '%s\t' "$action" "$name" "$expected" "$needs" "$rule" "$source"; echo "$note"; fi
}

act() { timeout 60 bypass run "$action" "$name" "$@" 2>/dev/null || echo "broken"; }

act_both() {
	mkdir -p "$cgroups/$action.$name"
	printf '%s\t' "$action" "$name" "$expected" "$(act)"
	act "$cgroups/$action.$name/cgroup.procs"
}

act_cases() { each_case act_both "$1" >"$1.done"; }

# Two at a time, as there are two processors. What runs programs or changes settings that all see stays in one lane.
act_all() {
	grep -E '^(read|write|exec|setuid|load-module)	' /run/cases >/run/lane.1
	grep -vE '^(read|write|exec|setuid|load-module)	' /run/cases >/run/lane.2
	act_cases /run/lane.1 &
	act_cases /run/lane.2
	wait $!
	cat /run/lane.1.done /run/lane.2.done
}

judge_governed() {
	case "$expected, $governed" in
	pending*,*yes) pending=$((pending + 1)); say "pending: $what is to be ${expected#pending }" ;;
	pending*) fail "$what is enforced now ($governed): the table says pending" ;;
	"open, ok yes") open=$((open + 1)); say "open: $what" ;;
	*) expect "$what" "$expected no" "$governed" ;;
	esac
}

judge() {
	while IFS=$tab read -r action name expected control governed; do
		what=$action.$name
		if [ "$control" = "ok yes" ]; then judge_governed
		else fail "$what does nothing when nobody forbids it ($control)"; fi
	done <"$1"
}

refused_labels() {
	while IFS=$tab read -r action name expected control governed; do
		case "$expected, $governed" in
		pending*|open*|*yes) ;;
		*) echo "bypass.$action-$name" ;;
		esac
	done <"$1"
}

# Asks until the last one has arrived; what has not by then is missing.
labels_arrived() {
	synpol audit --json --limit 0 2>/dev/null | grep -o 'bypass\.[a-z0-9-]*' | sort -u >/run/seen
	grep -vxFf /run/seen /run/refused >/run/missing
	[ ! -s /run/missing ]
}

rmmod dummy
echo 1 >/sys/kernel/rcu_expedited # a mount namespace ends with each case
write_config
start_agent
grep -v '^#' /test/cases.tsv >/run/table
each_case has_what_it_needs /run/table >/run/checked
grep 'skip: ' /run/checked
grep -v 'skip: ' /run/checked >/run/cases
{ printf 'syn 1\npolicy bypass\n'; each_case rule_of /run/cases; } >/run/policy.text
apply bypass </run/policy.text
act_all >/run/done
say "acted $(wc -l </run/done) cases"
open=0 pending=0
judge /run/done
refused_labels /run/done >/run/refused
wait_for "a row of each refusal" labels_arrived || cat /run/missing
bypass list >/run/programs
cut -f1,2 /run/table >/run/named
expect "cases without a line" "" "$(grep -vxFf /run/named /run/programs)"
expect "lines without a case" "" "$(grep -vxFf /run/programs /run/named)"
echo "$(wc -l </run/refused) refused, $open open, $pending pending, $(grep -c 'skip: ' /run/checked) skipped"
finish
