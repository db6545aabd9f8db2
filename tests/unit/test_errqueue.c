/* SPDX-License-Identifier: MIT */
/*
 * What the kernel hands over beside the octets: control messages in blocks of exactly their
 * size, whole, cut at every length, and wrong.
 */
#include <netinet/in.h>
#include <time.h>

#include <linux/errqueue.h>

#include "../check.h"
#include "hex.h"
#include "probe/errqueue.h"

typedef struct control {
    uint8_t octets[512];
    size_t len;
} control;

static void add(control *c, int level, int type, const void *data, size_t len)
{
    struct cmsghdr h = {.cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type};
    memset(c->octets + c->len, 0, CMSG_SPACE(len));
    memcpy(c->octets + c->len, &h, sizeof h);
    memcpy(c->octets + c->len + CMSG_LEN(0), data, len);
    c->len += CMSG_SPACE(len);
}

static void add_error(control *c, int family, int type, int code)
{
    uint8_t block[sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in6)];
    struct sock_extended_err e = {.ee_errno = 113,
                                  .ee_origin = family == 4 ? SO_EE_ORIGIN_ICMP
                                                           : SO_EE_ORIGIN_ICMP6,
                                  .ee_type = (uint8_t)type,
                                  .ee_code = (uint8_t)code,
                                  .ee_info = 1400};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xC0000201)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr.s6_addr = {0xfd, [15] = 9}};
    size_t size = family == 4 ? sizeof in : sizeof in6;
    memcpy(block, &e, sizeof e);
    memcpy(block + sizeof e, family == 4 ? (void *)&in : (void *)&in6, size);
    if (family == 4)
        add(c, IPPROTO_IP, IP_RECVERR, block, sizeof e + size);
    else
        add(c, IPPROTO_IPV6, IPV6_RECVERR, block, sizeof e + size);
}

static control whole(int family)
{
    control c = {.len = 0};
    struct timespec ts = {1700000000, 5};
    struct in_pktinfo in = {.ipi_addr.s_addr = htonl(0x0A000001)};
    struct in6_pktinfo in6 = {.ipi6_addr.s6_addr = {0xfd, [15] = 1}};
    int ttl = 61;
    add(&c, SOL_SOCKET, SCM_TIMESTAMPNS, &ts, sizeof ts);
    if (family == 4) {
        add(&c, IPPROTO_IP, IP_PKTINFO, &in, sizeof in);
        add(&c, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
    } else {
        add(&c, IPPROTO_IPV6, IPV6_PKTINFO, &in6, sizeof in6);
        add(&c, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof ttl);
    }
    add_error(&c, family, 11, 0);
    return c;
}

static bool decode(const control *c, size_t len, bool error, npi_reply *out)
{
    uint8_t *copy = exact_copy(c->octets, len);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(33434),
                               .sin_addr.s_addr = htonl(0xC0000263)};
    struct msghdr m = {.msg_name = &name,
                       .msg_namelen = sizeof name,
                       .msg_control = copy,
                       .msg_controllen = len};
    bool result = npi_reply_decode(&m, error, out);
    free(copy);
    return result;
}

static void a_whole_report(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        char text[64];
        npi_reply r;
        control c = whole(family);
        assert_true(decode(&c, c.len, true, &r));
        assert_true(r.error);
        assert_int_equal(r.type, 11);
        assert_int_equal(r.err, 113);
        assert_int_equal(r.info, 1400);
        assert_int_equal(r.reply_ttl, 61);
        assert_true(r.stamped);
        assert_int_equal(r.stamp.ns, INT64_C(1700000000000000005));
        npi_buf b = npi_buf_in(text, sizeof text);
        npi_buf_addr(&b, &r.offender);
        assert_string_equal(text, family == 4 ? "192.0.2.1" : "fd00::9");
        npi_buf_clear(&b);
        npi_buf_addr(&b, &r.local);
        assert_string_equal(text, family == 4 ? "10.0.0.1" : "fd00::1");
        npi_buf_clear(&b);
        npi_buf_addr(&b, &r.peer);
        assert_string_equal(text, "192.0.2.99");
        assert_int_equal(r.peer.port, 33434);
    }
}

/* Never past the end; what is there in full is taken, what is cut is unknown. */
static void cut_anywhere(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        control c = whole(family);
        for (size_t len = 0; len <= c.len; len++) {
            npi_reply r;
            bool reported = decode(&c, len, true, &r);
            assert_true(len < c.len || reported);
            assert_true(!r.stamped || r.stamp.ns == INT64_C(1700000000000000005));
            assert_true(r.reply_ttl == -1 || r.reply_ttl == 61);
        }
    }
}

/* Each message shorter than its type says. */
static void short_messages(void **state)
{
    (void)state;
    uint8_t zeros[64] = {0};
    const int types[][2] = {{SOL_SOCKET, SCM_TIMESTAMPNS}, {IPPROTO_IP, IP_PKTINFO},
                            {IPPROTO_IP, IP_TTL},          {IPPROTO_IPV6, IPV6_PKTINFO},
                            {IPPROTO_IPV6, IPV6_HOPLIMIT}, {IPPROTO_IP, IP_RECVERR},
                            {IPPROTO_IPV6, IPV6_RECVERR},  {IPPROTO_IP, 250}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        for (size_t len = 0; len < sizeof zeros; len++) {
            npi_reply r;
            control c = {.len = 0};
            add(&c, types[i][0], types[i][1], zeros, len);
            decode(&c, CMSG_LEN(len), true, &r);
            assert_int_equal(r.offender.family, 0);
        }
    }
}

static void what_is_no_report(void **state)
{
    (void)state;
    npi_reply r;
    control c = {.len = 0};
    int ttl = 7;
    assert_false(decode(&c, 0, true, &r)); /* on the error queue, without an error */
    assert_true(decode(&c, 0, false, &r)); /* data needs none */
    assert_int_equal(r.reply_ttl, -1);
    assert_false(r.stamped);
    add(&c, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
    assert_true(decode(&c, c.len, false, &r));
    assert_int_equal(r.reply_ttl, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_report),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(short_messages),
        cmocka_unit_test(what_is_no_report),
    };
    return RUN(tests);
}
