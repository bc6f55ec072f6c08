// SPDX-License-Identifier: GPL-2.0-only
/*
 * promcheck - whether the standard input is Prometheus' text format, version 0.0.4, as a strict
 * reader wants it: every family has one HELP and one TYPE, in front of its samples, which stand
 * together; names and labels are well-formed, values are numbers, no series comes twice; counters
 * end in _total; a histogram's buckets rise in bound and count, end with +Inf, which is its count,
 * and it has a sum.  Says what is wrong, and in which line.
 */
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 4096

static unsigned int line_nr, nr_series, nr_families;
static char *series[MAX_LINES], *families[MAX_LINES];
static char family[128], type[16];
static bool has_help, has_samples;

/* The histogram that is being read. */
static struct {
	double bound, count;
	bool has_inf, has_sum, has_count;
} h;

static void wrong(const char *what)
{
	printf("line %u: %s\n", line_nr, what);
	exit(1);
}

static void remember(char **list, unsigned int *n, const char *text, const char *what)
{
	unsigned int i;

	for (i = 0; i < *n; i++)
		if (!strcmp(list[i], text))
			wrong(what);
	if (*n == MAX_LINES)
		wrong("too much");
	list[(*n)++] = strdup(text);
}

static bool is_name(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isalpha((unsigned char)s[i]) && s[i] != '_' &&
		    (i == 0 || !isdigit((unsigned char)s[i])))
			return false;
	return len;
}

static void family_end(void)
{
	if (family[0] && (!has_help || !type[0]))
		wrong("the family before lacks HELP or TYPE");
	if (!strcmp(type, "histogram") && (!h.has_inf || !h.has_sum || !h.has_count))
		wrong("the histogram before lacks +Inf, sum or count");
}

static void family_begin(const char *name)
{
	family_end();
	if (!is_name(name, strlen(name)))
		wrong("no name of a family");
	remember(families, &nr_families, name, "a family comes twice");
	(void)snprintf(family, sizeof(family), "%s", name);
	type[0] = '\0';
	has_help = has_samples = false;
	memset(&h, 0, sizeof(h));
	h.bound = -INFINITY;
}

static void comment(char *line)
{
	char *kind = strtok(line + 2, " "), *name = strtok(NULL, " "), *rest = strtok(NULL, "");
	bool is_help = kind && !strcmp(kind, "HELP");

	if (!name || !rest || (!is_help && strcmp(kind, "TYPE")))
		wrong("neither HELP nor TYPE");
	if (strcmp(name, family))
		family_begin(name);
	if (has_samples || (is_help ? has_help : type[0]))
		wrong("HELP or TYPE twice, or behind samples");
	if (is_help) {
		has_help = true;
		return;
	}
	if (strcmp(rest, "counter") && strcmp(rest, "gauge") && strcmp(rest, "histogram"))
		wrong("unknown type");
	if (!strcmp(rest, "counter") !=
	    (strlen(name) > 6 && !strcmp(name + strlen(name) - 6, "_total")))
		wrong("counters, and only they, end in _total");
	(void)snprintf(type, sizeof(type), "%s", rest);
}

/* NAME="VALUE" */
static void label(const char *text, double *le)
{
	const char *eq = strchr(text, '='), *end;
	char *rest;

	if (!eq || !is_name(text, (size_t)(eq - text)) || eq[1] != '"')
		wrong("no label");
	end = strchr(eq + 2, '"');
	if (!end || end[1] || strchr(text, '\\'))
		wrong("no value of a label");
	if (strncmp(text, "le=", 3))
		return;
	*le = strtod(eq + 2, &rest);
	if (rest != end)
		wrong("le is no number");
}

static void histogram_sample(const char *suffix, double value, double le)
{
	if (!strcmp(suffix, "_bucket")) {
		if (isnan(le) || le <= h.bound || value < h.count || h.has_inf)
			wrong("buckets do not rise");
		h.bound = le;
		h.count = value;
		h.has_inf = isinf(le);
	} else if (!strcmp(suffix, "_sum") && !h.has_sum) {
		h.has_sum = true;
	} else if (!strcmp(suffix, "_count") && !h.has_count) {
		h.has_count = true;
		if (!h.has_inf || value != h.count)
			wrong("count is not that of +Inf");
	} else {
		wrong("no sample of a histogram");
	}
}

static void sample(char *line)
{
	char *space = strrchr(line, ' '), *labels, *end;
	size_t len = strlen(family);
	double value, le = NAN;

	if (!space || space == line)
		wrong("no value");
	*space = '\0';
	value = strtod(space + 1, &end);
	if (end == space + 1 || *end || value < 0)
		wrong("the value is no number, or below zero");
	remember(series, &nr_series, line, "a series comes twice");
	labels = strchr(line, '{');
	if (labels) {
		*labels++ = '\0';
		end = labels + strlen(labels) - 1;
		if (end < labels || *end != '}')
			wrong("labels do not end");
		*end = '\0';
		label(labels, &le); /* all of ours have one */
	}
	if (!type[0] || !has_help || strncmp(line, family, len))
		wrong("a sample of no family, or of another");
	has_samples = true;
	if (!strcmp(type, "histogram"))
		histogram_sample(line + len, value, le);
	else if (line[len])
		wrong("a sample of another family");
}

int main(void)
{
	char line[1024];
	size_t len;

	while (fgets(line, sizeof(line), stdin)) {
		line_nr++;
		len = strlen(line);
		if (line[len - 1] != '\n')
			wrong("it does not end");
		line[len - 1] = '\0';
		if (!strncmp(line, "# ", 2))
			comment(line);
		else
			sample(line);
	}
	family_end();
	if (!nr_series)
		wrong("nothing");
	return 0;
}
