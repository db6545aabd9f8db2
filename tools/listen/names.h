/* SPDX-License-Identifier: MIT */
/*
 * Numbers as this host calls them: users, hosts, services. Asked through NSS, which a program
 * may do and a library may not.
 */
#ifndef TOOLS_LISTEN_NAMES_H
#define TOOLS_LISTEN_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A user's name, or the number where it has none or `numeric` says so. */
void name_user(uint32_t uid, bool numeric, char *out, size_t size);

/* A host's name, or the address. */
void name_host(const char *addr, bool numeric, char *out, size_t size);

/* A service's name; for raw sockets the protocol's; "*" for 0. */
void name_port(int port, const char *protocol, bool numeric, char *out, size_t size);

#endif
