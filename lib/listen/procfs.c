/* SPDX-License-Identifier: MIT */
/*
 * Decides what the text of /proc means. Fields are counted from what cannot be forged: behind the
 * last bracket of stat, since a process may be called ") R 1".
 */
#include "listen/procfs.h"

#include <string.h>

enum { DECIMAL = 10, HEXADECIMAL = 16, ACCEPTS = 0x10000 /* __SO_ACCEPTCON, of unix sockets */ };

bool npi_proc_line(npi_text *rest, npi_text *line)
{
    if (rest->len == 0)
        return false;
    const char *end = memchr(rest->at, '\n', rest->len);
    line->at = rest->at;
    line->len = end ? (size_t)(end - rest->at) : rest->len;
    size_t step = line->len + (end != NULL);
    rest->at += step;
    rest->len -= step;
    return true;
}

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + DECIMAL;
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + DECIMAL;
    return HEXADECIMAL;
}

static bool number(npi_text text, unsigned base, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned d = digit(text.at[i]);
        if (d >= base || v > (UINT64_MAX - d) / base)
            return false;
        v = v * base + d;
    }
    *out = v;
    return text.len > 0;
}

bool npi_proc_number(npi_text text, uint64_t *out)
{
    return number(text, DECIMAL, out);
}

/* The next word between blanks. */
static bool word(npi_text *rest, npi_text *out)
{
    while (rest->len > 0 && (*rest->at == ' ' || *rest->at == '\t')) {
        rest->at++;
        rest->len--;
    }
    size_t n = 0;
    while (n < rest->len && rest->at[n] != ' ' && rest->at[n] != '\t' && rest->at[n] != '\n')
        n++;
    *out = (npi_text){rest->at, n};
    rest->at += n;
    rest->len -= n;
    return n > 0;
}

static bool word_number(npi_text *rest, unsigned base, uint64_t *out)
{
    npi_text w;
    return word(rest, &w) && number(w, base, out);
}

static const char *last_bracket(const char *text, size_t len)
{
    while (len > 0 && text[len - 1] != ')')
        len--;
    return len > 0 ? text + len - 1 : NULL;
}

bool npi_proc_stat_parse(const char *text, size_t len, npi_proc_stat *out)
{
    enum { STATE = 3, THREADS = 20, START = 22 }; /* proc(5) counts from 1 */
    const char *bracket = last_bracket(text, len);
    if (!bracket)
        return false;
    npi_text rest = {bracket + 1, (size_t)(text + len - bracket - 1)}, w;
    uint64_t threads = 0, start = 0;
    for (int field = STATE; field <= START; field++) {
        if (!word(&rest, &w))
            return false;
        if (field == STATE)
            out->state = w.at[0];
        if (field == THREADS && !number(w, DECIMAL, &threads))
            return false;
        if (field == START && !number(w, DECIMAL, &start))
            return false;
    }
    out->threads = threads <= INT32_MAX ? (int64_t)threads : INT32_MAX;
    out->start_ticks = start <= INT64_MAX ? (int64_t)start : INT64_MAX;
    return true;
}

static bool starts(npi_text text, const char *with)
{
    size_t n = strlen(with);
    return text.len >= n && memcmp(text.at, with, n) == 0;
}

bool npi_proc_status_uid(const char *text, size_t len, uint32_t *uid)
{
    npi_text rest = {text, len}, line;
    uint64_t real, effective;
    while (npi_proc_line(&rest, &line)) {
        if (!starts(line, "Uid:"))
            continue;
        npi_text words = {line.at + 4, line.len - 4};
        if (!word_number(&words, DECIMAL, &real) || !word_number(&words, DECIMAL, &effective) ||
            effective > UINT32_MAX)
            return false;
        *uid = (uint32_t)effective;
        return true;
    }
    return false;
}

uint32_t npi_proc_link_inode(const char *text, size_t len)
{
    static const char before[] = "socket:[";
    uint64_t inode;
    npi_text t = {text, len};
    if (!starts(t, before) || text[len - 1] != ']')
        return 0;
    npi_text digits = {text + sizeof before - 1, len - sizeof before};
    return number(digits, DECIMAL, &inode) && inode <= UINT32_MAX ? (uint32_t)inode : 0;
}

/* What stands behind the second colon: "12:cpu,cpuacct:/path". */
static npi_text behind_colons(npi_text line, npi_text *controllers)
{
    const char *first = memchr(line.at, ':', line.len);
    size_t left = first ? line.len - (size_t)(first + 1 - line.at) : 0;
    const char *second = first ? memchr(first + 1, ':', left) : NULL;
    if (!second)
        return (npi_text){line.at, 0};
    *controllers = (npi_text){first + 1, (size_t)(second - first - 1)};
    return (npi_text){second + 1, (size_t)(line.at + line.len - second - 1)};
}

