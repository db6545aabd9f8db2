/* SPDX-License-Identifier: MIT */
/*
 * The conversation, without input or output: it is told what came and what the time is, and says
 * what is to be done next. A driver joins it to sockets and TLS, a test to strings.
 *
 *     next -- CONNECT --> connected or failed
 *          -- SEND -----> take what `out` holds, then sent
 *          -- TLS ------> secured or failed
 *          -- WAIT -----> feed, ended, or `until` has come
 *          -- CLOSE ----> closed
 *          -- REST -----> no step is left: add more, or be done
 *          -- END ------> over, `verdict` says how
 */
#ifndef NPI_TALK_MACHINE_H
#define NPI_TALK_MACHINE_H

#include "base/addr.h"
#include "base/time.h"
#include "netprobe/talk.h"
#include "talk/features.h"
#include "talk/reply.h"
#include "talk/script.h"
#include "talk/values.h"

typedef enum npi_act {
    NPI_ACT_CONNECT,
    NPI_ACT_SEND,
    NPI_ACT_TLS,
    NPI_ACT_WAIT,
    NPI_ACT_CLOSE,
    NPI_ACT_REST,
    NPI_ACT_END
} npi_act;

/* Where to connect to. */
typedef struct npi_machine_target {
    npi_buf host; /* name, address, or path of a unix socket */
    uint16_t port;
    bool tls, unix_socket;
} npi_machine_target;

/* What `tls` steps have set; "" is default. */
typedef struct npi_machine_tls {
    npi_buf name, ca, cert, key, min, max, alpn;
    bool verify_off, plaintext_ok;
} npi_machine_tls;

/* Facts of the connection that conditions may ask for; the driver fills them in. */
typedef struct npi_machine_facts {
    int64_t times[NPI_TIME_TOTAL + 1]; /* nanoseconds; -1 unknown */
    bool secure, loopback, resumed, trusted;
    char version[16], cipher[64], group[32], alpn[32];
    npi_addr peer;
    int64_t cert_days; /* left; INT64_MIN without a certificate */
    npi_buf cert_subject, cert_issuer, cert_names, cert_key;
    int64_t chain_length;
} npi_machine_facts;

/* What became of a step. */
typedef struct npi_record {
    npi_script *script; /* borrowed: the machine uses it */
    uint32_t step;      /* in the script */
    np_step_state state;
    int32_t code;
    npi_mono start, end;  /* end NPI_NEVER while it runs */
    npi_mono first_octet; /* of the reply; NPI_NEVER none */
    bool goodbye;         /* in the last section, which does not count for the whole time */
    uint32_t file, label, reply, note; /* in npi_machine.texts, each with its NUL; 0 is "" */
} npi_record;

/* A line of the transcript: escaped, secrets as "<name>". */
typedef struct npi_saying {
    npi_mono at;
    uint8_t direction;  /* np_direction */
    uint32_t record;    /* index + 1 of the step, 0 none */
    bool data;          /* its octets are content, and no line of the protocol */
    uint32_t text, len; /* in npi_machine.texts */
    size_t octets, octets_len; /* in npi_machine.octets, line ends among them */
} npi_saying;

/* What goes out, and how it is told. */
typedef struct npi_sent {
    const char *octets;
    size_t len;
    const char *text; /* is escaped, masked and cut into lines */
    size_t text_len;
    const char *safe; /* instead of text: holds no secret, and what it leaves out is one */
    bool is_data;
} npi_sent;

/* Steps that wait to be run. */
typedef struct npi_segment {
    npi_script *script;
    uint32_t at, end;
    bool owned; /* one use of the script is ours */
} npi_segment;

/* What went wrong: a status, a stable name as "reply.timeout", a sentence. */
typedef struct npi_trouble {
    np_status status;
    char problem[40];
    char sentence[1024];
} npi_trouble;

enum { NPI_SEGMENTS = 16, NPI_DIALOG = 3, NPI_OPTIONALS = 8 };

/* A short exchange that one step stands for: starttls, auth. */
typedef struct npi_dialog {
    int count, at;
    npi_buf lines[NPI_DIALOG];      /* what is sent */
    char shown[NPI_DIALOG][80];     /* the same for the transcript */
    const char *wanted[NPI_DIALOG]; /* word or code of the answer */
    bool asked;                     /* lines[at] is out */
    bool cram;                      /* lines[1] is made from the challenge */
} npi_dialog;

