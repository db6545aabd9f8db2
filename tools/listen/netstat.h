/* SPDX-License-Identifier: MIT */
/*
 * netstat's layout, to the column as net-tools 2.10 prints it, so that what reads netstat reads
 * this: one owner a socket, addresses cut unless -W, no queue limit.
 */
#ifndef TOOLS_LISTEN_NETSTAT_H
#define TOOLS_LISTEN_NETSTAT_H

#include "options.h"

/* Print the sockets; returns how many. */
int netstat_print(const np_listeners *l, const listen_options *o, FILE *out);

/* netstat's words where owners could not be read. */
void netstat_warn(const np_listeners *l, FILE *err);

#endif
