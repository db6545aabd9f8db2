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

    assert_int_equal(sizeof(np_label), 16);
    assert_int_equal(sizeof(np_responder), 272);
    AT(np_responder, mtu, 108);
    AT(np_responder, label_count, 112);
    AT(np_responder, ingress_name, 128);
    AT(np_responder, ingress_addr, 192);
    AT(np_responder, quoted, 256);
    AT(np_responder, quoted_ttl, 260);
    AT(np_responder, quoted_tos, 264);
    AT(np_responder, name, 64);
    AT(np_responder, mark, 88);
    AT(np_responder, short_quote, 104);

    assert_int_equal(sizeof(np_stats), 176);
    AT(np_stats, loss, 64);
    AT(np_stats, last_ns, 88);
    AT(np_stats, mean_ns, 112);
    AT(np_stats, jitter_samples, 136);
    AT(np_stats, jitter_rfc3550_ns, 168);

    assert_int_equal(sizeof(np_listener), 368);
    AT(np_listener, addr, 16);
    AT(np_listener, peer, 80);
    AT(np_listener, scope, 148);
    AT(np_listener, interface, 168);
    AT(np_listener, queue, 184);
    AT(np_listener, cookie, 208);
    AT(np_listener, owner_state, 232);
    AT(np_listener, pid, 240);
    AT(np_listener, process, 256);
    AT(np_listener, path, 296);
    AT(np_listener, name_len, 312);
    AT(np_listener, rtt_ns, 320);
    AT(np_listener, congestion_window, 364);

    assert_int_equal(sizeof(np_owner), 128);
    AT(np_owner, fd, 16);
    AT(np_owner, exe_deleted, 40);
    AT(np_owner, process, 48);
    AT(np_owner, comm_len, 64);
    AT(np_owner, container, 120);

    assert_int_equal(sizeof(np_interface), 100);
    AT(np_interface, addr, 20);
    AT(np_interface, loopback, 96);

    assert_int_equal(sizeof(np_listeners_info), 80);
    AT(np_listeners_info, dumps, 48);
    AT(np_listeners_info, start_ns, 64);
}

static void structs_of_talk(void **state)
{
    (void)state;
    assert_int_equal(sizeof(np_step), 80);
    AT(np_step, state, 4);
    AT(np_step, code, 8);
    AT(np_step, start_ns, 16);
    AT(np_step, first_octet_ns, 32);
    AT(np_step, verb, 40);
    AT(np_step, file, 56);
    AT(np_step, note, 72);

    assert_int_equal(sizeof(np_line), 56);
    AT(np_line, step, 4);
    AT(np_line, time_ns, 8);
    AT(np_line, text, 16);
    AT(np_line, octets, 32);
    AT(np_line, is_data, 48);

    assert_int_equal(sizeof(np_attempt), 96);
    AT(np_attempt, port, 64);
    AT(np_attempt, status, 68);
    AT(np_attempt, start_ns, 72);
    AT(np_attempt, error, 88);

    assert_int_equal(sizeof(np_certificate), 96);
    AT(np_certificate, not_after_ns, 8);
    AT(np_certificate, days_left, 16);
    AT(np_certificate, subject, 24);
    AT(np_certificate, names, 40);
    AT(np_certificate, sha256, 72);
    AT(np_certificate, der_len, 88);

    assert_int_equal(sizeof(np_talk_info), 280);
    AT(np_talk_info, source, 64);
    AT(np_talk_info, port, 128);
    AT(np_talk_info, secure, 132);
    AT(np_talk_info, warnings, 144);
    AT(np_talk_info, code, 156);
    AT(np_talk_info, start_ns, 160);
    AT(np_talk_info, total_ns, 200);
    AT(np_talk_info, sent_octets, 208);
    AT(np_talk_info, protocol, 224);
    AT(np_talk_info, error_name, 240);
    AT(np_talk_info, tls_alpn, 272);
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
    const int listeners[] = {
        NP_PROTOCOL_INVALID, NP_PROTOCOL_UNKNOWN, NP_PROTOCOL_TCP, NP_PROTOCOL_MPTCP,
        NP_PROTOCOL_UDP, NP_PROTOCOL_UDPLITE, NP_PROTOCOL_SCTP, NP_PROTOCOL_RAW, NP_PROTOCOL_PING,
        NP_PROTOCOL_UNIX, NP_SOCKET_INVALID, NP_SOCKET_UNKNOWN, NP_SOCKET_LISTENING,
        NP_SOCKET_CLIENT, NP_SOCKET_BOUND, NP_SOCKET_ESTABLISHED, NP_SOCKET_SYN_SENT,
        NP_SOCKET_SYN_RECEIVED, NP_SOCKET_FIN_WAIT_1, NP_SOCKET_FIN_WAIT_2, NP_SOCKET_TIME_WAIT,
        NP_SOCKET_CLOSE_WAIT, NP_SOCKET_LAST_ACK, NP_SOCKET_CLOSING, NP_SOCKET_CLOSED,
        NP_SCOPE_INVALID, NP_SCOPE_NONE, NP_SCOPE_LOOPBACK, NP_SCOPE_ADDRESS, NP_SCOPE_ALL,
        NP_OWNER_INVALID, NP_OWNER_UNKNOWN, NP_OWNER_KNOWN, NP_OWNER_DENIED, NP_OWNER_KERNEL,
        NP_OWNER_NONE};
    const int wanted[] = {-1, 0, 1, 2, 3, 4,  5,  6,  7, 8, -1, 0, 1, 2, 3,  4, 5, 6,
                          7,  8, 9, 10, 11, 12, 13, -1, 0, 1, 2,  3, -1, 0, 1, 2, 3, 4};
    assert_int_equal(sizeof listeners, sizeof wanted);
    assert_memory_equal(listeners, wanted, sizeof listeners);
    const int talk[] = {NP_STEP_INVALID, NP_STEP_UNKNOWN, NP_STEP_OK, NP_STEP_FAILED,
                        NP_STEP_WARNED, NP_STEP_UNMET, NP_STEP_RUNNING, NP_DIRECTION_INVALID,
                        NP_DIRECTION_NOTE, NP_DIRECTION_SENT, NP_DIRECTION_RECEIVED,
                        NP_EV_READABLE, NP_ERR_REFUSED, NP_ERR_CLOSED, NP_ERR_TIMEOUT, NP_ERR_TLS,
                        NP_ERR_PROTOCOL, NP_ERR_LIMIT, NP_ERR_EXPECTATION};
    const int meant[] = {-1, 0, 1,  2,   3,   4,   5,   -1,  0,   1,
                         2,  5, -81, -82, -83, -84, -85, -86, -101};
    assert_int_equal(sizeof talk, sizeof meant);
    assert_memory_equal(talk, meant, sizeof talk);
    assert_true(NP_SECOND == 1000000000 && NP_MILLISECOND == 1000000 && NP_MICROSECOND == 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structs),
        cmocka_unit_test(structs_of_talk),
        cmocka_unit_test(values),
    };
    return RUN(tests);
}
