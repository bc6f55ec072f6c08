/* SPDX-License-Identifier: MIT */
/* Connecting a device over XenStore: the keys and states that vif and vbd have in common. */
#include <errno.h>
#include <stdio.h>
#include <minios/time.h>
#include <minios/util.h>
#include <minios/xenbus.h>
#include <minios/xenstore.h>

/* A back-end's hotplug script may take its time. */
#define TIMEOUT_NS (20 * NSEC_PER_SEC)
#define PAUSE_NS   (10 * NSEC_PER_MSEC)
#define PATH_MAX   128

static int path_make(char *path, const char *dir, const char *key)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", dir, key);

	return n < 0 || n >= PATH_MAX ? -EINVAL : 0;
}

static int number_read(const char *dir, const char *key, unsigned long *value)
{
	char path[PATH_MAX];
	int err = path_make(path, dir, key);

	return err ? err : xenstore_read_number(path, value);
}

static int number_write(const char *dir, const char *key, unsigned long value)
{
	char path[PATH_MAX];
	int err = path_make(path, dir, key);

	return err ? err : xenstore_write_number(path, value);
}

/* Polled: this happens once, before anything is measured. */
static int back_wait(const struct xenbus_front *front, XenbusState wanted)
{
	uint64_t end = time_ns() + TIMEOUT_NS;
	unsigned long state = 0;
	int err;

	for (;;) {
		err = number_read(front->back_path, "state", &state);
		if (err)
			return err;
		if (state == wanted)
			return 0;
		if (state >= XenbusStateClosing)
			return -ENODEV;
		if (time_ns() > end)
			return -ETIMEDOUT;
		(void)evtchn_dispatch();
		evtchn_sleep(time_ns() + PAUSE_NS);
	}
}

int xenbus_front_open(struct xenbus_front *front, const char *path)
{
	unsigned long backend;
	char key[PATH_MAX];
	int err;

	front->path = path;
	err = path_make(key, path, "backend");
	if (!err)
		err = xenstore_read(key, front->back_path, sizeof(front->back_path));
	if (!err)
		err = number_read(path, "backend-id", &backend);
	if (err)
		return err;
	if (backend >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	front->backend = (domid_t)backend;
	return back_wait(front, XenbusStateInitWait);
}

unsigned long xenbus_back_number(const struct xenbus_front *front, const char *key,
				 unsigned long fallback)
{
	unsigned long value;

	return number_read(front->back_path, key, &value) ? fallback : value;
}

int xenbus_front_connect(const struct xenbus_front *front, const struct xenbus_key *keys,
			 XenbusState state)
{
	int err = 0;

	for (; keys->name && !err; keys++)
		err = number_write(front->path, keys->name, keys->value);
	if (!err)
		err = number_write(front->path, "state", state);
	if (!err)
		err = back_wait(front, XenbusStateConnected);
	if (!err && state != XenbusStateConnected)
		err = number_write(front->path, "state", XenbusStateConnected);
	return err;
}
