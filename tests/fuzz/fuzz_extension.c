/* SPDX-License-Identifier: MIT */
/*
 * Extensions of ICMP errors, with and without a checksum.
 */
#include <string.h>

#include "fuzz.h"
#include "wire/extension.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npi_extension e, again;
    bool good = npi_extension_decode(data, size, false, &e);
    bool checked = npi_extension_decode(data, size, true, &again);
    must(good || !checked);
    must(!checked || memcmp(&e, &again, sizeof e) == 0);
    must(e.label_count >= 0 && (size_t)e.label_count <= size / 4);
    must(memchr(e.ingress.name, '\0', sizeof e.ingress.name) != NULL);
    must(e.ingress.addr.family == 0 || e.ingress.addr.family == 4 || e.ingress.addr.family == 6);
    return 0;
}
