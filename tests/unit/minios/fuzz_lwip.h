/* SPDX-License-Identifier: GPL-2.0-only */
/* fuzz_net: seen before lwipopts.h: whose memory lwIP takes, and how its httpd is built. */
#ifndef FUZZ_LWIP_H
#define FUZZ_LWIP_H

#include <stddef.h>

void *fuzz_malloc(size_t size);
void *fuzz_calloc(size_t count, size_t size);
void fuzz_free(void *p);
#define mem_clib_malloc			fuzz_malloc
#define mem_clib_calloc			fuzz_calloc
#define mem_clib_free			fuzz_free

#define LWIP_HTTPD_CUSTOM_FILES		1
#define LWIP_HTTPD_DYNAMIC_FILE_READ	1
#define LWIP_HTTPD_FS_ASYNC_READ	1
#define LWIP_HTTPD_DYNAMIC_HEADERS	1
#define LWIP_HTTPD_SUPPORT_11_KEEPALIVE 1
#define LWIP_HTTPD_SUPPORT_V09		0
#define LWIP_HTTPD_SUPPORT_EXTSTATUS	1
#define LWIP_HTTPD_MAX_REQ_LENGTH	4095
#define LWIP_HTTPD_MAX_REQUEST_URI_LEN	255
#define LWIP_HTTPD_MAX_CONTENT_LEN_SIZE 13
#define HTTPD_SERVER_AGENT		"LightVM"
#define HTTPD_LIMIT_SENDING_TO_2MSS	0
#define HTTPD_MAX_RETRIES		15

#endif /* FUZZ_LWIP_H */
