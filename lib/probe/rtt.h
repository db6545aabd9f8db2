/* SPDX-License-Identifier: MIT */
/*
 * One round-trip time out of what the clocks said: pure.
 */
#ifndef NPI_PROBE_RTT_H
#define NPI_PROBE_RTT_H

#include <stdbool.h>

#include "base/time.h"

typedef struct npi_rtt {
    bool valid;  /* false: the machine slept in between, there is no time to tell */
    bool kernel; /* arrival was stamped by the kernel, and the stamp is believed */
    int64_t ns;  /* >= 0 */
} npi_rtt;

/*
 * sent: clocks just before the probe left; got: clocks when its answer was read; stamp: the
 * kernel's arrival stamp (wall clock) where there is one.
 */
npi_rtt npi_rtt_measure(const npi_now *sent, const npi_now *got, bool stamped, npi_wall stamp);

#endif
