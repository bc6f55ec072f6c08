/* SPDX-License-Identifier: MIT */
/* lwIP's httpd, for who takes it (apps/web), with files from fs.h functions of its own. */
#ifndef HTTPDOPTS_H
#define HTTPDOPTS_H

#define LWIP_HTTPD_CUSTOM_FILES		1
#define LWIP_HTTPD_DYNAMIC_FILE_READ	1
#define LWIP_HTTPD_FS_ASYNC_READ	1
#define LWIP_HTTPD_DYNAMIC_HEADERS	1
#define LWIP_HTTPD_SUPPORT_11_KEEPALIVE 1
#define LWIP_HTTPD_SUPPORT_V09		0
/* Pages 400.html and 501.html are sent if they are there; otherwise the connection just ends. */
#define LWIP_HTTPD_SUPPORT_EXTSTATUS	1
#define LWIP_HTTPD_MAX_REQ_LENGTH	4095
#define LWIP_HTTPD_MAX_REQUEST_URI_LEN	255
/* Ten digits, CR, LF, NUL. */
#define LWIP_HTTPD_MAX_CONTENT_LEN_SIZE 13
#define HTTPD_SERVER_AGENT		"LightVM"
#define HTTPD_LIMIT_SENDING_TO_2MSS	0
/* Times 2 s without progress: then a connection ends. */
#define HTTPD_MAX_RETRIES		15

#endif /* HTTPDOPTS_H */
