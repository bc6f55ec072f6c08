// SPDX-License-Identifier: MIT
/* usage: diskfile PATH SECTORS - a file in which every sector of 512 bytes begins with its number */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	uint64_t sector[64] = { 0 }, count;
	FILE *f;

	if (argc != 3) {
		fprintf(stderr, "usage: diskfile PATH SECTORS\n");
		return 2;
	}
	count = strtoull(argv[2], NULL, 10);
	f = fopen(argv[1], "w");
	for (; f && sector[0] < count; sector[0]++)
		if (fwrite(sector, sizeof(sector), 1, f) != 1)
			break;
	if (!f || sector[0] < count || fclose(f)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
