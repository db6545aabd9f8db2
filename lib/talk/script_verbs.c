/* SPDX-License-Identifier: MIT */
/*
 * Decides what may follow each verb.
 */
#include <string.h>

#include "base/text.h"
#include "talk/script_inside.h"

enum { OCTETS_MAX = 1024 }; /* of one expect hex */

/* ---- verbs -------------------------------------------------------------------------------- */

static bool parse_protocol(npi_parser *p)
{
    npi_piece word;
    char shown[64];
    if (!npi_cursor_word(&p->c, "a protocol, as smtp", &word))
        return false;
    npi_speech s = npi_speech_of(word.at, word.len);
    if (!s)
        return npi_cursor_fault(&p->c, word.at,
                                "'%s' is not a protocol: smtp, lmtp, pop3, imap, http, line or raw",
                                npi_piece_shown(word, shown));
    if (p->c.s->speech && (p->depth == 0 || p->c.s->speech != s))
        return npi_cursor_fault(&p->c, word.at,
                                "one protocol for a script, and this is the second");
    p->c.s->speech = s;
    return npi_cursor_done(&p->c);
}

static bool parse_names(npi_parser *p, bool secret)
{
    npi_piece word;
    if (npi_cursor_at_end(&p->c))
        return npi_cursor_fault(&p->c, p->c.at, "names are missing here");
    while (!npi_cursor_at_end(&p->c)) {
        npi_cursor_word(&p->c, "", &word);
        int32_t v = npi_cursor_variable(&p->c, word, !secret);
        if (v < 0)
            return false;
        p->c.s->variables[v].secret |= secret;
        p->c.s->variables[v].needed |= !secret;
    }
    return true;
}

static bool parse_need(npi_parser *p)
{
    return parse_names(p, false);
}

static bool parse_secret(npi_parser *p)
{
    return parse_names(p, true);
}

static bool parse_assignment(npi_parser *p)
{
    npi_piece word;
    npi_template t;
    if (!npi_cursor_word(&p->c, "a name", &word))
        return false;
    int32_t v = npi_cursor_variable(&p->c, word, true);
    if (v < 0 || !npi_cursor_tail(&p->c, &t))
        return false;
    npi_parser_last(p)->name = v;
    npi_parser_last(p)->text = t;
    return true;
}

static bool parse_connect(npi_parser *p)
{
    npi_template t;
    if (npi_cursor_at_end(&p->c) || !npi_cursor_text(&p->c, "a host", &t))
        return npi_cursor_fault(&p->c, p->c.at, "where to: HOST, HOST:PORT or unix:PATH");
    npi_parser_last(p)->text = t;
    const npi_part *first = &p->c.s->parts[t.first];
    if (t.count > 0 && first->name < 0 && first->literal.len >= 5 &&
        memcmp(npi_script_at(p->c.s, first->literal), "unix:", 5) == 0)
        npi_parser_last(p)->option = NPI_CONNECT_UNIX;
    else if (npi_cursor_take(&p->c, "tls"))
        npi_parser_last(p)->option = NPI_CONNECT_TLS;
    return npi_cursor_done(&p->c);
}

