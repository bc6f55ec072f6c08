// SPDX-License-Identifier: GPL-2.0-only
/* See log_world.h. */
#include "log_world.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

char top[] = "/tmp/chaos-logs.XXXXXX";
struct logdir *dir;
struct log_subject subject;
uint64_t now;
unsigned int nr_told;
char told[400];
uint64_t room;

ssize_t pwrite(int fd, const void *buf, size_t len, off_t at)
{
	size_t n = len < room ? len : (size_t)room;

	if (!n && len) {
		errno = ENOSPC;
		return -1;
	}
	room -= n;
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

static void tell(const char *text)
{
	nr_told++;
	(void)snprintf(told, sizeof(told), "%s", text);
}

struct logfile *open_log(const char *name, uint8_t uuid, uint64_t serial)
{
	(void)snprintf(subject.name, sizeof(subject.name), "%s", name);
	subject.uuid[0] = uuid;
	subject.serial = serial;
	return logfile_open(dir, &subject, now, now);
}

size_t say(struct logfile *f, const char *text)
{
	return logfile_append(f, text, strlen(text), now, now);
}

char *content(const char *name)
{
	FILE *f = fopen(name, "r");
	char *text;
	size_t n;

	if (!f)
		return NULL;
	text = calloc(1, 4U << 20);
	n = fread(text, 1, (4U << 20) - 1, f);
	assert_true(n < (4U << 20) - 1);
	(void)fclose(f);
	return text;
}

char *said(const char *guest)
{
	char *text = calloc(1, 4U << 20), *part, *line, *end, name[NAME_MAX + 1];
	unsigned int i = CHAOS_LOG_MAX_PARTS;
	struct chaos_log_header header;

	while (i--) {
		assert_true(chaos_log_name(guest, i, name));
		part = content(name);
		if (!part)
			continue;
		assert_true(chaos_log_header_parse(part, strlen(part), &header));
		for (line = part + CHAOS_LOG_HEADER_LEN; *line; line = end) {
			assert_true(chaos_log_stamp_check(line, strlen(line)));
			assert_int_equal(line[CHAOS_LOG_STAMP_LEN], ' ');
			line += CHAOS_LOG_STAMP_LEN + 1;
			end = strchr(line, '\n');
			end = end ? end + 1 : line + strlen(line);
			assert_true(end - line <= (long)CHAOS_LOG_LINE_MAX + 1);
			strncat(text, line, (size_t)(end - line));
		}
		free(part);
	}
	return text;
}

void assert_said(const char *guest, const char *what)
{
	char *text = said(guest);

	assert_string_equal(text, what);
	free(text);
}

bool exists(const char *name)
{
	struct stat st;

	return !lstat(name, &st);
}

uint64_t bytes_there(void)
{
	DIR *d = opendir(".");
	struct dirent *e;
	uint64_t bytes = 0;
	struct stat st;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (!lstat(e->d_name, &st) && S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size;
	closedir(d);
	return bytes;
}

void put(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

void dir_new(uint64_t part_bytes, unsigned int nr_kept, uint64_t total)
{
	dir->path = top;
	dir->part_bytes = part_bytes;
	dir->nr_kept = nr_kept;
	dir->total_bytes = total;
	dir->tell = tell;
	logdir_init(dir);
}

int log_setup(void **state)
{
	(void)state;
	memset(&subject, 0, sizeof(subject));
	memcpy(top, "/tmp/chaos-logs.XXXXXX", sizeof(top));
	dir = calloc(1, sizeof(*dir));
	now = 1795798800 * S;
	nr_told = 0;
	room = UINT64_MAX;
	if (!mkdtemp(top) || chdir(top))
		return -1;
	dir_new(4096, 3, 1U << 20);
	return 0;
}

int log_teardown(void **state)
{
	char command[64];

	(void)state;
	logdir_fini(dir);
	free(dir);
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return chdir("/") || system(command);
}
