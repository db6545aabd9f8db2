/* SPDX-License-Identifier: MIT */
/*
 * What programs were compiled against: sizes, places and values that may not move. Structs only
 * grow at the end, with a new line here.
 */
#include "../check.h"
#include "netprobe.h"

#define AT(type, field, offset) assert_int_equal(offsetof(type, field), offset)

static void structs(void **state)
{
    (void)state;
    assert_int_equal(sizeof(void *), 8); /* the numbers below are those of 64-bit systems */
    assert_int_equal(sizeof(np_allocator), 16);

    assert_int_equal(sizeof(np_event), 64);
    AT(np_event, status, 4);
    AT(np_event, object, 8);
    AT(np_event, time_ns, 24);
    AT(np_event, lost, 40);
    AT(np_event, text_len, 56);

    assert_int_equal(sizeof(np_capability), 40);
    AT(np_capability, means, 16);

    assert_int_equal(sizeof(np_trace_info), 240);
    AT(np_trace_info, source, 64);
    AT(np_trace_info, target, 128);
    AT(np_trace_info, end, 160);
    AT(np_trace_info, rounds, 168);
    AT(np_trace_info, start_ns, 208);
    AT(np_trace_info, send_status, 224);
    AT(np_trace_info, port_state, 232);

    assert_int_equal(sizeof(np_hop), 120);
    AT(np_hop, addr, 8);
    AT(np_hop, name, 72);
    AT(np_hop, mark, 96);
    AT(np_hop, short_quote, 112);

    assert_int_equal(sizeof(np_responder), 112);
    AT(np_responder, name, 64);
    AT(np_responder, mark, 88);
    AT(np_responder, short_quote, 104);

    assert_int_equal(sizeof(np_stats), 176);
    AT(np_stats, loss, 64);
    AT(np_stats, last_ns, 88);
    AT(np_stats, mean_ns, 112);
    AT(np_stats, jitter_samples, 136);
    AT(np_stats, jitter_rfc3550_ns, 168);
}

static void values(void **state)
{
    (void)state;
    const int got[] = {NP_OK, NP_ERR_INVALID, NP_ERR_RANGE, NP_ERR_STATE, NP_ERR_FORKED,
                       NP_ERR_NOMEM, NP_ERR_MFILE, NP_ERR_SYSTEM, NP_ERR_PERMISSION, NP_ERR_NAME,
                       NP_ERR_RESOLVER, NP_ERR_ROUTE, NP_ERR_CANCELLED, NP_ERR_UNSUPPORTED,
                       NP_FOREVER, NP_EV_INVALID, NP_EV_NONE, NP_EV_DONE, NP_EV_LOG, NP_EV_HOP,
                       NP_EV_ROUND, NP_TRACE_AUTO, NP_TRACE_ICMP, NP_TRACE_UDP, NP_TRACE_TCP,
                       NP_FAMILY_AUTO, NP_FAMILY_IPV4, NP_FAMILY_IPV6, NP_CHOICE_AUTO, NP_CHOICE_NO,
                       NP_CHOICE_YES, NP_END_UNKNOWN, NP_END_REACHED, NP_END_UNREACHABLE};
    const int want[] = {0,   -1,   -2,   -3, -4, -21, -22, -23, -41, -61, -62, -63, -121, -141,
                        -1,  -1,   0,    1,  2,  3,   4,   0,   1,   2,   3,   0,   4,   6,
                        0,   1,   2,    0,    1,  2};
    assert_int_equal(sizeof got, sizeof want);
    assert_memory_equal(got, want, sizeof got);
    assert_true(NP_SECOND == 1000000000 && NP_MILLISECOND == 1000000 && NP_MICROSECOND == 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structs),
        cmocka_unit_test(values),
    };
    return RUN(tests);
}
