/* SPDX-License-Identifier: MIT */
/*
 * Decides which clock is believed.
 *
 * A kernel stamp k1 and the user clocks u0 (send) and u1 (read) stand as u0 <= k1 <= u1, so a
 * stamp that gives a negative time, or a longer one than the process itself saw, is wrong. The
 * stamp is wall time: when wall and monotonic time drifted apart by more than slewing can
 * explain, the wall clock was set in between and the stamp is dropped for the monotonic clock.
 * When the machine was suspended in between neither clock tells a round-trip time.
 */
#include "probe/rtt.h"

#define STEP_NS INT64_C(100000)  /* readings of two clocks are that far apart at most */
#define SLEW INT64_C(1000)       /* adjtime slews by at most 1/2000 */
#define SLEPT_NS INT64_C(1000000)

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

npi_rtt npi_rtt_measure(const npi_now *sent, const npi_now *got, bool stamped, npi_wall stamp)
{
    int64_t user = npi_mono_sub(got->mono, sent->mono);
    if (user < 0)
        user = 0;
    npi_rtt r = {.valid = distance(got->slept_ns, sent->slept_ns) < SLEPT_NS, .ns = user};
    if (!r.valid || !stamped)
        return r;
    int64_t wall = got->wall.ns - sent->wall.ns;
    if (distance(wall, user) > STEP_NS + user / SLEW)
        return r;
    int64_t kernel = stamp.ns - sent->wall.ns;
    if (kernel < 0 || kernel > user)
        return r;
    r.kernel = true;
    r.ns = kernel;
    return r;
}
