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

# open@kill is the case open with another rule.
set_label() {
	label=$action-${name%@*}
	case $name in *@*) label=$label-${name#*@} ;; esac
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
	set_label
	echo "$label: $text"
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

act() { timeout 60 bypass run "$action" "${name%@*}" "$@" 2>/dev/null || echo "broken"; }

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
	"recorded, ok yes") pass "$what: recorded" ;;
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

# Of what was refused or recorded as expected.
told_labels() {
	while IFS=$tab read -r action name expected control governed; do
		set_label
		case "$expected, $governed" in
		"recorded, ok yes") echo "bypass.$label" ;;
		pending*|open*|*yes) ;;
		*) echo "bypass.$label" ;;
		esac
	done <"$1"
}

labels_arrived() {
	synpol audit --json --limit 0 2>/dev/null | grep -o 'bypass\.[a-z0-9-]*' | sort -u >/run/seen
	grep -vxFf /run/seen /run/told >/run/missing
	[ ! -s /run/missing ]
}

# Half a minute at most: the log is long, and reading it is slow here.
check_labels() {
	tries=0
	until labels_arrived; do
		tries=$((tries + 1))
		[ $tries -lt 15 ] || { fail "no row of: $(tr '\n' ' ' </run/missing)"; return; }
		sleep 1
	done
	pass "a row of each refusal"
}

# There is a note for each rule that is let through: of a failure the errors are what matters.
apply_policy() {
	mv /run/policy.text /run/bypass.syn
	synpol apply /run/bypass.syn >/run/apply.log 2>&1 && { say applied; return; }
	fail "the policy is not applied"
	grep -A 5 '^error' /run/apply.log | head -n 60
	tail -n 3 /run/apply.log
	finish
}

# All of it, or with the kernel parameter bypass=read,write what is named there.
take_table() {
	grep -v '^#' /test/cases.tsv >/run/table
	bypass list >/run/programs
	actions=$(sed -n 's/.*bypass=\([a-z,-]*\).*/\1/p' /proc/cmdline | tr ',' '|')
	[ -n "$actions" ] || return
	for file in /run/table /run/programs; do
		grep -E "^($actions)$tab" $file >/run/chosen
		mv /run/chosen $file
	done
}

rmmod dummy
echo 1 >/sys/kernel/rcu_expedited # a mount namespace ends with each case
write_config
start_agent
take_table
each_case has_what_it_needs /run/table >/run/checked
grep 'skip: ' /run/checked
grep -v 'skip: ' /run/checked >/run/cases
{ printf 'syn 1\npolicy bypass\n'; each_case rule_of /run/cases; } >/run/policy.text
say "applying $(wc -l </run/cases) rules"
apply_policy
act_all >/run/done
say "acted $(wc -l </run/done) cases"
open=0 pending=0
judge /run/done
told_labels /run/done >/run/told
check_labels
cut -f1,2 /run/table | sed 's/@.*//' >/run/named
expect "cases without a line" "" "$(grep -vxFf /run/named /run/programs)"
expect "lines without a case" "" "$(grep -vxFf /run/programs /run/named)"
echo "$(wc -l </run/told) refused or recorded, $open open, $pending pending, $(grep -c 'skip: ' /run/checked) skipped"
finish
