/* SPDX-License-Identifier: MIT */
/*
 * Questions to the kernel and datagrams of its answers, for a run.
 */
#ifndef NPI_LISTEN_EXCHANGE_H
#define NPI_LISTEN_EXCHANGE_H

#include "listen/listen.h"

/* What l->dump.error says before anything was asked: no errno. */
enum { NPI_NOTHING_ASKED = -1 };

/* The number of the next request. */
uint32_t npi_exchange_number(np_listeners *l);

/* False with errno; also for a request of no octets, which this build cannot ask. */
bool npi_exchange_send(int fd, const void *request, size_t len);

/*
 * The next datagram for l->dump, off the budget; an error of reading is the dump's. False when the
 * kernel has none ready, or the run is over for want of memory.
 */
bool npi_exchange_take(np_listeners *l, int fd, int *budget);

/*
 * The dump is over: whether it is to be begun again, once npi_exchange_drained says so. So it is a
 * few times, where it was interrupted, or failed for what passes.
 */
bool npi_exchange_again(np_listeners *l);

/*
 * What a dump that was given up still sends has to be read, or the kernel answers EBUSY to the
 * next. True when there is no more of it.
 */
bool npi_exchange_drained(np_listeners *l, int fd, int *budget);

/* It was interrupted however often it was begun again: that is a gap. */
void npi_exchange_unsteady(np_listeners *l);

#endif
