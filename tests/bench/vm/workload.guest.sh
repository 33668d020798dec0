#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In the guest, one processor, -icount: what a build costs in all, as TSV on standard output. Once without an
# agent, then under the shipped rules, for a process that none of them means and for a build job that lives in
# the closed world of build-jobs.syn.
. /test/guest_lib.sh

echo 'build:x:1500:1500::/:/bin/sh' >>/etc/passwd
mkdir -p /srv/build/work /sys/fs/cgroup/build.slice/job /sys/fs/cgroup/free /run/rules
mkdir -p /tmp/build && export TMPDIR=/tmp/build # where a build job may write
cp -r /test/source /test/workload.mk /srv/build/
chown -R 1500:1500 /srv/build /tmp/build
build() { # LABEL CGROUP
	rm -f /srv/build/work/*
	/test/total "$1" 1500 "/sys/fs/cgroup/$2" /usr/bin/make -s -f /srv/build/workload.mk
}
both() {
	build "$1	free" free || exit 1
	build "$1	job" build.slice/job || exit 1
}
load() {
	synpol apply /run/rules >/run/apply.log 2>&1 || { tail -n 40 /run/apply.log; exit 1; }
}

build "first	free" free >/dev/null || exit 1 # fills caches
printf 'rules\tprocess\tinstructions\n'
both none

# Rules that no kernel carries yet are left out; tripwires.syn has nothing else.
cp -r /test/rules/. /run/rules
rm /run/rules/tripwires.syn
# Debian's compiler has programs of its own there.
sed -i '/^    exec /s|/usr/bin/\*\*|/usr/bin/** + /usr/lib/gcc/**|' /run/rules/build-jobs.syn
sed -i '/^forks:/,/because/d; /^    syscall /d; /^test/,$d' /run/rules/build-jobs.syn
write_config 'interfaces: [lo]'
start_agent >/dev/null
load
both enforce
echo "# $(rows) rows in the audit log"
sed -i "s/^policy .*/& mode audit/" /run/rules/*.syn
load
both audit
echo "# $(rows) rows in the audit log"
synpol stop >/dev/null 2>&1
[ "$failures" -eq 0 ] || exit 1
