// SPDX-License-Identifier: GPL-2.0
/* The threads of runner.h: made when the module is loaded, since nobody who needs one may sleep. */
#include <linux/cpumask.h>
#include <linux/sched.h>
#include "compat.h"
#include "runner.h"

/* One for each processor that there may be work for; more have the queues of their disks. */
#define RUNNERS_MAX 16U

#define RUNNER_NICE 19

static struct noxs_runner runners[RUNNERS_MAX];
static unsigned int nr_runners;

struct noxs_runner *noxs_runner_find(void)
{
	unsigned int i;

	for (i = 0; i < nr_runners; i++)
		if (!runners[i].nr_works)
			return &runners[i];
	return NULL;
}

int noxs_runners_init(void)
{
	unsigned int wanted = min(num_online_cpus(), RUNNERS_MAX);
	struct kthread_worker *worker;

	while (nr_runners < wanted) {
		/* No I/O while Dom0 freezes its file systems to sleep. */
		worker = noxs_kthread_run_worker(KTW_FREEZABLE, "noxs-low/%u", nr_runners);
		if (IS_ERR(worker)) {
			noxs_runners_fini();
			return PTR_ERR(worker);
		}
		set_user_nice(worker->task, RUNNER_NICE);
		runners[nr_runners++].worker = worker;
	}
	return 0;
}

void noxs_runners_fini(void)
{
	while (nr_runners)
		kthread_destroy_worker(runners[--nr_runners].worker);
}
