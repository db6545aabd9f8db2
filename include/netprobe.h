/* SPDX-License-Identifier: MIT */
/**
 * libnetprobe: network troubleshooting as a library, for Linux.
 *
 * One context, any number of objects in it (traces, listings, conversations), one descriptor to
 * poll and one call to make. Start with netprobe(3) for the calls and netprobe(7) for the concepts.
 */
#ifndef NETPROBE_H
#define NETPROBE_H

#include <netprobe/context.h>
#include <netprobe/listen.h>
#include <netprobe/talk.h>
#include <netprobe/trace.h>

#endif
