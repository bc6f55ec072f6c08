// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that talks on its console, as its command line says:
 *
 *   flood       without end, and without waiting for anybody
 *   storm       events without a byte, without end
 *   lines=N     N lines with numbers, each when there is room for it, as Linux would; then it ends
 *   waits=N     the same before it says that it is ready, and stays
 *   slow=N      N lines, 20 in a second; then it ends
 *   terminal    what a terminal would obey, bytes that are no text, a line without an end; then it ends
 *   crash       a few words, and a crash
 *   silent      nothing, and stays
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <minios/app.h>
#include <minios/console.h>
#include <minios/evtchn.h>
#include <minios/panic.h>
#include <minios/time.h>
#include <xen/sched.h>

#define MS 1000000ULL

/* What comes meanwhile is dealt with, or there would be no sleep any more. */
static void sleep_ms(unsigned int ms)
{
	uint64_t until = time_ns() + ms * MS;

	while (time_ns() < until) {
		(void)evtchn_dispatch();
		evtchn_sleep(until);
	}
}

/* The number behind the word, if that is the command. */
static bool command(const char *cmdline, const char *word, unsigned int *n)
{
	size_t len = strlen(word);

	if (strlen(cmdline) < len || memcmp(cmdline, word, len))
		return false;
	for (*n = 0, cmdline += len; *cmdline >= '0' && *cmdline <= '9'; cmdline++)
		*n = *n * 10 + (unsigned int)(*cmdline - '0');
	return true;
}

static void lines(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		while (console_room() < 64)
			sleep_ms(1);
		printf("line %u of %u\n", i, n);
	}
}

static void flood(void)
{
	unsigned int i;

	for (i = 0;; i++)
		printf("flood %u 0123456789 0123456789 0123456789 0123456789\n", i);
}

static void storm(void)
{
	for (;;)
		console_write("", 0);
}

int app_main(const char *cmdline)
{
	static const char odd[] = "\033[2Jcleared\a\0 \377\376 gr\303\274n\n";
	unsigned int n, i;

	if (command(cmdline, "waits=", &n))
		lines(n);
	minios_ready();
	if (command(cmdline, "lines=", &n)) {
		lines(n);
	} else if (command(cmdline, "slow=", &n)) {
		for (i = 0; i < n; i++) {
			printf("line %u of %u\n", i, n);
			sleep_ms(50);
		}
	} else if (command(cmdline, "terminal", &n)) {
		console_write(odd, sizeof(odd) - 1);
		printf("no end");
	} else if (command(cmdline, "crash", &n)) {
		printf("about to crash\n");
		panic("as asked");
	} else if (command(cmdline, "flood", &n)) {
		flood();
	} else if (command(cmdline, "storm", &n)) {
		storm();
	} else {
		return 0;
	}
	/* Its end must not overtake its being ready. */
	sleep_ms(300);
	domain_shutdown(SHUTDOWN_poweroff);
}
