/* SPDX-License-Identifier: MIT */
#include "talk/location.h"

#include <string.h>

#include "base/text.h"

enum { SCHEME_OCTETS = 16 };

typedef struct scheme {
    const char *name;
    npi_speech speech;
    bool tls;
    uint16_t port;
} scheme;

static const scheme schemes[] = {
    {"smtp", NPI_SPEECH_SMTP, false, 25},        {"smtps", NPI_SPEECH_SMTP, true, 465},
    {"submission", NPI_SPEECH_SMTP, false, 587}, {"submissions", NPI_SPEECH_SMTP, true, 465},
    {"lmtp", NPI_SPEECH_LMTP, false, 24},        {"pop3", NPI_SPEECH_POP3, false, 110},
    {"pop3s", NPI_SPEECH_POP3, true, 995},       {"imap", NPI_SPEECH_IMAP, false, 143},
    {"imaps", NPI_SPEECH_IMAP, true, 993},       {"http", NPI_SPEECH_HTTP, false, 80},
    {"https", NPI_SPEECH_HTTP, true, 443},       {"tcp", NPI_SPEECH_RAW, false, 0},
    {"telnet", NPI_SPEECH_RAW, false, 23},       {"tls", NPI_SPEECH_RAW, true, 443},
};

static const scheme *scheme_of(const char *text, size_t len)
{
    char name[SCHEME_OCTETS] = "";
    if (len < sizeof name)
        memcpy(name, text, len);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (npi_text_same(schemes[i].name, name))
            return &schemes[i];
    return NULL;
}

/* A URL has neither blanks nor controls, and 8-bit octets stand as %HH. */
static bool is_clean(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return true;
}

static bool fault(npi_buf *why, const char *what, const char *url)
{
    npi_buf_str(why, what);
    npi_buf_str(why, ": ");
    npi_buf_escaped(why, url, strlen(url));
    return false;
}

/* "[v6]:port", "host:port", "host" */
static bool take_host(npi_location *l, const char *at, const char *end)
{
    const char *host_end = end, *colon;
    if (memchr(at, '@', (size_t)(end - at))) /* one parts the user from it, and no more */
        return false;
    if (at < end && *at == '[') {
        host_end = memchr(at, ']', (size_t)(end - at));
        if (!host_end)
            return false;
        l->host = (npi_location_part){at + 1, (size_t)(host_end - at - 1)};
        colon = host_end + 1;
    } else {
        colon = memchr(at, ':', (size_t)(end - at));
        host_end = colon ? colon : end;
        l->host = (npi_location_part){at, (size_t)(host_end - at)};
        colon = host_end;
    }
    if (colon == end)
        return l->host.len > 0;
    char digits[8] = "";
    uint64_t port;
    size_t len = (size_t)(end - colon - 1);
    if (*colon != ':' || len == 0 || len >= sizeof digits)
        return false;
    memcpy(digits, colon + 1, len);
    if (npi_parse_u64(digits, &port) != NPI_PARSE_OK || port == 0 || port > UINT16_MAX)
        return false;
    l->port = (uint16_t)port;
    return l->host.len > 0;
}

bool npi_location_parse(npi_location *l, const char *url, npi_buf *why)
{
    const char *colon = strstr(url, "://");
    const scheme *s = colon ? scheme_of(url, (size_t)(colon - url)) : NULL;
    *l = (npi_location){.speech = NPI_SPEECH_NONE};
    if (!s)
        return fault(why,
                     colon ? "no scheme that is known (smtp, smtps, submission, submissions, "
                             "lmtp, pop3, pop3s, imap, imaps, http, https, tcp, tls)"
                           : "not a URL, which begins like smtp://",
                     url);
    l->speech = s->speech;
    l->tls = s->tls;
    l->port = s->port;
    const char *at = colon + strlen("://"), *end = at + strcspn(at, "/?#");
    if (!is_clean(url, strlen(url)))
        return fault(why, "a URL holds no blanks, and other letters as %HH", url);
    const char *user_end = memchr(at, '@', (size_t)(end - at));
    if (user_end) {
        l->user = (npi_location_part){at, (size_t)(user_end - at)};
        at = user_end + 1;
        if (memchr(l->user.at, ':', l->user.len)) { /* and the sentence does not repeat it */
            npi_buf_str(why, "a password in a URL is seen by everybody: give it by a file");
            return false;
        }
    }
    if (!take_host(l, at, end))
        return fault(why, "the URL needs a host, and a port from 1 to 65535 if any", url);
    l->path = (npi_location_part){end, strcspn(end, "#")};
    return true;
}

/* Up to and with the last '/' of the path, without its query. */
static size_t folder_len(const npi_location *base)
{
    size_t len = 0;
    for (size_t i = 0; i < base->path.len && base->path.at[i] != '?'; i++)
        if (base->path.at[i] == '/')
            len = i + 1;
    return len;
}

static void put_origin(npi_buf *out, const npi_location *l)
{
    bool v6 = memchr(l->host.at, ':', l->host.len) != NULL;
    npi_buf_str(out, l->tls ? "https://" : "http://");
    npi_buf_str(out, v6 ? "[" : "");
    npi_buf_bytes(out, l->host.at, l->host.len);
    npi_buf_str(out, v6 ? "]" : "");
    npi_buf_printf(out, ":%u", l->port);
}

/* RFC 3986 5.2.4, of the path that begins at `start`, up to its query. */
static void remove_dots(npi_buf *b, size_t start)
{
    size_t end = start + strcspn(b->data + start, "?#"), to = start;
    for (size_t at = start, next; at < end; at = next) {
        const char *slash = memchr(b->data + at + 1, '/', end - at - 1);
        next = slash ? (size_t)(slash - b->data) : end;
        bool one = next - at == 2 && memcmp(b->data + at, "/.", 2) == 0;
        bool two = next - at == 3 && memcmp(b->data + at, "/..", 3) == 0;
        while (two && to > start && b->data[--to] != '/') {
        }
        if (!one && !two) {
            memmove(b->data + to, b->data + at, next - at);
            to += next - at;
        } else if (next == end) { /* a folder */
            b->data[to++] = '/';
        }
    }
    memmove(b->data + to, b->data + end, b->len - end + 1);
    b->len -= end - to;
}

bool npi_location_resolve(npi_buf *out, const npi_location *base, const char *reference, size_t len)
{
    static const char scheme_octets[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789+-.";
    size_t scheme_len = strspn(reference, scheme_octets), start;
    if (len == 0 || !is_clean(reference, len))
        return false;
    if (scheme_len > 0 && scheme_len < len && reference[scheme_len] == ':') {
        const scheme *s = scheme_of(reference, scheme_len);
        npi_buf_bytes(out, reference, len);
        return s && s->speech == NPI_SPEECH_HTTP;
    }
    if (len >= 2 && memcmp(reference, "//", 2) == 0) {
        npi_buf_str(out, base->tls ? "https:" : "http:");
        start = SIZE_MAX;
    } else {
        put_origin(out, base);
        start = out->len;
        if (*reference != '/') {
            size_t folder = *reference == '#'   ? base->path.len
                            : *reference == '?' ? strcspn(base->path.at, "?#")
                                                : folder_len(base);
            npi_buf_bytes(out, base->path.at, folder);
            if (folder == 0)
                npi_buf_char(out, '/');
        }
    }
    npi_buf_bytes(out, reference, len);
    if (out->nomem || out->cut)
        return false;
    if (start < out->len && out->data[start] == '/')
        remove_dots(out, start);
    return true;
}
