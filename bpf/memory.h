/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memory.h: `wx-memory`: memory that can be written and run, at once or one after the other, as
 * LSM hooks see it being asked for.
 *
 * A file that programs are mapped from passes: it has a name, nobody has it open for writing, and
 * the mapping is not written to. Everything else that is to be run counts: anonymous memory
 * (userfaultfd fills it without ever writing to it), memfd, shared memory and other files that no
 * name leads to, devices, rings. Flags are those that the kernel will use, so that
 * READ_IMPLIES_EXEC hides nothing.
 *
 * Not seen: brk() under READ_IMPLIES_EXEC passes no hook; writing to a file, closing it and mapping
 * it afterwards is what a linker does; /proc/self/mem is an open file.
 */
#ifndef SYNPOL_BPF_MEMORY_H
#define SYNPOL_BPF_MEMORY_H

#include "action.h"

#define SP_PROT_WRITE 2 /* VM_WRITE and VM_EXEC are the same bits */
#define SP_PROT_EXEC 4
#define SP_S_IFMT 0170000
#define SP_S_IFREG 0100000

/* `file`: NULL for anonymous memory. */
static __always_inline bool sp_is_program_file(struct file___mapped *file)
{
	struct inode___mapped *inode = BPF_CORE_READ(file, f_inode);

	return inode && (BPF_CORE_READ(inode, i_mode) & SP_S_IFMT) == SP_S_IFREG &&
	       BPF_CORE_READ(inode, i_nlink) && BPF_CORE_READ(inode, i_writecount.counter) <= 0;
}

/*
 * `ctx`: struct file *, unsigned long reqprot, unsigned long prot, unsigned long flags. The file is
 * read as a number: the verifier takes the argument for an address that is never 0.
 */
static __noinline bool sp_maps_wx(unsigned long long *ctx)
{
	struct file___mapped *file = NULL;
	__u64 prot = ctx[2];

	if (!(prot & SP_PROT_EXEC))
		return false;
	if (prot & SP_PROT_WRITE)
		return true;
	bpf_probe_read_kernel(&file, sizeof(file), ctx);
	return !sp_is_program_file(file);
}

/* `ctx`: struct vm_area_struct *, unsigned long reqprot, unsigned long prot. */
static __noinline bool sp_makes_wx(unsigned long long *ctx)
{
	struct vm_area_struct *area = (void *)ctx[0];
	__u64 prot = ctx[2], now = BPF_CORE_READ(area, vm_flags);

	if (!(prot & SP_PROT_EXEC))
		return false;
	if (prot & SP_PROT_WRITE)
		return true;
	if (now &
	    SP_PROT_EXEC) /* nothing is made executable, unless it could be written until now */
		return now & SP_PROT_WRITE;
	/* anon_vma: pages were written to and are the process's own now. */
	return now & SP_PROT_WRITE || BPF_CORE_READ(area, anon_vma) ||
	       !sp_is_program_file(BPF_CORE_READ(area, vm_file));
}

#endif
