/* SPDX-License-Identifier: MIT */
/*
 * Reading replies, pure: octets in, complete replies out, as the protocols define where one ends.
 * How the stream was cut into pieces makes no difference. Whatever a peer may send has a limit,
 * which is checked before octets are stored, and a name of its own when it is broken.
 *
 *     new -> command, feed -> next until MORE -> command, feed ... -> end -> next -> free
 *
 * A reply is read while it comes, in the light of the commands that were told before. So tell a
 * command before its answer can come, and a greeting needs none.
 */
#ifndef NPI_TALK_REPLY_H
#define NPI_TALK_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

typedef enum npi_framing {
    NPI_FRAMING_SMTP, /* and LMTP: RFC 5321 4.2, RFC 2033 */
    NPI_FRAMING_POP3, /* RFC 1939, 2449 */
    NPI_FRAMING_IMAP, /* RFC 9051 2.2, 7 */
    NPI_FRAMING_HTTP, /* RFC 9112 */
    NPI_FRAMING_LINE, /* each line is a reply */
    NPI_FRAMING_RAW   /* whatever has come is a reply */
} npi_framing;

/* What a peer may send at most; each has a default and an option. */
typedef struct npi_reply_limits {
    size_t line;  /* octets of a line without its LF, 64 KiB; not in bodies and HTTP heads */
    size_t lines; /* of one reply, or header lines of one HTTP answer, 1,000; not in bodies */
    size_t reply; /* octets of one reply without literals and bodies, 1 MiB */
    size_t body;  /* octets of all literals, of a multi-line or HTTP body, 8 MiB */
    size_t head;  /* octets of an HTTP head with its trailers, 100 KiB */
} npi_reply_limits;

extern const npi_reply_limits npi_reply_limits_default;

/* One complete reply. What it points to lives until the next `feed`, `next` or `free`. */
typedef struct npi_answer {
    int code;            /* three digits: SMTP, HTTP; else 0 */
    char word[12];       /* "+OK" "-ERR" "+" "OK" "NO" "BAD" "BYE" "PREAUTH", upper case; else "" */
    char enhanced[12];   /* SMTP's "5.7.1" (RFC 3463); else "" */
    /* Lines without codes, tags, "* " and line ends, joined by LF, NUL-terminated. HTTP: the reason
     * phrase; POP3: the first line; IMAP: without literals, the answer's own status comes last. */
    const char *text;
    size_t text_len;
    const char *raw;     /* the octets as they came, heads of HTTP included, without the body */
    size_t raw_len;
    const char *body;    /* POP3's lines (dots removed), IMAP's literals, HTTP's content: octets */
    size_t body_len;
    size_t line_count;   /* POP3: with those of the body; HTTP: status, header and trailer lines */
    bool closes;         /* 421, BYE, Connection: close, HTTP/1.0: the peer is about to close */
    bool last;           /* false for IMAP's "+ ", which the same command's answer follows */
} npi_answer;

/* An HTTP header line, or trailer, of the answer that was handed out last. */
typedef struct npi_header {
    const char *name, *value; /* NUL-terminated, folds joined by a blank */
    size_t value_len;
    bool trailer;
} npi_header;

typedef struct npi_replies npi_replies;

/* NULL when out of memory. `limits` is copied; NULL for the defaults. */
npi_replies *npi_replies_new(const npi_mem *mem, npi_framing framing,
                             const npi_reply_limits *limits);
void npi_replies_free(npi_replies *r);

/*
 * The command that is sent now, without its line end: what its answer looks like depends on it
 * (POP3: CAPA, RETR, TOP, LIST and UIDL without argument are multi-line; IMAP: its tag is the first
 * word; HTTP: "HEAD ..." has no body). Commands queue up, answers take them in order. Data that
 * goes out after IMAP's "+" may be told too: it belongs to the same command. An empty command in
 * IMAP and POP3 stands for the greeting: told first, it lets commands be sent before that came.
 * `multi`: 1 the answer goes on over lines whatever the table says, 0 it does not, -1 by the table.
 * False when out of memory.
 */
bool npi_replies_command(npi_replies *r, const char *line, size_t len, int multi);

/*
 * Octets that came. False: out of memory, or more waits than one reply may have (the problem is
 * set, and `next` comes to it when it has handed out what was complete).
 */
bool npi_replies_feed(npi_replies *r, const void *data, size_t len);

/* No more octets will come. */
void npi_replies_end(npi_replies *r);

typedef enum npi_reply_step {
    NPI_REPLY_MORE,   /* not complete yet */
    NPI_REPLY_ANSWER,
    NPI_REPLY_CLOSED, /* the stream has ended, and nothing was begun */
    NPI_REPLY_BROKEN  /* problem and sentence say what, at the end of the stream "reply.closed"; it
                         stays broken. With "http.truncated" the answer has what came of it */
} npi_reply_step;

npi_reply_step npi_replies_next(npi_replies *r, npi_answer *out);

/*
 * What broke, and a sentence without final dot, peer's octets escaped. "" for none.
 *
 *     reply.malformed        what came is no reply of this protocol
 *     reply.closed           the stream ended in the middle of one
 *     limit.line, limit.body, limit.headers
 *     limit.reply            too many octets, lines, interim answers, chunk extensions
 *     http.not-http          no status line
 *     http.bad-status, http.bad-header, http.bad-length, http.bad-chunk
 *     http.bad-coding        a Transfer-Encoding that is not "chunked", once, in HTTP/1.1
 *     http.ambiguous-length  two lengths
 *     http.bad-upgrade       101, which nobody asked for
 *     http.extra-octets      a request was sent although octets waited behind the answer before it
 *     http.truncated         the stream ended in the body
 *     memory
 */
const char *npi_replies_problem(const npi_replies *r);
const char *npi_replies_sentence(const npi_replies *r);

/*
 * Things that are accepted although they are not as they should be, as "bare LF", "folded header",
 * "http.extra-octets"; each once in the life of a reader.
 */
int npi_replies_note_count(const npi_replies *r);
const char *npi_replies_note(const npi_replies *r, int index);

/* Headers of the answer handed out last, in order; then its trailers. */
int npi_replies_header_count(const npi_replies *r);
bool npi_replies_header(const npi_replies *r, int index, npi_header *out);

/* Octets that wait and belong to no answer handed out: before STARTTLS there must be none. */
size_t npi_replies_waiting(const npi_replies *r);

#endif
