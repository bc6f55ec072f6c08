/* SPDX-License-Identifier: MIT */
/*
 * Notes of ours in the image, beside Xen's: what the kernel would like its domain builder to do
 * before it starts.  A builder that does not know them does not do it, and then the kernel does it
 * itself.  docs/architecture.md lists them; the toolstack's side is lib/build/pv/pv_image.h.
 */
#ifndef MINIOS_LIGHTVM_NOTE_H
#define MINIOS_LIGHTVM_NOTE_H

#define LIGHTVM_NOTE_MAPPED_KIB	  1 /* free memory wanted in the first page tables */
#define LIGHTVM_NOTE_VIF_FEATURES 2 /* NOXS_VIF_F_* of vifs that may start connected */
#define LIGHTVM_NOTE_DEVICE_PAGE  3 /* windows: pages of the image to map these frames at */
#define LIGHTVM_NOTE_SHARED_INFO  4
#define LIGHTVM_NOTE_GRANT_TABLE  5 /* its first frame */
#define LIGHTVM_NOTE_PROTECTED	  6 /* 1: memory mapped as the program headers say */
#define LIGHTVM_NOTE_ABI	  7 /* NOXS_ABI_VERSION it was built for; without it: 1.x */

#ifndef __ASSEMBLY__
#include <stdint.h>

struct lightvm_note {
	uint32_t name_size, desc_size, type;
	char name[8];
	uint64_t desc;
} __attribute__((packed));

/*
 * In the file that owns what the note is about, so that only images that have it say so.  Aligned
 * by hand: what the compiler adds by itself would lie between two notes.
 */
/* clang-format off */
#define LIGHTVM_NOTE(var, type_, desc_)						\
	static const struct lightvm_note var					\
		__attribute__((used, section(".note.Xen"), aligned(4))) = {	\
		.name_size = sizeof(var.name), .desc_size = sizeof(var.desc),	\
		.type = type_, .name = "LightVM", .desc = (uint64_t)(desc_),	\
	}
/* clang-format on */
#endif

#endif /* MINIOS_LIGHTVM_NOTE_H */
