/* SPDX-License-Identifier: MIT */
/*
 * The inside of a reader of replies, for the files reply*.c only: reply.c owns the stream and
 * the order of answers, reply_take.c lines and limits; a form says what the lines of its protocol
 * mean.
 */
#ifndef NPI_TALK_REPLY_INSIDE_H
#define NPI_TALK_REPLY_INSIDE_H

#include "talk/reply.h"

/* What the next octets are. */
typedef enum npi_reply_mode {
    NPI_REPLY_LINES,  /* lines, collected in raw; whole ones go to the form */
    NPI_REPLY_DOTTED, /* lines into body, up to one that is a dot */
    NPI_REPLY_COUNT,  /* `left` octets into body, then the form's `counted` */
    NPI_REPLY_CLOSE,  /* all octets into body, until the stream ends */
    NPI_REPLY_CRLF,   /* CR LF, then lines again (behind the data of a chunk) */
    NPI_REPLY_OCTETS  /* octets into raw: they are the reply */
} npi_reply_mode;

enum { NPI_REPLY_TAG = 64, NPI_REPLY_NOTES = 12 };

/* What a command says about its answer. */
typedef struct npi_reply_command {
    bool multi;      /* POP3: +OK is followed by lines */
    bool head;       /* HTTP: HEAD */
    bool connect;    /* HTTP: CONNECT */
    size_t tag_len;  /* IMAP; 0: it stands for the greeting */
    char tag[NPI_REPLY_TAG];
} npi_reply_command;

/* A header line: offsets into `fields`, where name and value stand, each with its NUL. */
typedef struct npi_reply_field {
    size_t name, value, value_len;
    bool trailer;
} npi_reply_field;

/* A protocol. What is NULL does not happen, or needs nothing. */
typedef struct npi_reply_form {
    npi_reply_mode mode;            /* how a reply begins */
    void (*begin)(npi_replies *r);
    void (*line)(npi_replies *r, const char *line, size_t len); /* without its end */
    void (*peeked)(npi_replies *r); /* `peek` octets of a line have come */
    void (*counted)(npi_replies *r);
    void (*end)(npi_replies *r);    /* the stream ended inside a reply: done, or failed */
    /* Fill `c`; false: it waits for no answer of its own. NULL: answers do not depend on it. */
    bool (*command)(npi_replies *r, npi_reply_command *c, const char *line, size_t len);
} npi_reply_form;

struct npi_replies {
    npi_mem mem;
    npi_framing framing;
    const npi_reply_form *form;
    npi_reply_limits limits;

    /* The stream. */
    npi_buf in; /* octets that wait, behind the `taken` first */
    size_t taken;
    uint64_t total; /* octets read so far */
    uint8_t first;  /* the very first one */
    bool ended;

    /* The reply that is being read, or waits to be handed out, or was handed out last. */
    npi_buf raw, text, body;
    size_t consumed; /* octets that belong to it */
    bool ready, handed;
    size_t answered; /* replies that were complete, ever */
    int code;
    char word[12], enhanced[12];
    size_t lines;
    bool closes, last;

    /* How it is read. */
    npi_reply_mode mode;
    uint64_t left;     /* NPI_REPLY_COUNT */
    size_t line_start; /* in raw */
    size_t line_max;   /* octets of a line */
    size_t lines_max;  /* lines of the reply */
    size_t raw_max;    /* octets in raw */
    size_t raw_limit;  /* the number to tell, when raw_max is reached */
    const char *raw_problem, *raw_what;
    size_t peek; /* the form wants to see so many octets of a line before its end */
    bool bare;   /* the line ended with LF alone */
    bool strict; /* that is not for being noted: the form judges it */
    int state;   /* within DOTTED and CRLF: reply_take.c's */

    /* IMAP. */
    bool goes_on;    /* the line goes on behind a literal */
    bool bye;        /* "* BYE" was among the lines */
    bool continuing; /* "+" was answered: what is sent next is data of the same command */

    /* HTTP. */
    int part; /* of the answer, see reply_http.c */
    int minor;
    size_t head_start; /* in raw */
    size_t extensions; /* octets of chunk extensions */
    int interim;       /* 1xx so far */
    uint64_t length;   /* Content-Length */
    bool has_length;
    npi_buf fields;
    npi_reply_field *field;
    size_t field_count, field_room;

    /* Commands that wait for their answers. */
    npi_reply_command *command;
    size_t command_count, command_room;

    /* What was found. */
    bool broken;
    bool late; /* broken when what waits has been read */
    bool stop; /* what waits is not read any more */
    bool nomem;
    const char *problem;
    char sentence[512];
    const char *note[NPI_REPLY_NOTES];
    int note_count;
};

extern const npi_reply_form npi_reply_smtp, npi_reply_pop3, npi_reply_imap, npi_reply_http,
    npi_reply_line, npi_reply_raw;

/* The first problem stays. Octets of the peer, if any, are quoted behind the sentence. */
void npi_replies_fail(npi_replies *r, const char *problem, const char *sentence,
                      const char *quoted, size_t len);
void npi_replies_fail_limit(npi_replies *r, const char *problem, const char *what, size_t limit,
                            const char *unit);
void npi_replies_add_note(npi_replies *r, const char *note);

/* The stream ended within a reply. */
void npi_replies_fail_closed(npi_replies *r);

/* The reply is complete. */
void npi_replies_done(npi_replies *r);

/* The answer's word, as "+OK". */
void npi_replies_word(npi_replies *r, const char *word);

/* One more line of text, LF before it where it is not the first. */
void npi_replies_text(npi_replies *r, const char *text, size_t len);

/* The command whose answer this is; NULL for none. And: it has been answered. */
const npi_reply_command *npi_replies_command_now(const npi_replies *r);
void npi_replies_answered(npi_replies *r, size_t index);

/* Take at least one octet, or change the state; how many were taken. At most n. */
size_t npi_replies_take(npi_replies *r, const char *p, size_t n);

/* The next n octets go into body, if so many are allowed. */
void npi_replies_count(npi_replies *r, uint64_t n);

/* Whether the first word of a line is this one, in any case; what follows it, without blanks. */
bool npi_reply_word(const char *line, size_t len, const char *word, const char **rest,
                    size_t *rest_len);

#endif
