/* SPDX-License-Identifier: MIT */
#include "version.h"

void version_put(np_context *ctx, const char *tool, FILE *out)
{
    fprintf(out, "%s (libnetprobe) %s\n", tool, np_version());
    for (int i = 0; i < np_context_capability_count(ctx); i++) {
        np_capability c;
        np_context_get_capability(ctx, i, &c, sizeof c);
        fprintf(out, "    %-13s %s", c.job, c.works ? "yes" : "no");
        fprintf(out, " (%s)", c.works ? c.means : c.missing);
        if (c.remedy[0])
            fprintf(out, ": %s", c.remedy);
        putc('\n', out);
    }
}
