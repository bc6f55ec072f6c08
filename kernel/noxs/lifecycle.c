// SPDX-License-Identifier: GPL-2.0
/*
 * Life-cycle of domains: collects Xen's events, logs them for the readers of the control device,
 * and detaches attached domains that die.
 */
#include <linux/interrupt.h>
#include <linux/log2.h>
#include <linux/workqueue.h>
#include <xen/events.h>
#include <xen/interface/sched.h>
#include "bus.h"
#include "events.h"
#include "hypercall.h"
#include "lifecycle.h"

#define REPORTED_ALL (NOXS_DOMF_SHUTDOWN | NOXS_DOMF_DYING)

#define RETRY_MS     1000U /* after an error of Xen's: what was not collected raises no new VIRQ */

static int lifecycle_irq;
/* In a row, of which the log has fewer and fewer; the work's own. */
static unsigned int lifecycle_errors;
static struct noxs_event lifecycle_events[NOXS_EVENTS_MAX]; /* the work's own */

/*
 * What its application ended with.  The guest has waited until that was taken in, and one that did
 * not says nothing of it.
 */
static u32 lifecycle_exited(const struct noxs_domain *dom, u32 reason)
{
	return dom && reason == SHUTDOWN_poweroff ? READ_ONCE(dom->exited) : 0;
}

/*
 * Several changes of one domain come as one event with its state of now.  For an attached domain
 * we remember what has been told, so that one that shut down and began to die at once is told both
 * and neither twice.  Of others we tell the last.
 */
static void lifecycle_log(struct noxs_domain *dom, const struct noxs_event *event)
{
	u32 told = dom ? dom->reported : REPORTED_ALL & ~NOXS_DOMF_DYING;
	bool dying = event->flags & NOXS_DOMF_DYING;

	if (event->flags & NOXS_DOMF_GONE) {
		noxs_event_push(event->domid, NOXS_EVENT_GONE, 0, 0);
		return;
	}
	/* A domain that lives may have resumed and shut down again (suspend): tell every time. */
	if (event->flags & NOXS_DOMF_SHUTDOWN && !(dying && told & NOXS_DOMF_SHUTDOWN))
		noxs_event_push_detail(event->domid, NOXS_EVENT_SHUTDOWN, event->reason, 0,
				       lifecycle_exited(dom, event->reason));
	if (dying && !(told & NOXS_DOMF_DYING))
		noxs_event_push(event->domid, NOXS_EVENT_DYING, 0, 0);
	if (dom)
		dom->reported = event->flags & REPORTED_ALL;
}

/*
 * The event may be about a predecessor with the same domid.  GONE, which Xen tells apart from news
 * of a successor, always is: no domain goes while we have its control page mapped.
 */
static bool lifecycle_is_dying(const struct noxs_event *event)
{
	struct noxs_dominfo info;

	if (!(event->flags & NOXS_DOMF_DYING) || event->flags & NOXS_DOMF_GONE)
		return false;
	if (noxs_hv_dominfo(event->domid, &info))
		return true; /* not listed any more: dying it is */
	return info.flags & NOXS_DOMF_DYING;
}

static void lifecycle_handle(const struct noxs_event *event)
{
	struct noxs_domain *dom = noxs_domain_get(event->domid);

	lifecycle_log(dom, event);
	if (!dom)
		return;
	if (lifecycle_is_dying(event))
		noxs_domain_detach_async(dom);
	noxs_domain_put(dom);
}

static void lifecycle_work_fn(struct work_struct *work);

static DECLARE_DELAYED_WORK(lifecycle_work, lifecycle_work_fn);

static void lifecycle_work_fn(struct work_struct *work)
{
	int count, i;

	do {
		count = noxs_hv_next_event(lifecycle_events, NOXS_EVENTS_MAX);
		if (count < 0) {
			if (is_power_of_2(++lifecycle_errors))
				pr_err("collecting domain events: error %d, %u times\n", count,
				       lifecycle_errors);
			schedule_delayed_work(&lifecycle_work, msecs_to_jiffies(RETRY_MS));
			return;
		}
		lifecycle_errors = 0;
		for (i = 0; i < count; i++)
			lifecycle_handle(&lifecycle_events[i]);
	} while (count == NOXS_EVENTS_MAX);
}

static irqreturn_t lifecycle_interrupt(int irq, void *arg)
{
	mod_delayed_work(system_wq, &lifecycle_work, 0); /* a retry does not wait any longer */
	return IRQ_HANDLED;
}

int noxs_lifecycle_init(void)
{
	int irq = bind_virq_to_irqhandler(VIRQ_NOXS, 0, lifecycle_interrupt, 0, "noxs-life",
					  &lifecycle_work);

	if (irq < 0)
		return irq;
	lifecycle_irq = irq;
	schedule_delayed_work(&lifecycle_work, 0);
	return 0;
}

void noxs_lifecycle_fini(void)
{
	unbind_from_irqhandler(lifecycle_irq, &lifecycle_work);
	cancel_delayed_work_sync(&lifecycle_work);
}
