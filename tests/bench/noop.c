// SPDX-License-Identifier: GPL-2.0
/* The static no-op whose fork+exec is the yardstick. */
int main(void)
{
	return 0;
}