static bool parse_tls(npi_parser *p)
{
    static const char *const keys[] = {"verify", "name", "ca",   "cert",     "key",
                                       "min",    "max",  "alpn", "plaintext"};
    npi_piece word;
    char shown[64];
    npi_template t;
    if (!npi_cursor_word(&p->c, "what of TLS: verify, name, ca, cert, key, min, max, alpn", &word))
        return false;
    size_t k = 0;
    while (k < sizeof keys / sizeof *keys && !npi_piece_is(word, keys[k]))
        k++;
    if (k == sizeof keys / sizeof *keys)
        return npi_cursor_fault(
            &p->c, word.at,
            "'%s' is not of TLS: verify, name, ca, cert, key, min, max, alpn or "
            "plaintext",
            npi_piece_shown(word, shown));
    npi_parser_last(p)->option = (uint8_t)k;
    npi_cursor_at_end(&p->c);
    const char *at = p->c.at;
    if (k == NPI_TLS_KEY_VERIFY && !npi_cursor_take(&p->c, "off") && !npi_cursor_take(&p->c, "on"))
        return npi_cursor_fault(&p->c, at, "on or off");
    if (k == NPI_TLS_KEY_VERIFY) {
        npi_parser_last(p)->number = p->c.at[-1] == 'n';
        return npi_cursor_done(&p->c);
    }
    if (k == NPI_TLS_KEY_PLAINTEXT && !npi_cursor_take(&p->c, "ok"))
        return npi_cursor_fault(&p->c, at, "'tls plaintext ok' lets passwords go without TLS");
    if (k == NPI_TLS_KEY_PLAINTEXT)
        return npi_cursor_done(&p->c);
    if (!npi_cursor_tail(&p->c, &t))
        return false;
    npi_parser_last(p)->text = t;
    return t.count > 0 || npi_cursor_fault(&p->c, p->c.at, "its value is missing here");
}

static bool parse_starttls(npi_parser *p)
{
    if (npi_cursor_take(&p->c, "now"))
        npi_parser_last(p)->option = NPI_STARTTLS_NOW;
    else if (npi_cursor_take(&p->c, "anyway"))
        npi_parser_last(p)->option = NPI_STARTTLS_ANYWAY;
    return npi_cursor_done(&p->c);
}

static bool parse_send(npi_parser *p)
{
    npi_template t;
    bool ok;
    if (npi_cursor_take(&p->c, "hex")) {
        npi_parser_last(p)->option = NPI_SEND_HEX;
        ok = npi_cursor_hex(&p->c, &t);
    } else if (npi_cursor_take(&p->c, "raw")) {
        npi_parser_last(p)->option = NPI_SEND_RAW;
        if (npi_cursor_at_end(&p->c) || *p->c.at != '"')
            return npi_cursor_fault(&p->c, p->c.at,
                                    "octets stand in quotes here: send raw \"...\"");
        ok = npi_cursor_text(&p->c, "octets", &t) && npi_cursor_done(&p->c);
    } else {
        ok = npi_cursor_tail(&p->c, &t);
    }
    if (ok)
        npi_parser_last(p)->text = t;
    return ok;
}

static bool parse_message(npi_parser *p)
{
    npi_template t;
    if (!npi_cursor_here(&p->c, &t))
        return false;
    npi_parser_last(p)->text = t;
    return true;
}

/* "2b", or "??" for any. */
static bool take_octet(npi_cursor *c, npi_piece word, char *mask)
{
    int octet = 0;
    *mask = npi_piece_is(word, "??") ? 0 : (char)0xff;
    for (size_t i = 0; *mask && i < 2; i++) {
        int digit = i < word.len ? npi_hex_digit(word.at[i]) : -1;
        if (digit < 0 || word.len > 2)
            return npi_cursor_fault(c, word.at, "octets are two hexadecimal digits each, or ??");
        octet = octet << 4 | digit;
    }
    npi_buf_char(&c->s->text, (char)octet);
    return true;
}

/* "2b ?? 0d": octets, and which of them matter. */
static bool parse_expect_hex(npi_parser *p)
{
    npi_cursor *c = &p->c;
    char mask[OCTETS_MAX];
    size_t count = 0, begin = c->s->text.len;
    while (!npi_cursor_at_end(c)) {
        npi_piece word;
        npi_cursor_word(c, "", &word);
        if (npi_piece_is(word, "within")) {
            if (!npi_cursor_duration(c, &npi_parser_last(p)->duration))
                return false;
            break;
        }
        if (count == sizeof mask)
            return npi_cursor_fault(c, word.at, "more than %d octets", OCTETS_MAX);
        if (!take_octet(c, word, &mask[count++]))
            return false;
    }
    npi_parser_last(p)->octets = (npi_span){(uint32_t)begin, (uint32_t)count};
    npi_parser_last(p)->mask = npi_script_keep(c->s, mask, count);
    return (count > 0 || npi_cursor_fault(c, c->at, "octets are missing here")) &&
           npi_cursor_done(c);
}

