/* SPDX-License-Identifier: MIT */
/*
 * What a listing is about: lists of protocols, of ports and of words, as options give them.
 */
#ifndef NPI_LISTEN_FILTER_H
#define NPI_LISTEN_FILTER_H

#include "listen/procfs.h"

enum { NPI_PORTS = 32 };

/* Ports from `first` to `last`. */
typedef struct npi_ports {
    uint16_t first, last;
} npi_ports;

/* "tcp,udp" as a bit for each. False, and which word is none. */
bool npi_filter_protocols(const char *text, unsigned *out, npi_text *wrong);

/* "22,80,8000-8010" as at most NPI_PORTS ranges. False, and which word is none. */
bool npi_filter_ports(const char *text, npi_ports *out, size_t *count, npi_text *wrong);

/* Whether a text holds one of "nginx,sshd". */
bool npi_filter_match(const char *words, const char *text);

#endif
