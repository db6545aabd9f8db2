/* SPDX-License-Identifier: MIT */
/*
 * SMTP and LMTP, whose replies say at each line whether another follows, and POP3, where only the
 * command tells.
 */
#include <string.h>

#include "talk/reply_inside.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Octets of "c.s.d" (RFC 3463 2) at the beginning of a text, 0 for none. */
static size_t enhanced_len(const char *p, size_t len)
{
    if (len < 5 || !(p[0] == '2' || p[0] == '4' || p[0] == '5'))
        return 0;
    size_t at = 1;
    for (int part = 0; part < 2; part++) {
        if (at >= len || p[at] != '.')
            return 0;
        size_t digits = 0; /* a fourth is one too many */
        at++;
        while (at + digits < len && digits < 4 && is_digit(p[at + digits]))
            digits++;
        if (digits < 1 || digits > 3)
            return 0;
        at += digits;
    }
    return at == len || p[at] == ' ' ? at : 0;
}

/* RFC 2034 4: every line of a reply repeats the code of the first; 3yz has none. */
static size_t take_enhanced(npi_replies *r, const char *p, size_t len)
{
    size_t n = r->code / 100 == 3 ? 0 : enhanced_len(p, len);
    if (n == 0)
        return 0;
    if (r->lines == 0) {
        memcpy(r->enhanced, p, n);
        r->enhanced[n] = '\0';
        if (p[0] - '0' != r->code / 100)
            npi_replies_add_note(r, "enhanced code of another class than the code");
    }
    if (strlen(r->enhanced) != n || memcmp(r->enhanced, p, n) != 0)
        return 0;
    return n < len ? n + 1 : n;
}

/* ddd-text ... ddd[ text] (RFC 5321 4.2): one code on all lines. */
static void smtp_line(npi_replies *r, const char *line, size_t len)
{
    bool good = len >= 3 && line[0] >= '2' && line[0] <= '5' && is_digit(line[1]) &&
                is_digit(line[2]) && (len == 3 || line[3] == ' ' || line[3] == '-');
    if (!good) {
        npi_replies_fail(r, "reply.malformed", "not a line of a reply:", line, len);
        return;
    }
    int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (r->lines > 0 && code != r->code) {
        npi_replies_fail(r, "reply.malformed", "the code changes within a reply:", line, len);
        return;
    }
    r->code = code;
    size_t skip = len > 4 ? 4 : len;
    skip += take_enhanced(r, line + skip, len - skip);
    npi_replies_text(r, line + skip, len - skip);
    if (len > 3 && line[3] == '-')
        return;
    r->closes = code == 421;
    npi_replies_done(r);
}

const npi_reply_form npi_reply_smtp = {
    .mode = NPI_REPLY_LINES, .line = smtp_line, .end = npi_replies_fail_closed};

/* Commands whose +OK is followed by lines: RFC 1939 5 and 7, RFC 2449 5. */
static bool pop3_is_multi(const char *line, size_t len)
{
    static const struct {
        const char *word;
        bool bare; /* only without argument */
    } table[] = {
        {"CAPA", false}, {"RETR", false}, {"TOP", false}, {"LIST", true}, {"UIDL", true}};
    const char *rest;
    size_t rest_len;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (npi_reply_word(line, len, table[i].word, &rest, &rest_len))
            return !table[i].bare || rest_len == 0;
    return false;
}

static bool pop3_command(npi_replies *r, npi_reply_command *c, const char *line, size_t len)
{
    (void)r;
    c->multi = pop3_is_multi(line, len);
    return true;
}

static void pop3_line(npi_replies *r, const char *line, size_t len)
{
    static const char *const words[] = {"+OK", "-ERR", "+"};
    const npi_reply_command *c = npi_replies_command_now(r);
    bool multi = c && c->multi;
    const char *text = NULL;
    size_t text_len = 0, w = 0;
    while (w < 3 && !npi_reply_word(line, len, words[w], &text, &text_len))
        w++;
    if (w == 3) {
        npi_replies_fail(r, "reply.malformed", "neither +OK nor -ERR:", line, len);
        return;
    }
    npi_replies_word(r, words[w]);
    npi_replies_text(r, text, text_len);
    npi_replies_answered(r, 0);
    if (w == 0 && multi)
        r->mode = NPI_REPLY_DOTTED;
    else
        npi_replies_done(r);
}

const npi_reply_form npi_reply_pop3 = {.mode = NPI_REPLY_LINES,
                                       .line = pop3_line,
                                       .end = npi_replies_fail_closed,
                                       .command = pop3_command};
