/* SPDX-License-Identifier: MIT */
/*
 * The system calls of a listing, wrapped by the linker: they are counted, and can go wrong.
 */
#ifndef TESTS_NET_WRAPPED_H
#define TESTS_NET_WRAPPED_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What is done to an answer of the kernel's: returns what recvfrom returns. */
typedef ssize_t spoil(void *data, ssize_t n, size_t size, struct sockaddr_nl *from);

extern spoil *spoiler;
extern int times;             /* how often it is still to be done; -1 for ever */
extern int spare;             /* answers that are left as they are before that */
extern bool mute;             /* nothing can be asked */
extern int mute_after;        /* nothing, after so many questions; -1 never */
extern unsigned long calls;   /* of all kinds */
extern unsigned long fail_at; /* the n-th call fails; 0 none */
extern int fail_with;         /* errno */
extern uint32_t last_number;  /* that a question bore */
/* Called before each readlinkat and openat, with its path; NULL for none. */
extern void (*on_path)(const char *path);

#endif
