// SPDX-License-Identifier: GPL-2.0
/*
 * tbcount - a QEMU plugin that counts the instructions executed at every address between two marks
 * in the program under test, for scripts/profile.  A mark is a long no-op with a number in it
 * (mark.h), so it costs nothing where no plugin looks.  At the end it writes lines
 * "ADDRESS INSTRUCTIONS", one per translation block that ran, and one "windows N".
 *
 * -plugin tbcount.so,out=FILE[,skip=WINDOWS]; one vCPU only.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

/*
 * What is used of QEMU's plugin interface, version 1 (docs/devel/tcg-plugins.rst); Debian ships no
 * header of it.
 */
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info_t qemu_info_t;
enum qemu_plugin_cb_flags {
	QEMU_PLUGIN_CB_NO_REGS
};
typedef void (*vcpu_cb)(unsigned int vcpu, void *opaque);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, vcpu_cb cb,
					  enum qemu_plugin_cb_flags flags, void *opaque);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, vcpu_cb cb,
					    enum qemu_plugin_cb_flags flags, void *opaque);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*cb)(uint64_t id, void *opaque),
				    void *opaque);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
int qemu_plugin_install(uint64_t id, const qemu_info_t *info, int argc, char **argv);

int qemu_plugin_version = 1;

#define BUCKETS (1U << 16)

struct block {
	struct block *next;
	uint64_t vaddr;
	uint32_t nr_insns;
	uint64_t executed; /* instructions */
};

static struct block *buckets[BUCKETS];
static bool is_counting;
static uint64_t nr_windows, to_skip;
static FILE *out;

/* A block is found again by address and length, since QEMU translates anew whenever it likes. */
static struct block *block_get(uint64_t vaddr, uint32_t nr_insns)
{
	struct block **head = &buckets[(vaddr ^ vaddr >> 16) % BUCKETS], *b;

	for (b = *head; b; b = b->next)
		if (b->vaddr == vaddr && b->nr_insns == nr_insns)
			return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->vaddr = vaddr;
	b->nr_insns = nr_insns;
	b->next = *head;
	*head = b;
	return b;
}

static void block_executed(unsigned int vcpu, void *opaque)
{
	struct block *b = opaque;

	(void)vcpu;
	if (is_counting)
		b->executed += b->nr_insns;
}

static void mark_begin(unsigned int vcpu, void *opaque)
{
	(void)vcpu;
	(void)opaque;
	if (to_skip) {
		to_skip--;
		return;
	}
	is_counting = true;
	nr_windows++;
}

static void mark_end(unsigned int vcpu, void *opaque)
{
	(void)vcpu;
	(void)opaque;
	is_counting = false;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	static const uint8_t begin[] = { MARK_BYTES(MARK_BEGIN) }, end[] = { MARK_BYTES(MARK_END) };
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, block_executed, QEMU_PLUGIN_CB_NO_REGS,
					     block_get(qemu_plugin_tb_vaddr(tb), (uint32_t)n));
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const void *bytes = qemu_plugin_insn_data(insn);

		if (qemu_plugin_insn_size(insn) != sizeof(begin))
			continue;
		if (!memcmp(bytes, begin, sizeof(begin)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_begin,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
		else if (!memcmp(bytes, end, sizeof(end)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark_end,
							       QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

static void finish(uint64_t id, void *opaque)
{
	const struct block *b;
	unsigned int i;

	(void)id;
	(void)opaque;
	fprintf(out, "windows %" PRIu64 "\n", nr_windows);
	for (i = 0; i < BUCKETS; i++)
		for (b = buckets[i]; b; b = b->next)
			if (b->executed)
				fprintf(out, "%016" PRIx64 " %" PRIu64 "\n", b->vaddr, b->executed);
	if (fclose(out))
		perror("tbcount");
}

int qemu_plugin_install(uint64_t id, const qemu_info_t *info, int argc, char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4) && !out)
			out = fopen(argv[i] + 4, "we");
		else if (!strncmp(argv[i], "skip=", 5))
			to_skip = strtoull(argv[i] + 5, NULL, 10);
		else
			return -1;
	}
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
