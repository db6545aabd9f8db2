/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { HEX = 16, TEXT = 64 }; /* octets a line */

static char printable(unsigned char octet)
{
    return octet >= ' ' && octet <= '~' ? (char)octet : '.';
}

/* "HH:MM:SS.uuuuuu ", local, of the line. */
static void put_time(int64_t ns, FILE *out)
{
    time_t t = (time_t)(ns / NP_SECOND);
    struct tm tm;
    if (localtime_r(&t, &tm))
        fprintf(out, "%02d:%02d:%02d.%06" PRId64 " ", tm.tm_hour, tm.tm_min, tm.tm_sec,
                ns % NP_SECOND / 1000);
}

static void put_hex(const unsigned char *data, size_t len, FILE *out)
{
    for (size_t at = 0; at < len; at += HEX) {
        size_t n = len - at < HEX ? len - at : HEX;
        fprintf(out, "%04zx: ", at);
        for (size_t i = 0; i < HEX; i++)
            if (i < n)
                fprintf(out, "%02x ", data[at + i]);
            else
                fputs("   ", out);
        for (size_t i = 0; i < n; i++)
            fputc(printable(data[at + i]), out);
        fputc('\n', out);
    }
}

/* A line end is not printed, and ends the line: the next one begins at its true offset. */
static void put_ascii(const unsigned char *data, size_t len, FILE *out)
{
    for (size_t at = 0; at < len;) {
        size_t n = 0;
        fprintf(out, "%04zx: ", at);
        while (n < TEXT && at + n < len) {
            if (at + n + 1 < len && data[at + n] == '\r' && data[at + n + 1] == '\n')
                break;
            fputc(printable(data[at + n]), out);
            n++;
        }
        fputc('\n', out);
        at += n;
        if (at + 1 < len && data[at] == '\r' && data[at + 1] == '\n')
            at += 2;
    }
}

static void put_line(const np_line *l, bool ascii, FILE *out)
{
    static const char *const heads[] = {"== Info: ", "=> Send ", "<= Recv "};
    if (l->direction == NP_DIRECTION_NOTE) {
        fprintf(out, "%s%s\n", heads[0], l->text);
        return;
    }
    fprintf(out, "%s%s, %zu bytes (0x%zx)\n", heads[l->direction], l->is_data ? "data" : "header",
            l->octets_len, l->octets_len);
    (ascii ? put_ascii : put_hex)(l->octets, l->octets_len, out);
}

bool trace_write(const conversation *c, const talk_options *o, FILE *out, FILE *err)
{
    bool own = strcmp(o->trace, "-") != 0;
    FILE *f = own ? fopen(o->trace, "we") : out;
    np_talk_info i;
    np_line l;
    np_talk_get_info(c->k, &i, sizeof i);
    for (int n = 0; f && np_talk_get_line(c->k, n, &l, sizeof l) == NP_OK; n++) {
        if (l.direction != NP_DIRECTION_NOTE && !l.octets)
            continue; /* another line has told of them */
        if (o->trace_time)
            put_time(i.start_ns + l.time_ns, f);
        put_line(&l, o->trace_ascii, f);
    }
    bool good = f && (own ? fclose(f) == 0 : !ferror(f));
    if (!good)
        fprintf(err, "np-talk: %s: %s\n", o->trace, strerror(errno));
    return good;
}
