// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Lists of physical CPUs as xl.cfg(5) has them in `cpus`: "0-3,6,^1", "all,^0", "nodes:0,^nodes:1".
 * What comes later goes before; a list that begins by taking one out takes it out of all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"

struct cpus {
	uint8_t *map;
	const uint32_t *node_of; /* of each CPU, NULL if nobody has asked */
	unsigned int nr_cpus;
	bool excludes;
};

static bool skip_word(const char **text, const char *word)
{
	if (strncmp(*text, word, strlen(word)) != 0)
		return false;
	*text += strlen(word);
	return true;
}

/* "N" or "N-M" */
static int parse_range(const char **text, unsigned long *first, unsigned long *last)
{
	char *end;

	if (**text < '0' || **text > '9')
		return -1;
	*first = *last = strtoul(*text, &end, 10);
	if (*end == '-') {
		if (end[1] < '0' || end[1] > '9')
			return -1;
		*last = strtoul(end + 1, &end, 10);
	}
	*text = end;
	return *first <= *last && *last < CHAOS_MAX_CPUS ? 0 : -1;
}

static void set_cpu(const struct cpus *c, unsigned long cpu)
{
	uint8_t bit = (uint8_t)(1U << cpu % 8);

	if (c->excludes)
		c->map[cpu / 8] &= (uint8_t)~bit;
	else
		c->map[cpu / 8] |= bit;
}

static void set_nodes(const struct cpus *c, unsigned long first, unsigned long last)
{
	unsigned int cpu;

	for (cpu = 0; cpu < c->nr_cpus; cpu++)
		if (c->node_of[cpu] >= first && c->node_of[cpu] <= last)
			set_cpu(c, cpu);
}

static int parse_item(const struct cpus *c, const char **text)
{
	bool is_node = skip_word(text, "nodes:") || skip_word(text, "node:");
	unsigned long first = 0, last = CHAOS_MAX_CPUS - 1;

	if (!skip_word(text, "all") && parse_range(text, &first, &last))
		return -1;
	if (is_node) {
		set_nodes(c, first, last);
		return 0;
	}
	for (; first <= last; first++)
		set_cpu(c, first);
	return 0;
}

int chaos_cpus_parse(const char *text, const uint32_t *node_of, unsigned int nr_cpus,
		     uint8_t map[CHAOS_MAX_CPUS / 8])
{
	struct cpus c = { .map = map, .node_of = node_of, .nr_cpus = nr_cpus };
	bool has_nodes = strstr(text, "node") != NULL;
	unsigned int i, any = 0;

	memset(map, *text == '^' ? 0xff : 0, CHAOS_MAX_CPUS / 8);
	for (;;) {
		text += strspn(text, " \t");
		c.excludes = skip_word(&text, "^");
		if (parse_item(&c, &text))
			return -1;
		text += strspn(text, " \t");
		if (!*text)
			break;
		if (*text++ != ',')
			return -1;
	}
	if (!node_of && has_nodes)
		return 0; /* as far as can be known */
	for (i = 0; i < CHAOS_MAX_CPUS / 8; i++)
		any |= map[i];
	return any ? 0 : -1;
}

/* ---- the other way round ---- */

static bool has_cpu(const uint8_t *map, unsigned int cpu)
{
	return map[cpu / 8] & 1U << cpu % 8;
}

bool chaos_cpus_are_all(const uint8_t map[CHAOS_MAX_CPUS / 8], unsigned int nr_cpus)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		if (!has_cpu(map, cpu))
			return false;
	return true;
}

void chaos_cpus_format(const uint8_t map[CHAOS_MAX_CPUS / 8], unsigned int nr_cpus,
		       char text[CHAOS_CPUS_TEXT])
{
	unsigned int cpu, end;
	const char *comma = "";

	*text = '\0';
	for (cpu = 0; cpu < nr_cpus; cpu = end + 1) {
		end = cpu;
		if (!has_cpu(map, cpu))
			continue;
		while (end + 1 < nr_cpus && has_cpu(map, end + 1))
			end++;
		text += sprintf(text, end > cpu ? "%s%u-%u" : "%s%u", comma, cpu, end);
		comma = ",";
	}
}

/* ---- for each vCPU: lists with a ';' behind each ---- */

bool chaos_cpus_of_vcpu(const char *cpus, unsigned int vcpu, char *list, size_t len)
{
	size_t n = strcspn(cpus, ";");

	/* One for all. */
	if (!cpus[n])
		vcpu = 0;
	for (; vcpu && *cpus; vcpu--) {
		cpus += n + (cpus[n] == ';');
		n = strcspn(cpus, ";");
	}
	if (!*cpus || n >= len)
		return false;
	memcpy(list, cpus, n);
	list[n] = '\0';
	return true;
}
