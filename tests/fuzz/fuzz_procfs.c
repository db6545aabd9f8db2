/* SPDX-License-Identifier: MIT */
/*
 * Text of /proc, as every kind that it may be.
 */
#include <string.h>

#include "fuzz.h"
#include "listen/procfs.h"
#include "listen/unit.h"

static void inside(npi_text part, const char *text, size_t len)
{
    must(part.len == 0 || (part.at >= text && part.at + part.len <= text + len));
}

static void look_at_line(npi_text line)
{
    npi_sock s;
    npi_text name;
    for (int family = 4; family <= 6; family += 2)
        if (npi_proc_net_inet(line, NP_PROTOCOL_TCP, family, &s))
            must(s.local.family == family && s.procfs);
    if (npi_proc_net_unix(line, &s, &name))
        inside(name, line.at, line.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    npi_text rest = {text, size}, line;
    npi_proc_stat stat;
    uint32_t uid;
    size_t octets = 0;
    while (npi_proc_line(&rest, &line)) {
        inside(line, text, size);
        octets += line.len + 1;
        look_at_line(line);
    }
    must(octets == size || octets == size + 1);
    npi_proc_stat_parse(text, size, &stat);
    npi_proc_status_uid(text, size, &uid);
    npi_proc_link_inode(text, size);
    npi_text path = npi_proc_cgroup(text, size);
    inside(path, text, size);
    inside(npi_unit_of_cgroup(path), text, size);
    inside(npi_container_of_cgroup(path), text, size);
    return 0;
}