typedef struct npi_machine {
    npi_mem mem;
    npi_values values;
    npi_machine_target target;
    npi_machine_tls tls;
    npi_machine_facts facts;
    npi_reply_limits limits;
    int plaintext;     /* whether passwords may go without TLS: np_choice, auto is on loopback */
    int64_t step_time; /* setting: limit of each step, 0 as the protocol needs */
    int64_t run_time;  /* setting: limit of a run */
    npi_speech speech;

    npi_segment segments[NPI_SEGMENTS];
    int segment, segment_count;
    uint32_t optionals[NPI_OPTIONALS]; /* steps of the optional blocks that are open */
    int optional_count;

    npi_replies *replies; /* NULL for raw, and before a protocol is known */
    npi_features *features;
    npi_buf raw; /* raw: octets that no step has taken */
    npi_buf out; /* octets to be sent */
    npi_buf last_command, request_path, headers, basic;
    char method[8];  /* of the exchange that runs */
    int redirects;   /* followed so far */
    int64_t follows; /* redirects that may still be followed */
    bool held;       /* the last reply was taken by its own step, and waits to be judged */
    bool redirected; /* this exchange goes on at another place */
    bool connected, ended, greeted, begun, asked, in_always;
    bool cut;     /* ended without TLS's goodbye: what is not complete by itself is not whole */
    bool closing; /* the server has said that it is about to close */
    int tag;

    npi_buf text, body; /* of the last reply, as octets */
    size_t body_read;   /* of body, by the program */
    int code;
    char word[12], enhanced[12];
    size_t line_count;
    bool has_reply, replied; /* there is one; this step has taken it */

    npi_dialog dialog;
    int64_t timeout, deadline;   /* settings in force */
    npi_mono began, until, over; /* over: of the whole */
    npi_mono run_began;          /* began: the first of all runs */
    npi_mono step_began, first_octet, reply_began;

    npi_record *records;
    size_t record_count, record_room;
    npi_saying *sayings;
    size_t saying_count, saying_room;
    npi_buf texts;
    bool lost;             /* a line found no memory */
    bool keep_octets;      /* setting */
    npi_buf octets;        /* of the transcript */
    int warnings;
    uint32_t host_shown; /* in texts */

    npi_trouble trouble; /* the latest */
    npi_trouble verdict; /* that the run ends with: the first that was no mere note */
    bool failed;         /* there is a verdict; `always` may still run */
    bool skipped;
} npi_machine;

bool npi_machine_init(npi_machine *m, const npi_mem *mem);
void npi_machine_free(npi_machine *m);
/* Drop connection and results; keep values and settings. */
void npi_machine_clear(npi_machine *m);

/* Add steps [at, end) of a script, one use of which becomes the machine's. False when full. */
bool npi_machine_add(npi_machine *m, npi_script *s, uint32_t at, uint32_t end);

/* A run begins: time limits count from here. */
void npi_machine_begin(npi_machine *m, npi_mono now);

/*
 * Before anything is sent: secrets are hidden, and what is missing or cannot stand in a line is
 * told. False with a verdict.
 */
bool npi_machine_check(npi_machine *m);

npi_act npi_machine_next(npi_machine *m, npi_mono now);

void npi_machine_connected(npi_machine *m, npi_mono now);
void npi_machine_secured(npi_machine *m, npi_mono now);
void npi_machine_closed(npi_machine *m, npi_mono now);
void npi_machine_sent(npi_machine *m, npi_mono now);
/* False when out of memory. */
bool npi_machine_feed(npi_machine *m, npi_mono now, const void *data, size_t len);
/* The stream is over; `cut`: without TLS's goodbye, so that anybody may have ended it. */
void npi_machine_ended(npi_machine *m, bool cut);
/* Connecting or TLS went wrong. */
void npi_machine_fail(npi_machine *m, npi_mono now, np_status st, const char *problem,
                      const char *sentence);

/* Lines for the transcript. `text` is cut at its line ends, escaped and masked here. */
void npi_machine_say(npi_machine *m, npi_mono now, np_direction d, const char *text, size_t len);
/* One that may be shown as it is. */
void npi_machine_say_safe(npi_machine *m, npi_mono now, np_direction d, const char *text);
void npi_machine_say_sent(npi_machine *m, const npi_sent *sent);
/* Content that came: no line tells of it, only its octets are kept. */
void npi_machine_say_body(npi_machine *m, npi_mono now, const void *data, size_t len);

