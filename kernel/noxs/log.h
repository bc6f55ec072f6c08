/* SPDX-License-Identifier: GPL-2.0 */
/* The prefix of every line this module logs; included first in every file (Kbuild). */
#ifndef NOXS_LOG_H
#define NOXS_LOG_H

#define pr_fmt(fmt) "noxs: " fmt

#endif /* NOXS_LOG_H */