static bool parse_expect(npi_parser *p)
{
    if (npi_cursor_take(&p->c, "hex")) {
        npi_parser_last(p)->option = NPI_EXPECT_HEX;
        return parse_expect_hex(p);
    }
    if (!npi_cursor_take(&p->c, "close"))
        return npi_cursor_match(&p->c, true);
    npi_parser_last(p)->option = NPI_EXPECT_CLOSE;
    if (npi_cursor_take(&p->c, "within") &&
        !npi_cursor_duration(&p->c, &npi_parser_last(p)->duration))
        return false;
    return npi_cursor_done(&p->c);
}

static bool parse_wait(npi_parser *p)
{
    if (!npi_cursor_match(&p->c, false))
        return false;
    return npi_parser_last(p)->duration > 0 ||
           npi_cursor_fault(&p->c, p->c.end, "'wait' needs its time: within 5s");
}

static bool parse_read(npi_parser *p)
{
    if (npi_cursor_take(&p->c, "end")) {
        npi_parser_last(p)->option = NPI_READ_END;
        return npi_cursor_done(&p->c);
    }
    return npi_cursor_number(&p->c, "how many octets, or 'end'", &npi_parser_last(p)->number) &&
           npi_cursor_done(&p->c);
}

bool npi_parser_cond(npi_parser *p)
{
    npi_cond cond = {.name = -1};
    if (!npi_cursor_cond(&p->c, &cond))
        return false;
    npi_parser_last(p)->cond = cond;
    return true;
}

static bool parse_save(npi_parser *p)
{
    npi_piece word;
    npi_value v;
    npi_cond cond = {.name = -1};
    if (!npi_cursor_word(&p->c, "a name", &word))
        return false;
    int32_t name = npi_cursor_variable(&p->c, word, true);
    if (name < 0)
        return false;
    npi_parser_last(p)->name = name;
    if (npi_cursor_take(&p->c, "=")) {
        if (!npi_cursor_subject(&p->c, &cond))
            return false;
        npi_parser_last(p)->option = NPI_SAVE_SUBJECT;
        npi_parser_last(p)->cond = cond;
        return npi_cursor_done(&p->c);
    }
    if (!npi_cursor_take(&p->c, "from"))
        return npi_cursor_fault(&p->c, p->c.at, "'from /(...)/' or '= code' must follow the name");
    npi_cursor_at_end(&p->c);
    const char *at = p->c.at;
    if (!npi_cursor_value(&p->c, "a pattern", &v))
        return false;
    if (v.kind != NPI_VALUE_PATTERN)
        return npi_cursor_fault(&p->c, at, "a pattern with a group must follow: /(...)/");
    if (!npi_script_add_value(p->c.s, &v))
        return false;
    npi_parser_last(p)->value_count = 1;
    return npi_cursor_done(&p->c);
}

static bool parse_auth(npi_parser *p)
{
    static const char *const names[] = {"plain",   "login",       "cram-md5",
                                        "xoauth2", "oauthbearer", "user"};
    npi_piece word;
    char shown[64];
    npi_template user, pass;
    if (!npi_cursor_word(&p->c, "how to log in: plain, login, cram-md5, xoauth2, oauthbearer, user",
                         &word))
        return false;
    size_t k = 0;
    while (k < sizeof names / sizeof *names && !npi_piece_is(word, names[k]))
        k++;
    if (k == sizeof names / sizeof *names)
        return npi_cursor_fault(&p->c, word.at,
                                "'%s' is no way to log in: plain, login, cram-md5, xoauth2, "
                                "oauthbearer or user",
                                npi_piece_shown(word, shown));
    npi_parser_last(p)->option = (uint8_t)k;
    if (!npi_cursor_text(&p->c, "the user", &user) ||
        !npi_cursor_text(&p->c, "the password", &pass))
        return false;
    npi_parser_last(p)->text = user;
    npi_parser_last(p)->more = pass;
    return npi_cursor_done(&p->c);
}