npi_text npi_proc_cgroup(const char *text, size_t len)
{
    npi_text rest = {text, len}, line, best = {text, 0};
    while (npi_proc_line(&rest, &line)) {
        npi_text controllers = {line.at, 0};
        npi_text path = behind_colons(line, &controllers);
        bool unified = starts(line, "0::"), systemd = starts(controllers, "name=systemd");
        if ((unified || systemd) && path.len > best.len)
            best = path;
    }
    return best;
}

/* Addresses stand as the kernel's words in hexadecimal: 0100007F is 127.0.0.1 on either end. */
static bool address(npi_text w, int family, npi_addr *out)
{
    size_t digits = family == 6 ? 32 : 8;
    uint64_t v;
    *out = (npi_addr){.family = (uint8_t)family};
    if (w.len != digits + 5 || w.at[digits] != ':')
        return false;
    for (size_t i = 0; i < digits / 8; i++) {
        if (!number((npi_text){w.at + 8 * i, 8}, HEXADECIMAL, &v))
            return false;
        uint32_t host = (uint32_t)v;
        memcpy(out->octets + 4 * i, &host, sizeof host);
    }
    if (!number((npi_text){w.at + digits + 1, 4}, HEXADECIMAL, &v))
        return false;
    out->port = (uint16_t)v;
    return true;
}

/* "00000000:00000003": octets to be sent, and received or connections that wait. */
static bool queues(npi_text w, uint64_t *send, uint64_t *receive)
{
    return w.len == 17 && w.at[8] == ':' && number((npi_text){w.at, 8}, HEXADECIMAL, send) &&
           number((npi_text){w.at + 9, 8}, HEXADECIMAL, receive);
}

bool npi_proc_net_inet(npi_text line, int protocol, int family, npi_sock *out)
{
    npi_text w, local, peer, queue;
    uint64_t state, send, receive, uid, inode, ignored;
    memset(out, 0, sizeof *out);
    if (!word(&line, &w) || w.at[w.len - 1] != ':' || !word(&line, &local) ||
        !word(&line, &peer) || !word_number(&line, HEXADECIMAL, &state) || !word(&line, &queue) ||
        !word(&line, &w) || !word(&line, &w) || !word_number(&line, DECIMAL, &uid) ||
        !word_number(&line, DECIMAL, &ignored) || !word_number(&line, DECIMAL, &inode))
        return false;
    if (!address(local, family, &out->local) || !address(peer, family, &out->peer) ||
        !queues(queue, &send, &receive) || state > UINT8_MAX || uid > UINT32_MAX ||
        inode > UINT32_MAX)
        return false;
    out->protocol = (uint8_t)protocol;
    out->state = (uint8_t)state;
    out->queue = (uint32_t)receive;
    out->limit = (uint32_t)send;
    out->uid = (uint32_t)uid;
    out->inode = (uint32_t)inode;
    out->procfs = true;
    return true;
}

/* SS_UNCONNECTED 1, SS_CONNECTING 2, SS_CONNECTED 3 as the states that sock_diag tells. */
static uint8_t unix_state(uint64_t state, uint64_t flags)
{
    if (flags & ACCEPTS)
        return NPI_LISTEN;
    return state == 3 ? NPI_ESTABLISHED : NPI_CLOSE;
}

bool npi_proc_net_unix(npi_text line, npi_sock *out, npi_text *name)
{
    npi_text w;
    uint64_t references, protocol, flags, type, state, inode;
    memset(out, 0, sizeof *out);
    if (!word(&line, &w) || w.at[w.len - 1] != ':' ||
        !word_number(&line, HEXADECIMAL, &references) ||
        !word_number(&line, HEXADECIMAL, &protocol) || !word_number(&line, HEXADECIMAL, &flags) ||
        !word_number(&line, HEXADECIMAL, &type) || !word_number(&line, HEXADECIMAL, &state) ||
        !word_number(&line, DECIMAL, &inode) || type > UINT8_MAX || inode > UINT32_MAX)
        return false;
    if (line.len > 0) { /* one blank, then the name with all the blanks that it has */
        line.at++;
        line.len--;
    }
    *name = line;
    out->protocol = NP_PROTOCOL_UNIX;
    out->type = (uint8_t)type;
    out->state = unix_state(state, flags);
    out->inode = (uint32_t)inode;
    out->procfs = true;
    return true;
}