/* Texts that records keep: escaped and masked, or as they are. */
uint32_t npi_machine_keep_masked(npi_machine *m, const void *text, size_t len);
uint32_t npi_machine_keep(npi_machine *m, const char *text);

const char *npi_machine_text(const npi_machine *m, uint32_t at);

/* When the run has to be over, outside of `always`. */
void npi_machine_set_over(npi_machine *m);

/* ---- between the files of the machine ------------------------------------------------------ */

/* What became of a step that runs. */
typedef enum npi_outcome {
    NPI_OUTCOME_DONE, /* go on */
    NPI_OUTCOME_SEND, /* `out` is to be sent first */
    NPI_OUTCOME_WAIT,
    NPI_OUTCOME_CONNECT,
    NPI_OUTCOME_TLS,
    NPI_OUTCOME_CLOSE,
    NPI_OUTCOME_UNMET, /* an expectation: problem and sentence are set */
    NPI_OUTCOME_BROKEN /* the conversation cannot go on */
} npi_outcome;

/* The steps that are run now; NULL when none is left. */
npi_segment *npi_machine_segment(const npi_machine *m);

/* Do the step that runs, or go on with it. */
npi_outcome npi_machine_run_step(npi_machine *m, npi_mono now);

/* The step that runs. */
const npi_script_step *npi_machine_step(const npi_machine *m);
npi_script *npi_machine_script(const npi_machine *m);

/* Set problem and sentence; the format's text is escaped already. Returns `o`. */
npi_outcome npi_machine_problem(npi_machine *m, npi_outcome o, np_status st, const char *problem,
                                const char *format, ...) __attribute__((format(printf, 5, 6)));

npi_outcome npi_machine_no_memory(npi_machine *m);

/* Give a variable its value. False with a problem. */
bool npi_machine_set(npi_machine *m, const char *name, size_t name_len, const void *value,
                     size_t len);

/* A text of the script with its variables filled in. False with a problem. */
bool npi_machine_fill(npi_machine *m, npi_template t, npi_buf *out);

/* Queue octets to be sent, and tell of them in the transcript. */
npi_outcome npi_machine_send(npi_machine *m, const npi_sent *sent);

/* A line of the protocol, with its end; for IMAP with a tag of ours in front. `shown` NULL: as it
 * is. */
npi_outcome npi_machine_send_line(npi_machine *m, const char *line, size_t len, const char *shown);

/* Whether octets can be sent; else *o says why not. */
bool npi_machine_can_send(npi_machine *m, npi_outcome *o);

/* The next complete reply: DONE when it is taken, WAIT, or BROKEN. */
npi_outcome npi_machine_reply(npi_machine *m, npi_mono now);

/* How long the first line of the last reply is; NULs are octets of it. */
size_t npi_machine_first_line(const npi_machine *m);

/* The step that runs as it stands in its script, without `verb`; escaped and masked. */
void npi_machine_put_source(const npi_machine *m, const char *verb, npi_buf *b);

/* Say how a reply looked, for sentences: its code and first line, escaped and masked. */
void npi_machine_put_reply(const npi_machine *m, npi_buf *b);

/* Whether a pattern of the script matches; its named groups become variables then. 1, 0, or -1 with
 * a problem. */
int npi_machine_matches(npi_machine *m, uint32_t index, const npi_buf *text,
                        npi_group groups[NPI_GROUPS]);

bool npi_machine_contains(const npi_buf *text, const char *part, size_t len);

/* Steps by kind. */
npi_outcome npi_machine_run_send(npi_machine *m, npi_mono now);
npi_outcome npi_machine_run_message(npi_machine *m, npi_mono now);
npi_outcome npi_machine_run_starttls(npi_machine *m, npi_mono now);
npi_outcome npi_machine_run_auth(npi_machine *m, npi_mono now);
npi_outcome npi_machine_run_http(npi_machine *m, npi_mono now);

/* How the octets of a protocol are cut into replies. */
npi_framing npi_machine_framing(npi_speech s);

/* The connection is gone, or about to be another one. */
void npi_machine_disconnect(npi_machine *m);
npi_outcome npi_machine_run_expect(npi_machine *m, npi_mono now);
npi_outcome npi_machine_run_wait(npi_machine *m, npi_mono now);
npi_outcome npi_machine_run_read(npi_machine *m, npi_mono now);
npi_outcome npi_machine_run_save(npi_machine *m, npi_mono now);

/* Whether a condition holds: 1, 0; -1 with a problem. */
int npi_machine_holds(npi_machine *m, npi_mono now, const npi_cond *c);

#endif
