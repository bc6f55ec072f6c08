/* SPDX-License-Identifier: MIT */
/* Dates of the proleptic Gregorian calendar. */
#include <stdio.h>
#include <minios/date.h>

#define DAY_S			86400ULL
#define DAYS_PER_ERA		146097ULL /* 400 years */
#define DAYS_0000_03_01_TO_1970 719468ULL

struct date {
	uint64_t year, month, day; /* month 0 is March, day 0 the first */
	uint64_t weekday;	   /* 0 is Thursday */
	uint64_t hour, minute, second;
};

static const char *const weekdays[] = { "Thursday", "Friday",  "Saturday", "Sunday",
					"Monday",   "Tuesday", "Wednesday" };
static const char *const months[] = { "March",	  "April",    "May",	   "June",
				      "July",	  "August",   "September", "October",
				      "November", "December", "January",   "February" };

static struct date date_make(uint64_t unix_s)
{
	uint64_t days = unix_s / DAY_S, second = unix_s % DAY_S;
	/* Years begin in March here, so that the leap day is the last of its year. */
	uint64_t z = days + DAYS_0000_03_01_TO_1970;
	uint64_t era = z / DAYS_PER_ERA, day = z % DAYS_PER_ERA;
	/* Whole years: 365 days each, but for the leap days that have gone by. */
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153; /* five months in a row always have 153 days */
	return (struct date){
		.year = year + era * 400 + (month >= 10),
		.month = month,
		.day = day - (153 * month + 2) / 5,
		.weekday = days % 7,
		.hour = second / 3600,
		.minute = second / 60 % 60,
		.second = second % 60,
	};
}

size_t date_format(char *buf, uint64_t unix_s)
{
	struct date d = date_make(unix_s);

	return (size_t)snprintf(buf, DATE_LINE_MAX, "%s, %s %lu, %lu %02lu:%02lu:%02lu-UTC\r\n",
				weekdays[d.weekday], months[d.month], d.day + 1, d.year, d.hour,
				d.minute, d.second);
}

size_t date_format_http(char *buf, uint64_t unix_s)
{
	struct date d = date_make(unix_s);

	return (size_t)snprintf(buf, DATE_LINE_MAX, "%.3s, %02lu %.3s %04lu %02lu:%02lu:%02lu GMT",
				weekdays[d.weekday], d.day + 1, months[d.month], d.year, d.hour,
				d.minute, d.second);
}
