/* SPDX-License-Identifier: MIT */
/**
 * Conversations: what people say to a server by hand with telnet, openssl s_client or curl, said
 * by a script or step by step, with every reply, time and certificate as a result.
 *
 *     np_talk_new -- idle -- steps --start--> running <-> paused --> ended (DONE waits)
 *                                     ^                                | DONE delivered
 *                                     +-------- more steps ------ stopped
 *
 * A run takes the steps that were added since the last one, and leaves the connection open: the
 * next run goes on from there, also after an expectation that was not met. After a time-out, a
 * broken connection or a cancel the conversation is over until clear.
 */
#ifndef NETPROBE_TALK_H
#define NETPROBE_TALK_H

#include <netprobe/context.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct np_script np_script;
typedef struct np_talk np_talk;

/** What became of a step. */
typedef enum np_step_state {
    NP_STEP_INVALID = -1,
    NP_STEP_UNKNOWN = 0,
    NP_STEP_OK = 1,
    NP_STEP_FAILED = 2,  /* an expectation or condition that was not met, or trouble */
    NP_STEP_WARNED = 3,  /* a `warn` that does not hold */
    NP_STEP_UNMET = 4,   /* inside `optional`: not met, and skipped */
    NP_STEP_RUNNING = 5
} np_step_state;

/** Who says a line of the transcript. */
typedef enum np_direction {
    NP_DIRECTION_INVALID = -1,
    NP_DIRECTION_NOTE = 0,     /* nobody: what happened, as "connected to 192.0.2.25" */
    NP_DIRECTION_SENT = 1,
    NP_DIRECTION_RECEIVED = 2
} np_direction;

/**
 * One step that was run, in order. Texts are escaped, secrets stand as "<name>"; they are never
 * NULL, and live until the object is pumped, set, started, cleared or freed.
 */
typedef struct np_step {
    int32_t line;         /* in its file; 0 for steps that a program added */
    int32_t state;        /* np_step_state */
    int32_t code;         /* of the reply it was about; 0 none */
    int32_t reserved;
    int64_t start_ns;     /* after the run began */
    int64_t duration_ns;  /* -1 while it runs */
    int64_t first_octet_ns; /* after the step began, of the reply; -1 none */
    const char *verb;     /* "expect" */
    const char *label;    /* the step as it stands in the script */
    const char *file;     /* "" for steps that a program added */
    const char *reply;    /* first line of the reply it was about */
    const char *note;     /* why it failed or warned */
} np_step;

/** One line of the transcript. */
typedef struct np_line {
    int32_t direction; /* np_direction */
    int32_t step;      /* index of the step that it belongs to; -1 none */
    int64_t time_ns;   /* after the run began */
    const char *text;
    size_t text_len;
    const void *octets;  /* with the option "octets": what went over the connection, inside TLS,
                            line end and all, stars for secrets; NULL where another line tells it */
    size_t octets_len;
    int32_t is_data;     /* 1: they are content, a mail or a page, and text may be "" */
    int32_t reserved;    /* 0 */
} np_line;

/** An address that a connection was tried to. */
typedef struct np_attempt {
    char addr[64];
    int32_t port;
    int32_t status;       /* np_status; NP_OK: connected. NP_ERR_CANCELLED: another was faster */
    int64_t start_ns;     /* after the run began */
    int64_t duration_ns;  /* -1 while it is tried */
    const char *error;    /* its sentence, "" for none */
} np_attempt;

/** One certificate, the server's own first, as received. Texts as in np_step. */
typedef struct np_certificate {
    int64_t not_before_ns, not_after_ns; /* CLOCK_REALTIME */
    int64_t days_left;                   /* negative: expired so long ago */
    const char *subject, *issuer;        /* RFC 2253 */
    const char *names;                   /* "DNS:a, IP:192.0.2.1" */
    const char *serial, *signature, *key, *sha256;
    const void *der;
    size_t der_len;
} np_certificate;

/** A conversation as a whole. Durations are -1 where they did not happen. */
typedef struct np_talk_info {
    char addr[64];       /* peer, numeric; "" before connect or for a unix socket */
    char source[64];     /* local address */
    int32_t port;
    int32_t secure;      /* 1: TLS */
    int32_t verified;    /* 1: chain and name were verified */
    int32_t resumed;     /* 1: an earlier TLS session was taken up */
    int32_t warnings;
    int32_t skipped;     /* 1: the script said skip */
    int32_t redirects;   /* followed */
    int32_t code;        /* of the last reply, goodbyes apart; 0 none */
    int64_t start_ns;    /* when the first run began, CLOCK_REALTIME; -1 not yet */
    int64_t resolve_ns, connect_ns, tls_ns, banner_ns;
    int64_t total_ns;    /* begin to the last reply */
    uint64_t sent_octets, received_octets; /* of the protocol, inside TLS */
    const char *protocol, *host;
    const char *error_name; /* "reply.unexpected"; "" for none. Stable names, in netprobe(7) */
    const char *tls_version, *tls_cipher, *tls_group, *tls_alpn;
} np_talk_info;

