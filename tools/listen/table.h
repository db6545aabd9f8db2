/* SPDX-License-Identifier: MIT */
/*
 * The table that a person reads: how far each socket reaches, and who is behind it.
 */
#ifndef TOOLS_LISTEN_TABLE_H
#define TOOLS_LISTEN_TABLE_H

#include <netprobe.h>
#include <stdbool.h>
#include <stdio.h>

/* False when out of memory. */
bool table_print(const np_listeners *l, bool numeric, FILE *out);

#endif
