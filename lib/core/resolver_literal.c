/* SPDX-License-Identifier: MIT */
/*
 * Decides what is answered without asking anybody: literals and localhost (RFC 6761 6.3).
 */
#include <net/if.h>
#include <string.h>

#include "base/text.h"
#include "core/resolver.h"
#include "core/socket.h"

enum { LITERAL_MAX = 64 + IF_NAMESIZE };

static int refuse(const char *text, const char *reason, npi_buf *why)
{
    npi_buf_escaped(why, text, strlen(text));
    npi_buf_printf(why, ": %s", reason);
    return -1;
}

/* The index of a zone given by name or number; 0 when there is no such interface. */
static uint32_t zone_index(const char *zone)
{
    uint64_t number;
    if (npi_parse_u64(zone, &number) == NPI_PARSE_OK && number <= UINT32_MAX)
        return (uint32_t)number;
    return if_nametoindex(zone);
}

static bool is_localhost(const char *text)
{
    return npi_text_same(text, "localhost") || npi_text_same(text, "localhost.");
}

/* ::1 first, as RFC 6724 would; what has no route here is left out, if anything is left. */
static int localhost(int family, npi_addr out[2])
{
    static const char *const loopback[] = {"::1", "127.0.0.1"};
    npi_addr a, source;
    int count = 0, wanted = 0;
    npi_addr all[2];
    for (int i = 0; i < 2; i++) {
        npi_addr_parse(loopback[i], &a);
        if (family != 0 && family != a.family)
            continue;
        all[wanted++] = a;
        if (npi_source_for(&a, NULL, &source) == 0)
            out[count++] = a;
    }
    if (count > 0)
        return count;
    memcpy(out, all, sizeof all);
    return wanted;
}

int npi_resolve_literal(const char *text, int family, npi_addr out[2], npi_buf *why)
{
    char head[LITERAL_MAX];
    if (is_localhost(text))
        return localhost(family, out);
    const char *percent = strchr(text, '%');
    size_t len = percent ? (size_t)(percent - text) : strlen(text);
    if (len >= sizeof head)
        return 0;
    memcpy(head, text, len);
    head[len] = '\0';
    if (!npi_addr_parse(head, &out[0]))
        return 0;
    if (percent && out[0].family != 6)
        return refuse(text, "an IPv4 address has no zone", why);
    if (percent) {
        out[0].scope = zone_index(percent + 1);
        if (!out[0].scope)
            return refuse(text, "there is no interface of that name (see ip link)", why);
    }
    if (npi_addr_unspecified(&out[0]))
        return refuse(text, "this address means any host, not one that can be probed", why);
    if (family != 0 && family != out[0].family)
        return refuse(text, family == 4 ? "this is no IPv4 address" : "this is no IPv6 address",
                      why);
    return 1;
}