static bool parse_get(npi_parser *p)
{
    npi_template t;
    if (!npi_cursor_text(&p->c, "a path, as /", &t))
        return false;
    npi_parser_last(p)->text = t;
    if (npi_cursor_take(&p->c, "follow") &&
        !npi_cursor_number(&p->c, "how many redirects", &npi_parser_last(p)->number))
        return false;
    return npi_cursor_done(&p->c);
}

static bool parse_post(npi_parser *p)
{
    npi_template path, body;
    if (!npi_cursor_text(&p->c, "a path, as /", &path) || !npi_cursor_here(&p->c, &body))
        return false;
    npi_parser_last(p)->text = path;
    npi_parser_last(p)->more = body;
    return true;
}

static bool parse_tail(npi_parser *p)
{
    npi_template t;
    if (!npi_cursor_tail(&p->c, &t))
        return false;
    npi_parser_last(p)->text = t;
    return true;
}

/* An empty line would end the head of the request. */
static bool parse_header(npi_parser *p)
{
    return parse_tail(p) &&
           (npi_parser_last(p)->text.count > 0 ||
            npi_cursor_fault(&p->c, p->c.at, "a header is missing here: NAME: VALUE"));
}

static bool parse_duration(npi_parser *p)
{
    return npi_cursor_duration(&p->c, &npi_parser_last(p)->duration) && npi_cursor_done(&p->c);
}

static bool parse_nothing(npi_parser *p)
{
    return npi_cursor_done(&p->c);
}

/* Understood, but of protocols that are not built: a run says so. */
static bool parse_rest(npi_parser *p)
{
    p->c.at = p->c.end;
    return true;
}

/* ---- all of them -------------------------------------------------------------------------- */

bool npi_parser_verb(npi_parser *p, npi_verb v)
{
    static bool (*const parsers[NPI_VERB_COUNT])(npi_parser *) = {
        [NPI_VERB_PROTOCOL] = parse_protocol, [NPI_VERB_NEED] = parse_need,
        [NPI_VERB_SECRET] = parse_secret,     [NPI_VERB_DEFAULT] = parse_assignment,
        [NPI_VERB_SET] = parse_assignment,    [NPI_VERB_CONNECT] = parse_connect,
        [NPI_VERB_TLS] = parse_tls,           [NPI_VERB_STARTTLS] = parse_starttls,
        [NPI_VERB_SEND] = parse_send,         [NPI_VERB_MESSAGE] = parse_message,
        [NPI_VERB_EXPECT] = parse_expect,     [NPI_VERB_WAIT] = parse_wait,
        [NPI_VERB_READ] = parse_read,         [NPI_VERB_CHECK] = npi_parser_cond,
        [NPI_VERB_WARN] = npi_parser_cond,    [NPI_VERB_SAVE] = parse_save,
        [NPI_VERB_AUTH] = parse_auth,         [NPI_VERB_GET] = parse_get,
        [NPI_VERB_HEAD] = parse_get,          [NPI_VERB_POST] = parse_post,
        [NPI_VERB_HEADER] = parse_header,     [NPI_VERB_DATA] = parse_rest,
        [NPI_VERB_LDAP] = parse_rest,         [NPI_VERB_TIMEOUT] = parse_duration,
        [NPI_VERB_DEADLINE] = parse_duration, [NPI_VERB_STEP] = parse_tail,
        [NPI_VERB_NOTE] = parse_tail,         [NPI_VERB_CLOSE] = parse_nothing,
        [NPI_VERB_SKIP] = parse_tail,         [NPI_VERB_FAIL] = parse_tail,
    };
    return parsers[v](p);
}
