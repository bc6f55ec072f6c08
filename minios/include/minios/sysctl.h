/* SPDX-License-Identifier: MIT */
/* Power control: tells the control domain what happens, and does what it asks. */
#ifndef MINIOS_SYSCTL_H
#define MINIOS_SYSCTL_H

/* Take charge of the sysctl device, if there is one. */
void sysctl_init(void);

/* Say what the application ended with, 0 to 255, and wait, for a second at most, until that is known. */
void sysctl_exit(unsigned int status);

/* Take requests before minios_ready(): of an application that waits for a device. */
void sysctl_listen(void);

#endif /* MINIOS_SYSCTL_H */
