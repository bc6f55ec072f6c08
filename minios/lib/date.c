/* SPDX-License-Identifier: MIT */
/* Dates of the proleptic Gregorian calendar. */
#include <stdio.h>
#include <minios/date.h>

#define DAY_S			86400ULL
#define DAYS_PER_ERA		146097ULL /* 400 years */
#define DAYS_0000_03_01_TO_1970 719468ULL

size_t date_format(char *buf, uint64_t unix_s)
{
	static const char *const weekdays[] = { "Thursday", "Friday",  "Saturday", "Sunday",
						"Monday",   "Tuesday", "Wednesday" };
	static const char *const months[] = { "March",	  "April",    "May",	   "June",
					      "July",	  "August",   "September", "October",
					      "November", "December", "January",   "February" };
	uint64_t days = unix_s / DAY_S, second = unix_s % DAY_S;
	/* Years begin in March here, so that the leap day is the last of its year. */
	uint64_t z = days + DAYS_0000_03_01_TO_1970;
	uint64_t era = z / DAYS_PER_ERA, day = z % DAYS_PER_ERA;
	/* Whole years: 365 days each, but for the leap days that have gone by. */
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153; /* five months in a row always have 153 days */
	day -= (153 * month + 2) / 5;
	year += era * 400 + (month >= 10);
	return (size_t)snprintf(buf, DATE_LINE_MAX, "%s, %s %lu, %lu %02lu:%02lu:%02lu-UTC\r\n",
				weekdays[days % 7], months[month], day + 1, year, second / 3600,
				second / 60 % 60, second % 60);
}
