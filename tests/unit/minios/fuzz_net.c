// SPDX-License-Identifier: GPL-2.0-only
/*
 * lwIP with our options and our glue, and applications, against a peer that sends whatever it likes,
 * while memory and room to send run out: nothing may fail an assertion of lwIP's, nor do what the
 * sanitizers see, nor be kept when all is over.
 *
 *	fuzz_net [SECONDS [SEED [EPISODES]]]
 *
 * An episode is a guest of its own, from its start, in a process of its own.  Its seed is printed when
 * it fails: "fuzz_net 0 SEED 1" does the same again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "fuzz_net.h"

#define ROUNDS	     10000U
#define SECONDS	     3
/* Longer than anything in lwIP lasts: TIME-WAIT, reassembly, ARP, the applications' patience. */
#define REST_MS	     (30 * 60 * 1000UL)
/* What is not there at the start: daytime's listeners, if it waits for an address, and DHCP's. */
#define BLOCKS_LATER 6U

static int episode(uint64_t seed)
{
	static const unsigned int failures[] = { 0, 0, 0, 200, 20, 4 };
	unsigned long blocks;
	unsigned int round;
	bool has_address;

	world_seed(seed);
	has_address = !one_in(8);
	world_start(has_address);
	blocks = world_blocks;
	packet_arp(true);
	for (round = 0; round < ROUNDS; round++) {
		if (round % 1000 == 0) {
			world_no_memory = failures[below(sizeof(failures) / sizeof(*failures))];
			world_no_room = failures[below(sizeof(failures) / sizeof(*failures))];
		}
		if (!has_address && round < 100)
			dhcp_answer();
		peer_act();
	}
	world_no_memory = world_no_room = 0;
	for (round = 0; round < REST_MS / 100; round++)
		world_sleep(100);
	if (world_blocks <= blocks + (has_address ? 0 : BLOCKS_LATER))
		return 0;
	fprintf(stderr, "fuzz_net: %lu blocks at the start, %lu at the end\n", blocks,
		world_blocks);
	return 1;
}

int main(int argc, char **argv)
{
	time_t limit = argc > 1 ? atol(argv[1]) : SECONDS, start = time(NULL);
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)start * 1000003;
	unsigned long most = argc > 3 ? strtoul(argv[3], NULL, 0) : 0, done = 0;

	printf("fuzz_net: first seed %llu\n", (unsigned long long)seed);
	while (most ? done < most : time(NULL) - start < limit) {
		pid_t pid;
		int status;

		fflush(stdout);
		pid = fork();
		if (pid < 0)
			return 1;
		if (!pid)
			_exit(episode(seed + done));
		if (waitpid(pid, &status, 0) != pid || status) {
			printf("fuzz_net: FAIL (status %x), again with: fuzz_net 0 %llu 1\n",
			       (unsigned int)status, (unsigned long long)(seed + done));
			return 1;
		}
		done++;
	}
	printf("fuzz_net: PASS, %lu rounds in %lu episodes\n", done * ROUNDS, done);
	return 0;
}