/**
 * Read a script from a file. NULL when out of memory; whatever else is wrong is told by
 * np_script_status and np_script_error, and by the run that is given it. Since 0.1.
 */
NP_API np_script *np_script_load(const char *file);

/**
 * Parse a script from memory. NULL when out of memory. Includes are refused.
 *
 * text  UTF-8, len octets.
 * name  what to call it in messages.
 *
 * Since 0.1.
 */
NP_API np_script *np_script_parse(const char *text, size_t len, const char *name);

/** Free; conversations that use it keep their own hold. NULL is fine. Since 0.1. */
NP_API void np_script_free(np_script *s);

/** NP_OK, NP_ERR_INVALID for errors in the script or a file that cannot be read. Since 0.1. */
NP_API np_status np_script_status(const np_script *s);

/** The first error, as "mail.talk:4:1: 'expct' is not a verb"; "" for none. Since 0.1. */
NP_API const char *np_script_error(const np_script *s);

/** How many errors there are. Since 0.1. */
NP_API int np_script_error_count(const np_script *s);

/** Error `index` as one sentence; "" beyond the count. Since 0.1. */
NP_API const char *np_script_get_error(const np_script *s, int index);

/** The line of error `index`, and below it a caret; may be "". Since 0.1. */
NP_API const char *np_script_get_excerpt(const np_script *s, int index);

/** The line that error `index` is about, from 1; 0 beyond the count. Since 0.1. */
NP_API int np_script_error_line(const np_script *s, int index);

/** Make a conversation in ctx, idle. NULL when out of memory or ctx is NULL. Since 0.1. */
NP_API np_talk *np_talk_new(np_context *ctx);

/** Free, in any state, also after its context. NULL is fine. Since 0.1. */
NP_API void np_talk_free(np_talk *k);

/**
 * Set an option by name; the table of names stands in netprobe(3). Returns NP_ERR_INVALID,
 * NP_ERR_RANGE, NP_ERR_STATE while running, NP_ERR_FORKED, NP_ERR_NOMEM. Latches. Since 0.1.
 */
NP_API np_status np_talk_set(np_talk *k, const char *name, const char *text);

/**
 * Where to: "smtp://mail.example.org:587", "https://www.example.org/path", "imaps://mail". The
 * scheme gives protocol, port and TLS: smtp, smtps, submission, submissions, lmtp, pop3, pop3s,
 * imap, imaps, http, https, tcp, tls. Host, port, path, url and user are variables of scripts.
 * Steps that a program adds connect there before the first of them. Statuses as np_talk_set. Since
 * 0.1.
 */
NP_API np_status np_talk_set_url(np_talk *k, const char *url);

/** A variable of scripts. Copied. Statuses as np_talk_set. Since 0.1. */
NP_API np_status np_talk_set_variable(np_talk *k, const char *name, const char *value);

/** The same, and it is shown nowhere. Since 0.1. */
NP_API np_status np_talk_set_secret(np_talk *k, const char *name, const char *value);

/**
 * How many events wait in this conversation's ring before the oldest is dropped, 0 to 65536,
 * default 0: none. Its only event is NP_EV_READABLE; DONE comes always. Statuses as np_talk_set.
 * Since 0.1.
 */
NP_API np_status np_talk_set_events(np_talk *k, int64_t count);

/** A pointer of the program's own, handed back in events. Since 0.1. */
NP_API np_status np_talk_set_user(np_talk *k, void *user);

/** Add the steps of a script. One with errors latches. NP_ERR_STATE while running. Since 0.1. */
NP_API np_status np_talk_add_script(np_talk *k, np_script *s);

/** Add a step: send a line, with its line end. No CR, LF, NUL in it. Since 0.1. */
NP_API np_status np_talk_send_line(np_talk *k, const char *line);

/** Add a step: send octets as they are. Since 0.1. */
NP_API np_status np_talk_send_bytes(np_talk *k, const void *data, size_t len);

/** Add a step: the next reply must have this code, as "250", "4xx" or "+OK". Since 0.1. */
NP_API np_status np_talk_expect_code(np_talk *k, const char *code);

/** Add a step: the next reply must match this pattern (PCRE2). Since 0.1. */
NP_API np_status np_talk_expect_match(np_talk *k, const char *pattern);

/** Add a step: ask for TLS as the protocol does, and go on inside it. Since 0.1. */
NP_API np_status np_talk_start_tls(np_talk *k);

/** Add a step: close the connection. Since 0.1. */
NP_API np_status np_talk_close(np_talk *k);

