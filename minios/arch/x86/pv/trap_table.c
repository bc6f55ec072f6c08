/* SPDX-License-Identifier: MIT */
/* A PV guest's exceptions: Xen calls the stubs in head.S, which go on to arch/x86/trap.c. */
#include <minios/hypercall.h>
#include <minios/panic.h>
#include <minios/trap.h>

#define NR_VECTORS 32

struct trap_stub {
	uint64_t vector, address;
};
extern const struct trap_stub trap_stubs[];

void trap_init(void)
{
	struct trap_info table[NR_VECTORS];
	unsigned int i;
	long err;

	for (i = 0; trap_stubs[i].address; i++) {
		table[i].vector = trap_stubs[i].vector;
		table[i].flags = 0;
		table[i].cs = FLAT_KERNEL_CS;
		table[i].address = trap_stubs[i].address;
	}
	table[i].address = 0; /* end mark */
	err = hypercall_set_trap_table(table);
	if (err)
		panic("no trap table: %ld", err);
}
