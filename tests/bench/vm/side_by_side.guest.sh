#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In the guest, one processor, -icount: instructions per system call of a process that something confines, as TSV
# on standard output: how, call, instructions. All the calls pass. Lines that start with # are remarks.
. /test/guest_lib.sh
trap 'sed "s/^/# /" /run/said' EXIT

by() { # HOW: /test/cost confined by it
	confined "$1" /test/cost "$1" 2>/run/confined.log || { sed 's/^/# /' /run/confined.log; fail "$1"; }
	grep '^#' /run/confined.log
}
ours() { # LABEL, the policy on standard input; the process is named by it
	apply bench >>/run/said
	/test/governed "$1"
}

mkdir /bench
: >/run/said
ln /test/cost /test/governed
printf 'how\tcall\tinstructions\n'
/test/cost none
by calls
by arguments
by landlock
if [ -x /test/apparmor_parser ] && [ -d /sys/kernel/security/apparmor ]; then
	cat >/run/profile <<-'END'
		profile confined {
			/** rm,
			/test/cost ix,
			deny /bench/** rw,
			network,
		}
	END
	if /test/apparmor_parser --skip-cache --replace /run/profile 2>>/run/said; then by apparmor; else fail "the profile"; fi
else
	echo '# no AppArmor: the kernel or its parser is missing'
fi

write_config
start_agent >>/run/said
ours 'synpol: deny read below a folder' <<-'END'
	syn 1
	policy bench
	tree: deny read /bench/** for exe /test/governed
END
ours 'synpol: deny syscall, 120 calls by number' <<-'END'
	syn 1
	policy bench
	calls: deny syscall @debug + @module + @mount + @raw-io + @reboot + @swap + { pread64, socketpair, open, creat }
		for exe /test/governed best-effort
END
ours 'synpol: deny syscall by argument' <<-'END'
	syn 1
	policy bench
	packets: deny syscall socket where domain == AF_PACKET for exe /test/governed
	writes: deny syscall openat where flags has O_TRUNC for exe /test/governed
	big: deny syscall read where arg2 > 1048576 for exe /test/governed
END
synpol stop >/dev/null 2>&1
[ "$failures" -eq 0 ] || { tail -n 20 /run/agent.log >>/run/said; exit 1; }
