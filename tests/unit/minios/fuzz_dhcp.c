// SPDX-License-Identifier: GPL-2.0-only
/* fuzz_net: a DHCP server that answers with whatever options it likes. */
#include <string.h>
#include "fuzz_net.h"

#define HEADER	 236U
#define COOKIE	 240U
#define BODY_MAX 1400U

static uint8_t xid[4];
static uint8_t request; /* its message type */

void dhcp_saw(const uint8_t *message, size_t len)
{
	if (len < COOKIE + 3)
		return;
	memcpy(xid, message + 4, sizeof(xid));
	request = message[COOKIE + 2];
}

static size_t option_put(uint8_t *at, uint8_t code, uint8_t len, uint32_t value)
{
	at[0] = code;
	at[1] = len;
	value = __builtin_bswap32(value);
	memset(at + 2, 0, len);
	memcpy(at + 2, len == 1 ? (uint8_t *)&value + 3 : (uint8_t *)&value, len < 4 ? len : 4);
	return 2U + len;
}

/* Options as they should be, or of any code, length and number, or without an end. */
static size_t options_put(uint8_t *at, size_t room)
{
	static const uint8_t codes[] = { 0, 1, 3, 6, 12, 51, 52, 53, 54, 58, 59, 255 };
	size_t len = option_put(at, 53, 1, request == 1 ? 2 : one_in(16) ? 6 : 5);
	unsigned int count = below(16);

	len += option_put(at + len, 54, 4, 0x0a0d0001);
	len += option_put(at + len, 51, 4, one_in(4) ? world_random() : 60 + below(600));
	if (!one_in(8))
		len += option_put(at + len, 1, 4, one_in(8) ? world_random() : 0xffffff00);
	while (!one_in(4) && count-- && len + 260 < room) {
		uint8_t code = one_in(4) ? (uint8_t)world_random() : codes[below(sizeof(codes))];

		len += option_put(at + len, code,
				  (uint8_t)(one_in(2) ? 4 :
					    one_in(2) ? 1 :
							below(256)),
				  world_random());
	}
	if (one_in(8))
		at[len + 1] = (uint8_t)world_random(); /* a length beyond the end */
	if (!one_in(8))
		at[len++] = 255;
	return len + (one_in(8) ? 1 : 0);
}

void dhcp_answer(void)
{
	uint8_t message[COOKIE + BODY_MAX] = { 2, 1, 6 };
	uint32_t guest = one_in(32) ? world_random() : GUEST_IP,
		 cookie = __builtin_bswap32(0x63825363);
	size_t len, i;

	memcpy(message + 4, xid, sizeof(xid));
	memcpy(message + 16, &guest, sizeof(guest));
	memcpy(message + 28, guest_mac, sizeof(guest_mac));
	for (i = 44; i < HEADER && one_in(2); i++) /* names that may be options */
		message[i] = (uint8_t)(one_in(2) ? world_random() : 53);
	memcpy(message + HEADER, &cookie, sizeof(cookie));
	len = COOKIE + options_put(message + COOKIE, BODY_MAX);
	packet_in_fragments = one_in(8);
	packet_udp(67, 68, one_in(2) ? UINT32_MAX : GUEST_IP, message,
		   one_in(16) ? below((uint32_t)len) : len);
}
