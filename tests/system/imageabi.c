/* SPDX-License-Identifier: GPL-2.0 */
/*
 * imageabi FROM TO VERSION - copy an image of minios and have it say that it was built for another
 * version of the ABI; 0: for none, as those before ABI 2.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIZE (4U << 20)

struct note {
	uint32_t name_size, desc_size, type;
	char name[8];
	uint64_t desc;
} __attribute__((packed));

int main(int argc, char **argv)
{
	static char data[MAX_SIZE];
	const struct note want = { 8, 8, 7, "LightVM", 0 };
	struct note note;
	size_t size, i;
	FILE *f;

	f = argc == 4 ? fopen(argv[1], "r") : NULL;
	size = f ? fread(data, 1, sizeof(data), f) : 0;
	for (i = 0; i + sizeof(note) <= size; i += 4)
		if (!memcmp(data + i, &want, sizeof(want) - sizeof(want.desc)))
			break;
	if (i + sizeof(note) > size) {
		fprintf(stderr, "imageabi: no such note\n");
		return 1;
	}
	memcpy(&note, data + i, sizeof(note));
	note.desc = strtoul(argv[3], NULL, 0);
	if (!note.desc)
		note.type = 99;
	memcpy(data + i, &note, sizeof(note));
	f = fopen(argv[2], "w");
	return !f || fwrite(data, 1, size, f) != size || fclose(f);
}
