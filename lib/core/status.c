/* SPDX-License-Identifier: MIT */
/*
 * Names and kinds of statuses, and the version: all that a program can ask without an object.
 */
#include "config.h"

#include "netprobe/context.h"

enum { BLOCK = 20 }; /* statuses of one kind */

np_kind np_status_kind(np_status status)
{
    int code = status;
    if (code == 0)
        return NP_KIND_OK;
    if (code > 0 || code < -BLOCK * NP_KIND_UNSUPPORTED)
        return NP_KIND_UNKNOWN;
    return (np_kind)((-code - 1) / BLOCK + 1);
}

const char *np_status_name(np_status status)
{
    switch (status) {
    case NP_OK:
        return "ok";
    case NP_ERR_INVALID:
        return "usage.invalid";
    case NP_ERR_RANGE:
        return "usage.range";
    case NP_ERR_STATE:
        return "usage.state";
    case NP_ERR_FORKED:
        return "usage.forked";
    case NP_ERR_NOMEM:
        return "resource.memory";
    case NP_ERR_MFILE:
        return "resource.descriptors";
    case NP_ERR_SYSTEM:
        return "resource.system";
    case NP_ERR_PERMISSION:
        return "permission.denied";
    case NP_ERR_NAME:
        return "network.name";
    case NP_ERR_RESOLVER:
        return "network.resolver";
    case NP_ERR_ROUTE:
        return "network.route";
    case NP_ERR_REFUSED:
        return "peer.refused";
    case NP_ERR_CLOSED:
        return "peer.closed";
    case NP_ERR_TIMEOUT:
        return "peer.timeout";
    case NP_ERR_TLS:
        return "peer.tls";
    case NP_ERR_PROTOCOL:
        return "peer.protocol";
    case NP_ERR_LIMIT:
        return "peer.limit";
    case NP_ERR_EXPECTATION:
        return "expectation.unmet";
    case NP_ERR_CANCELLED:
        return "cancelled";
    case NP_ERR_UNSUPPORTED:
        return "unsupported";
    }
    return "unknown";
}

const char *np_version(void)
{
    return PACKAGE_VERSION;
}
