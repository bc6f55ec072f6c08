// SPDX-License-Identifier: GPL-2.0-only
/* chaos dmesg */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaos_cmd.h"
#include "json_out.h"

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "clear", no_argument, NULL, 'c' },
	{ 0 },
};

/* Guests can have Xen write lines of theirs: no terminal shall obey them. */
static void print_lines(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		line[strcspn(line, "\r")] = '\0';
		chaos_text_clean(line);
		if (text || *line)
			puts(line);
	}
}

int cmd_dmesg(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	bool clears = false;
	int rc, status = -1;
	char *text = NULL;

	while (call_option(&call, argc, argv, "c", options, &status) != -1)
		clears = true; /* the only one there is */
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 0, 0);
	if (!rc)
		rc = call_open(&call);
	if (!rc)
		rc = chaos_xen_log(call.ctx, clears, &text, &call.err);
	if (!rc && call.json)
		json_lines(text);
	else if (!rc)
		print_lines(text);
	free(text);
	return call_end(&call, rc);
}
