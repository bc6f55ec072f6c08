/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel as minios builds it, for the tests of the fast builder's parser, which spoil it. */
#ifndef PV_FILE_H
#define PV_FILE_H

#include "unit.h"

#include <elf.h>

#include "build/pv/pv_image.h"

#define BASE	    0x40000000UL
#define FILE_SIZE   0x8000U
#define NOTE_OFFSET 0x3000U

struct file {
	unsigned char data[FILE_SIZE];
	size_t note_size;
};

/* As minios lays itself out: text and hypercall page, constants, stack, data.  To be freed. */
struct file *minios(void);

Elf64_Ehdr *header(struct file *f);
/* The notes' is the one with number 4. */
Elf64_Phdr *segment(struct file *f, unsigned int i);
void set_load(struct file *f, unsigned int i, uint64_t offset, uint64_t paddr, uint64_t filesz,
	      uint64_t memsz);
/* Xen's notes; and ours, of another owner than all others. */
void add_note(struct file *f, uint32_t type, const void *desc, uint32_t size);
void add_number(struct file *f, uint32_t type, uint64_t n);
void add_own_note(struct file *f, uint32_t type, const void *desc, uint32_t size);

/* Both steps on copies of exactly the size promised, so that ASan sees any byte too far. */
const char *parse(struct pv_image *img, const void *file, size_t size);
/* What the builder relies on, whatever the file was. */
void check_sane(const struct pv_image *img, size_t size);

#endif /* PV_FILE_H */
