/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Heads of all answers, redirects too, as they came; escaped, since a terminal may read it. */
static void put_heads(const conversation *c, FILE *out)
{
    for (int n = 0; n < np_talk_line_count(c->k); n++) {
        np_line l;
        np_talk_get_line(c->k, n, &l, sizeof l);
        if (l.direction == NP_DIRECTION_RECEIVED && !l.is_data)
            fprintf(out, "%s\r\n", l.text);
    }
}

/* A terminal gets no octet that could move its cursor elsewhere. */
static void put_body(const conversation *c, FILE *out)
{
    size_t len;
    const char *body = np_talk_body(c->k, &len);
    if (!isatty(fileno(out))) {
        fwrite(body, 1, len, out);
        return;
    }
    for (size_t n = 0; n < len; n++) {
        unsigned char octet = (unsigned char)body[n];
        if ((octet < ' ' && octet != '\n' && octet != '\t' && octet != '\r') || octet == 0x7f)
            fprintf(out, "\\x%02x", octet);
        else
            fputc(octet, out);
    }
}

bool page_print(const conversation *c, const talk_options *o, FILE *out, FILE *err)
{
    bool to_file = o->output && strcmp(o->output, "-") != 0;
    FILE *body = to_file ? fopen(o->output, "we") : out;
    if (!body) {
        fprintf(err, "np-talk: %s: %s\n", o->output, strerror(errno));
        return false;
    }
    if (o->head || o->include)
        put_heads(c, to_file && !o->head ? body : out);
    if (!o->head)
        put_body(c, body);
    if (!to_file)
        return true;
    bool good = fclose(body) == 0;
    if (!good)
        fprintf(err, "np-talk: %s: %s\n", o->output, strerror(errno));
    return good;
}
