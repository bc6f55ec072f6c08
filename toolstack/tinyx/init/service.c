// SPDX-License-Identifier: GPL-2.0-only
/* The one program that the guest is there for. */
#include <asm/fcntl.h>

#include "init.h"
#include "sys.h"
#include "text.h"

#define ENOEXEC 8
#define E2BIG	7

static const char path_env[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static long add(char *list[MAX_ARGS + 1], const char *word)
{
	size_t n = 0;

	while (list[n])
		n++;
	if (n == MAX_ARGS)
		return -E2BIG;
	list[n] = (char *)word;
	return 0;
}

static long take(struct description *d, const char *line)
{
	const char *p;
	long n;

	if ((p = text_after(line, "arg")))
		return add(d->argv, p);
	if ((p = text_after(line, "env")))
		return add(d->envp, p);
	if ((p = text_after(line, "output"))) {
		d->output = text_is(p, "console") ? NULL : p;
	} else if ((p = text_after(line, "root"))) {
		d->root = p;
	} else if ((p = text_after(line, "port"))) {
		n = text_number(&p, 10);
		if (n <= 0 || n > 65535)
			return -ENOEXEC;
		d->port = (unsigned int)n;
	} else if ((p = text_after(line, "user"))) {
		d->uid = text_number(&p, 10);
		p += *p == ' ';
		d->gid = text_number(&p, 10);
		if (d->uid < 0 || d->gid < 0)
			return -ENOEXEC;
	}
	return 0;
}

long service_read(struct description *d)
{
	long rc = file_read(DESCRIPTION, d->text, sizeof(d->text));
	char *p = d->text, *line;

	if (rc < 0)
		return rc;
	if (rc + 1 == sizeof(d->text))
		return -E2BIG;
	rc = add(d->envp, path_env);
	if (!rc)
		rc = add(d->envp, "HOME=/root");
	while (!rc && (line = text_line(&p)))
		rc = take(d, line);
	return rc;
}

/* dir MODE UID GID PATH */
static void make_dir(const char *p)
{
	const char *path;
	long mode, uid, gid, rc;

	mode = text_number(&p, 8);
	p += *p == ' ';
	uid = text_number(&p, 10);
	p += *p == ' ';
	gid = text_number(&p, 10);
	path = p + (*p == ' ');
	if (mode < 0 || uid < 0 || gid < 0) {
		say_error("not MODE UID GID PATH:", path, 0);
		return;
	}
	(void)SYS2(mkdir, path, mode); /* there already, or chown tells */
	rc = SYS3(chown, path, uid, gid);
	if (!rc)
		rc = SYS2(chmod, path, mode);
	if (rc)
		say_error("cannot make", path, rc);
}

static void unblock(void)
{
	uint64_t none = 0;

	(void)SYS4(rt_sigprocmask, 2 /* SIG_SETMASK */, &none, NULL,
		   sizeof(none)); /* cannot fail so */
}

static void __attribute__((noreturn)) leave(int status)
{
	for (;;)
		(void)SYS1(exit_group, status);
}

static void run_before(struct description *d, const char *command)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)command, NULL };
	long pid = SYS0(fork), status;

	if (!pid) {
		unblock();
		leave(-(int)SYS3(execve, argv[0], argv, d->envp));
	}
	status = pid < 0 ? pid : wait_for(pid);
	if (status)
		say_error("failed:", command, -status);
}

/* The line behind `line` of d->text, whose lines have NULs for ends by now; NULL at the end. */
static const char *next_line(const struct description *d, const char *line)
{
	line = line ? line + text_len(line) + 1 : d->text;
	return line < d->text + sizeof(d->text) && *line ? line : NULL;
}

/* DEVICE PATH */
static long mount_disk(const char *p)
{
	char device[64];
	size_t n;
	long rc;

	for (n = 0; p[n] && p[n] != ' ' && n + 1 < sizeof(device); n++)
		device[n] = p[n];
	device[n] = '\0';
	if (p[n] != ' ')
		return -ENOEXEC;
	rc = boot_mount_disk(device, p + n + 1);
	if (rc)
		say_error("cannot mount, as an ext4,", p, rc);
	return rc;
}

static long prepare(struct description *d)
{
	const char *line = NULL, *p;
	long rc = 0;

	while (!rc && (line = next_line(d, line)))
		if ((p = text_after(line, "mount")))
			rc = mount_disk(p);
	line = NULL;
	while (!rc && (line = next_line(d, line))) {
		if ((p = text_after(line, "dir")))
			make_dir(p);
		else if ((p = text_after(line, "before")))
			run_before(d, p);
	}
	return rc;
}

void service_unmount(const struct description *d)
{
	const char *line = NULL, *p;

	while ((line = next_line(d, line))) {
		p = text_after(line, "mount");
		while (p && *p && *p != ' ')
			p++;
		if (p && *p)
			(void)SYS2(umount2, p + 1, 0); /* its journal tells the next mount */
	}
}

static void become(const struct description *d)
{
	unsigned int group = (unsigned int)d->gid;
	long rc;

	if (!d->uid && !d->gid)
		return;
	rc = SYS2(setgroups, 1, &group);
	if (!rc)
		rc = SYS1(setgid, d->gid);
	if (!rc)
		rc = SYS1(setuid, d->uid);
	if (rc) {
		say_error("cannot become", "the user", rc);
		leave(126);
	}
}

static void redirect(const char *path)
{
	long fd = SYS3(open, path, O_WRONLY | O_CREAT | O_APPEND, 0644), null;

	null = SYS3(open, "/dev/null", O_RDONLY, 0);
	if (null >= 0)
		(void)SYS2(dup2, null, 0); /* cannot fail: both are open */
	if (fd < 0) {
		say_error("its output goes to the console: cannot open", path, fd);
		return;
	}
	(void)SYS2(dup2, fd, 1);
	(void)SYS2(dup2, fd, 2);
}

long service_start(struct description *d)
{
	long pid, rc;

	if (!d->argv[0])
		return -ENOEXEC;
	rc = prepare(d);
	if (rc)
		return rc;
	pid = SYS0(fork);
	if (pid)
		return pid;
	unblock();
	(void)SYS0(setsid); /* a child leads no group yet */
	if (d->output)
		redirect(d->output);
	else
		(void)SYS3(ioctl, 0, 0x540e /* TIOCSCTTY */,
			   0); /* a shell wants it; there may be none */
	become(d);
	rc = SYS3(execve, d->argv[0], d->argv, d->envp);
	say_error("cannot start", d->argv[0], rc);
	leave(127);
}

/* The end of what it has written: why it went is there, if anywhere. */
void service_last_words(const struct description *d)
{
	static char text[65536];
	char *p = text, *line;
	long n;

	if (!d->output)
		return;
	n = file_read(d->output, text, sizeof(text));
	if (n > 2048)
		p += n - 2048;
	while (n > 0 && (line = text_line(&p)))
		say(line);
}