/**
 * Write octets now, beside the steps, while the conversation runs: for programs between a person
 * and a server. They are copied, and go out when the connection is there. NP_ERR_STATE unless it
 * runs, NP_ERR_RANGE when more than 8 MiB would wait. Since 0.1.
 */
NP_API np_status np_talk_write(np_talk *k, const void *data, size_t len);

/**
 * Read octets: those of `protocol raw` that no step has taken, else what is left of the body of the
 * last reply. Never waits; *len is 0 when there are none. Since 0.1.
 */
NP_API np_status np_talk_read(np_talk *k, void *out, size_t size, size_t *len);

/**
 * Begin. Returns the latched error, NP_ERR_STATE while it runs or DONE waits, NP_ERR_FORKED, or
 * NP_ERR_NOMEM; everything else arrives by NP_EV_DONE. Since 0.1.
 */
NP_API np_status np_talk_start(np_talk *k);

/** Begin, and wait for the end: as start, then as DONE says. Since 0.1. */
NP_API np_status np_talk_run(np_talk *k);

/** Rest, and go on; time limits rest too. NP_ERR_STATE unless it runs. Since 0.1. */
NP_API np_status np_talk_pause(np_talk *k);

/** Go on after a pause. NP_ERR_STATE unless it runs. Since 0.1. */
NP_API np_status np_talk_resume(np_talk *k);

/** End a run now, with NP_ERR_CANCELLED; harmless otherwise. Since 0.1. */
NP_API np_status np_talk_cancel(np_talk *k);

/** Drop connection, results and steps. NP_ERR_STATE while it runs or DONE waits. Since 0.1. */
NP_API np_status np_talk_clear(np_talk *k);

/** The same, and back to defaults. NP_ERR_STATE while it runs. Since 0.1. */
NP_API np_status np_talk_reset(np_talk *k);

/** The sentence to the latched error or to the end of the last run; "" for none. Since 0.1. */
NP_API const char *np_talk_error(const np_talk *k);

/** How many steps were run so far. Since 0.1. */
NP_API int np_talk_step_count(const np_talk *k);

/** Copy step `index`. NP_ERR_RANGE beyond the count, NP_ERR_INVALID without out. Since 0.1. */
NP_API np_status np_talk_get_step(const np_talk *k, int index, np_step *out, size_t out_size);

/** How many lines the transcript has. Since 0.1. */
NP_API int np_talk_line_count(const np_talk *k);

/** Copy line `index` of the transcript. NP_ERR_RANGE beyond the count. Since 0.1. */
NP_API np_status np_talk_get_line(const np_talk *k, int index, np_line *out, size_t out_size);

/** How many addresses were tried. Since 0.1. */
NP_API int np_talk_attempt_count(const np_talk *k);

/** Copy attempt `index`. NP_ERR_RANGE beyond the count. Since 0.1. */
NP_API np_status np_talk_get_attempt(const np_talk *k, int index, np_attempt *out,
                                     size_t out_size);

/** How many certificates came. Since 0.1. */
NP_API int np_talk_certificate_count(const np_talk *k);

/** Copy certificate `index`. NP_ERR_RANGE beyond the count. Since 0.1. */
NP_API np_status np_talk_get_certificate(const np_talk *k, int index, np_certificate *out,
                                         size_t out_size);

/** How many faults the chain has, also where it was not verified. Since 0.1. */
NP_API int np_talk_fault_count(const np_talk *k);

/** Fault `index` of the chain as a sentence; "" beyond the count. Since 0.1. */
NP_API const char *np_talk_fault(const np_talk *k, int index);

/** The keys of TLS in NSS's format, when the option keylog is yes; else "". Since 0.1. */
NP_API const char *np_talk_keylog(const np_talk *k);

/** Copy what is known of the conversation as a whole. Since 0.1. */
NP_API np_status np_talk_get_info(const np_talk *k, np_talk_info *out, size_t out_size);

/** 1 when the server has said that it can do this: "STARTTLS", "AUTH PLAIN". Since 0.1. */
NP_API int np_talk_has_feature(const np_talk *k, const char *what);

/** Text of the last reply: its lines without codes, joined by LF, as octets. Since 0.1. */
NP_API const void *np_talk_reply(const np_talk *k, size_t *len);

/** Content of the last reply: an HTTP body, an IMAP literal, POP3's lines. Since 0.1. */
NP_API const void *np_talk_body(const np_talk *k, size_t *len);

/** How many header lines the last HTTP reply has. Since 0.1. */
NP_API int np_talk_header_count(const np_talk *k);

/** Header line `index` as "Name: value", escaped; "" beyond the count. Since 0.1. */
NP_API const char *np_talk_header(np_talk *k, int index);

/**
 * All results as one JSON document, schema netprobe.talk/1 (netprobe(3)); NULL for no memory.
 * Since 0.1.
 */
NP_API const char *np_talk_json(np_talk *k);

#ifdef __cplusplus
}
#endif

#endif
