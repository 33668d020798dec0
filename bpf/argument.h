/* SPDX-License-Identifier: GPL-2.0 */
/*
 * argument.h: scalar arguments of a system call: from the registers to a value, and from the value
 * to its atom by the decision diagrams of an image.
 */
#ifndef SYNPOL_BPF_ARGUMENT_H
#define SYNPOL_BPF_ARGUMENT_H

#include "decide.h"

static __always_inline struct pt_regs *sp_regs(struct task_struct *task)
{
	return (struct pt_regs *)bpf_task_pt_regs(task);
}

/* Registers of the x86-64 and x32 calls. The number has been checked: 0..5. */
static __always_inline __u64 sp_wide_argument(const struct pt_regs *regs, __u32 index)
{
	if (index == 0)
		return regs->di;
	if (index == 1)
		return regs->si;
	if (index == 2)
		return regs->dx;
	if (index == 3)
		return regs->r10;
	return index == 4 ? regs->r8 : regs->r9;
}

/* The kernel takes the lower half: int 0x80 of a 64-bit program may leave anything above. */
static __always_inline __u64 sp_i386_argument(const struct pt_regs *regs, __u32 index)
{
	__u64 whole;

	if (index == 0)
		whole = regs->bx;
	else if (index == 1)
		whole = regs->cx;
	else if (index == 2)
		whole = regs->dx;
	else if (index == 3)
		whole = regs->si;
	else
		whole = index == 4 ? regs->di : regs->bp;
	return (__u32)whole;
}

/* Argument `index` of the call that the current task is in. A global function: see pages.h. */
__noinline __u64 sp_argument_value(__u32 index)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->thread_info.status & SP_TS_COMPAT ? sp_i386_argument(sp_regs(task), index)
						       : sp_wide_argument(sp_regs(task), index);
}

/* ---- from a value to its atom ---- */

/* As a type that global functions can take. */
struct sp_node_page {
	struct sp_diagram_node node[SP_NODES_PER_PAGE];
};

/* In one call: the verifier walks each of them, and who calls goes on. */
#define SP_DIAGRAM_STEPS_AT_ONCE 8

/*
 * Follows the edges from node `edge` for as long as they stay in its page, which nearly always
 * holds the whole diagram. A missing page ends in no atom.
 */
__noinline __u32 sp_diagram_walk(const struct sp_node_page *page, __u64 value, __u32 edge)
{
	__u32 place = edge / SP_NODES_PER_PAGE, step;
	const struct sp_diagram_node *node;

	if (!page)
		return SP_DIAGRAM_ATOM | SP_ATOM_NONE;
	for (step = 0; step < SP_DIAGRAM_STEPS_AT_ONCE; step++) {
		node = &page->node[edge % SP_NODES_PER_PAGE];
		edge = value >> (node->bit & 63) & 1 ? node->one : node->zero;
		if (edge / SP_NODES_PER_PAGE != place) /* an atom is no node of any page */
			break;
	}
	return edge;
}

struct sp_diagram_run {
	void *image;
	__u64 value;
	__u32 nodes;
	__u32 edge;
};

static long sp_diagram_step(__u32 index, struct sp_diagram_run *run)
{
	__u32 edge = run->edge;

	if (edge & SP_DIAGRAM_ATOM)
		return 1;
	run->edge = sp_diagram_walk(sp_page(run->image, run->nodes + edge / SP_NODES_PER_PAGE),
				    run->value, edge);
	return 0;
}

/* A diagram that does not end after all bits is corrupt: no atom. */
static __always_inline __u32 sp_argument_atom(void *image, const struct sp_argument *argument,
					      __u64 value)
{
	struct sp_diagram_run run = {.image = image, .value = value};

	run.nodes = argument->nodes;
	run.edge = argument->root;
	bpf_loop(SP_DIAGRAM_STEPS, sp_diagram_step, &run, 0);
	return run.edge & SP_DIAGRAM_ATOM ? run.edge & ~SP_DIAGRAM_ATOM : SP_ATOM_NONE;
}

/* ---- of a call ---- */

struct sp_argument_run {
	void *image;
	struct sp_decision *decision;
};

static long sp_argument_step(__u32 slot, struct sp_argument_run *run)
{
	struct sp_header *header = sp_header_of(run->image);
	struct sp_argument *argument;

	sp_opaque(slot);
	if (!header || slot >= SP_ARGUMENTS_MAX || slot >= header->argument_count)
		return 1;
	argument = &header->arguments[slot];
	run->decision->atoms[SP_PLACE_ARGUMENT + slot] =
	    sp_argument_atom(run->image, argument, sp_argument_value(argument->index));
	return 0;
}

/* Fills in the places of the arguments that the image asks about. */
__noinline int sp_argument_atoms(struct sp_decision *decision, __u64 tag)
{
	struct sp_argument_run run = {sp_image_of(tag), decision};

	if (decision && run.image) /* else see sp_image_to_decide */
		bpf_loop(SP_ARGUMENTS_MAX, sp_argument_step, &run, 0);
	return 0;
}

#endif
