/* SPDX-License-Identifier: MIT */
/*
 * Decides by which part of a cgroup's path a process is known. Paths come from whoever may make
 * cgroups: nothing is believed but the form of a name.
 */
#include "listen/unit.h"

#include <string.h>

enum { ID = 64 }; /* digits of a container's id */

static bool ends(npi_text t, const char *with)
{
    size_t n = strlen(with);
    return t.len > n && memcmp(t.at + t.len - n, with, n) == 0;
}

static bool starts(npi_text t, const char *with)
{
    size_t n = strlen(with);
    return t.len > n && memcmp(t.at, with, n) == 0;
}

/* The next part between slashes. */
static bool part(npi_text *rest, npi_text *out)
{
    while (rest->len > 0 && *rest->at == '/') {
        rest->at++;
        rest->len--;
    }
    const char *slash = memchr(rest->at, '/', rest->len);
    *out = (npi_text){rest->at, slash ? (size_t)(slash - rest->at) : rest->len};
    rest->at += out->len;
    rest->len -= out->len;
    return out->len > 0;
}

static bool is_unit(npi_text p)
{
    return ends(p, ".service") || ends(p, ".scope") || ends(p, ".socket") || ends(p, ".mount") ||
           ends(p, ".swap");
}

npi_text npi_unit_of_cgroup(npi_text path)
{
    npi_text p, unit = {path.at, 0};
    while (part(&path, &p)) {
        if (*p.at == '_') { /* systemd's guard before names that a controller could take */
            p.at++;
            p.len--;
        }
        if (!is_unit(p))
            continue;
        unit = p;
        if (!starts(p, "user@")) /* a user's manager has units below it */
            break;
    }
    return unit;
}

static bool is_id(npi_text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!strchr("0123456789abcdef", t.at[i]) || !t.at[i])
            return false;
    return t.len == ID;
}

/* "docker-ID.scope", "cri-containerd-ID.scope", "ID". */
static npi_text id_in(npi_text p)
{
    if (ends(p, ".scope"))
        p.len -= strlen(".scope");
    if (p.len > ID && p.at[p.len - ID - 1] == '-')
        p = (npi_text){p.at + p.len - ID, ID};
    return is_id(p) ? p : (npi_text){p.at, 0};
}

/* What stands between two ends that a runtime puts around its name. */
static npi_text named(npi_text p, const char *before, const char *after)
{
    size_t b = strlen(before), a = strlen(after);
    if (!starts(p, before) || p.len <= b + a || (a > 0 && !ends(p, after)))
        return (npi_text){p.at, 0};
    return (npi_text){p.at + b, p.len - b - a};
}

static npi_text container_in(npi_text p, npi_text parent)
{
    static const char *const runtimes[][2] = {{"lxc.payload.", ""},
                                              {"systemd-nspawn@", ".service"},
                                              {"machine-", ".scope"}};
    npi_text found = id_in(p);
    for (size_t i = 0; found.len == 0 && i < sizeof runtimes / sizeof *runtimes; i++)
        found = named(p, runtimes[i][0], runtimes[i][1]);
    if (found.len == 0 && parent.len == 3 && memcmp(parent.at, "lxc", 3) == 0)
        found = p;
    return found;
}

npi_text npi_container_of_cgroup(npi_text path)
{
    npi_text p, parent = {path.at, 0};
    while (part(&path, &p)) {
        npi_text found = container_in(p, parent);
        if (found.len > 0) /* the outermost: what it runs inside itself is its own */
            return found;
        parent = p;
    }
    return (npi_text){path.at, 0};
}
