/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

/* Names come from files and servers that others write: nothing but what can be shown. */
static void put(const char *name, char *out, size_t size)
{
    size_t n = 0;
    for (; *name && n + 1 < size; name++)
        out[n++] = *name > ' ' && *name <= '~' ? *name : '?';
    out[n] = '\0';
}

void name_user(uint32_t uid, bool numeric, char *out, size_t size)
{
    const struct passwd *pw = numeric ? NULL : getpwuid((uid_t)uid);
    if (pw)
        put(pw->pw_name, out, size);
    else
        snprintf(out, size, "%u", uid);
}

static socklen_t parse(const char *addr, struct sockaddr_storage *out)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, addr, &v4.sin_addr) == 1) {
        memcpy(out, &v4, sizeof v4);
        return sizeof v4;
    }
    if (inet_pton(AF_INET6, addr, &v6.sin6_addr) == 1) {
        memcpy(out, &v6, sizeof v6);
        return sizeof v6;
    }
    return 0;
}

void name_host(const char *addr, bool numeric, char *out, size_t size)
{
    struct sockaddr_storage to = {0};
    char name[NI_MAXHOST];
    bool any = strcmp(addr, "0.0.0.0") == 0 || strcmp(addr, "::") == 0;
    socklen_t len = numeric || any ? 0 : parse(addr, &to);
    if (len > 0 && getnameinfo((void *)&to, len, name, sizeof name, NULL, 0, NI_NAMEREQD) == 0)
        put(name, out, size);
    else
        snprintf(out, size, "%s", addr);
}

void name_port(int port, const char *protocol, bool numeric, char *out, size_t size)
{
    const char *name = NULL;
    if (!numeric && port && strcmp(protocol, "raw") == 0) {
        const struct protoent *p = getprotobynumber(port);
        name = p ? p->p_name : NULL;
    } else if (!numeric && port) {
        const struct servent *s = getservbyport(htons((uint16_t)port), protocol);
        name = s ? s->s_name : NULL;
    }
    if (name)
        put(name, out, size);
    else if (port)
        snprintf(out, size, "%d", port);
    else
        snprintf(out, size, "*");
}
