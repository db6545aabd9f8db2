/* SPDX-License-Identifier: MIT */
/*
 * Control messages: the first octet says which queue, the rest is the control block.
 */
#include <string.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "probe/errqueue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npi_reply r, again;
    struct sockaddr_storage name = {0};
    if (size < 1)
        return 0;
    uint8_t *block = malloc(size);
    if (!block)
        return 0;
    memcpy(block, data + 1, size - 1); /* aligned as the kernel's is, and of exactly its size */
    struct msghdr m = {.msg_name = &name,
                       .msg_namelen = data[0] % (sizeof name + 1),
                       .msg_control = block,
                       .msg_controllen = size - 1};
    memcpy(&name, data, size < sizeof name ? size : sizeof name);
    bool error = data[0] & 1;
    bool reported = npi_reply_decode(&m, error, &r);
    must(npi_reply_decode(&m, error, &again) == reported);
    must(memcmp(&r, &again, offsetof(npi_reply, data)) == 0);
    must(error || reported);
    must(r.offender.family == 0 || r.offender.family == 4 || r.offender.family == 6);
    must(r.local.family == 0 || r.local.family == 4 || r.local.family == 6);
    must(r.len == 0);
    free(block);
    return 0;
}
