/* SPDX-License-Identifier: MIT */
/*
 * A script: steps as data, parsed completely before anything is sent, and never changed again, so
 * that any number of conversations may run it. The language is in np-script(5).
 */
#ifndef NPI_TALK_SCRIPT_H
#define NPI_TALK_SCRIPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "talk/pattern.h"

typedef enum npi_speech {
    NPI_SPEECH_NONE,
    NPI_SPEECH_SMTP,
    NPI_SPEECH_LMTP,
    NPI_SPEECH_POP3,
    NPI_SPEECH_IMAP,
    NPI_SPEECH_HTTP,
    NPI_SPEECH_LINE,
    NPI_SPEECH_RAW,
    /* Known to the language, and not built: a run answers NP_ERR_UNSUPPORTED. */
    NPI_SPEECH_FTP,
    NPI_SPEECH_LDAP,
    NPI_SPEECH_REDIS,
    NPI_SPEECH_XMPP,
    NPI_SPEECH_NNTP,
    NPI_SPEECH_SIEVE,
    NPI_SPEECH_POSTGRES,
    NPI_SPEECH_MYSQL,
    NPI_SPEECH_COUNT
} npi_speech;

/* The name of a protocol, "smtp"; of a name the protocol, NPI_SPEECH_NONE for none. */
const char *npi_speech_name(npi_speech s);
npi_speech npi_speech_of(const char *name, size_t len);
/* The port where none is given; `tls`: TLS from the first octet. 0 for none. */
uint16_t npi_speech_port(npi_speech s, bool tls);

typedef enum npi_verb {
    NPI_VERB_PROTOCOL,
    NPI_VERB_NEED,
    NPI_VERB_SECRET,
    NPI_VERB_DEFAULT,
    NPI_VERB_SET,
    NPI_VERB_CONNECT,
    NPI_VERB_TLS,
    NPI_VERB_STARTTLS,
    NPI_VERB_SEND,
    NPI_VERB_MESSAGE,
    NPI_VERB_EXPECT,
    NPI_VERB_WAIT,
    NPI_VERB_READ,
    NPI_VERB_CHECK,
    NPI_VERB_WARN,
    NPI_VERB_SAVE,
    NPI_VERB_IF,
    NPI_VERB_ELSE,
    NPI_VERB_END,
    NPI_VERB_OPTIONAL,
    NPI_VERB_AUTH,
    NPI_VERB_GET,
    NPI_VERB_HEAD,
    NPI_VERB_POST,
    NPI_VERB_HEADER,
    NPI_VERB_DATA,
    NPI_VERB_LDAP,
    NPI_VERB_TIMEOUT,
    NPI_VERB_DEADLINE,
    NPI_VERB_STEP,
    NPI_VERB_NOTE,
    NPI_VERB_CLOSE,
    NPI_VERB_SKIP,
    NPI_VERB_FAIL,
    NPI_VERB_INCLUDE, /* replaced by the steps of that file */
    NPI_VERB_ALWAYS,
    NPI_VERB_COUNT
} npi_verb;

const char *npi_verb_name(npi_verb v);

/* What a step's `option` means, by verb. */
enum {
    NPI_SEND_LINE = 0,
    NPI_SEND_RAW,
    NPI_SEND_HEX,
    NPI_EXPECT_REPLY = 0,
    NPI_EXPECT_LINES,
    NPI_EXPECT_LINE,
    NPI_EXPECT_HEX,
    NPI_EXPECT_CLOSE,
    NPI_STARTTLS_OFFERED = 0,
    NPI_STARTTLS_NOW,
    NPI_STARTTLS_ANYWAY,
    NPI_CONNECT_PLAIN = 0,
    NPI_CONNECT_TLS,
    NPI_CONNECT_UNIX,
    NPI_READ_COUNT = 0,
    NPI_READ_END,
    NPI_SAVE_FROM = 0,
    NPI_SAVE_SUBJECT
};

typedef enum npi_tls_key {
    NPI_TLS_KEY_VERIFY,
    NPI_TLS_KEY_NAME,
    NPI_TLS_KEY_CA,
    NPI_TLS_KEY_CERT,
    NPI_TLS_KEY_KEY,
    NPI_TLS_KEY_MIN,
    NPI_TLS_KEY_MAX,
    NPI_TLS_KEY_ALPN,
    NPI_TLS_KEY_PLAINTEXT
} npi_tls_key;

typedef enum npi_mechanism {
    NPI_AUTH_PLAIN,
    NPI_AUTH_LOGIN,
    NPI_AUTH_CRAM_MD5,
    NPI_AUTH_XOAUTH2,
    NPI_AUTH_OAUTHBEARER,
    NPI_AUTH_USER
} npi_mechanism;

typedef enum npi_value_filter {
    NPI_FILTER_NONE,
    NPI_FILTER_BASE64,
    NPI_FILTER_HEX,
    NPI_FILTER_URL,
    NPI_FILTER_IMAP,
    NPI_FILTER_REDIS,
    NPI_FILTER_DN,
    NPI_FILTER_OCTETS /* ${x|hex} inside `send hex`: the octets themselves */
} npi_value_filter;

/* A piece of npi_script.text. */
typedef struct npi_span {
    uint32_t at, len;
} npi_span;

/* A part of a text: as it stands, or a variable's value. */
typedef struct npi_part {
    npi_span literal;
    int32_t name; /* index of the variable; -1: literal */
    uint8_t filter;
} npi_part;

/* A text with variables: parts one behind the other. */
typedef struct npi_template {
    uint32_t first, count;
} npi_template;

typedef enum npi_value_kind {
    NPI_VALUE_WORD,   /* a code or word of the reply */
    NPI_VALUE_STRING, /* contained */
    NPI_VALUE_PATTERN
} npi_value_kind;

typedef struct npi_value {
    npi_value_kind kind;
    bool alternative; /* "or" stands before it */
    npi_template text;
    uint32_t pattern;
} npi_value;

typedef enum npi_subject {
    NPI_SUBJECT_CODE,
    NPI_SUBJECT_TEXT,
    NPI_SUBJECT_BODY,
    NPI_SUBJECT_SIZE,
    NPI_SUBJECT_LINES,
    NPI_SUBJECT_ENHANCED,
    NPI_SUBJECT_HAS,
    NPI_SUBJECT_HEADER,
    NPI_SUBJECT_ATTR,
    NPI_SUBJECT_VARIABLE,
    NPI_SUBJECT_TIME,
    NPI_SUBJECT_TLS,
    NPI_SUBJECT_CERT,
    NPI_SUBJECT_PEER
} npi_subject;

/* Which of a subject's kinds, in the order of the language's lists. */
enum {
    NPI_TIME_RESOLVE,
    NPI_TIME_CONNECT,
    NPI_TIME_TLS,
    NPI_TIME_ACK,
    NPI_TIME_REPLY,
    NPI_TIME_STEP,
    NPI_TIME_TOTAL,
    NPI_TLS_VERSION = 0,
    NPI_TLS_CIPHER,
    NPI_TLS_GROUP,
    NPI_TLS_ALPN,
    NPI_TLS_RESUMED,
    NPI_CERT_DAYS = 0,
    NPI_CERT_SUBJECT,
    NPI_CERT_ISSUER,
    NPI_CERT_NAMES,
    NPI_CERT_KEY,
    NPI_CERT_CHAIN,
    NPI_CERT_TRUSTED,
    NPI_PEER_ADDRESS = 0,
    NPI_PEER_PORT
};

typedef enum npi_operator {
    NPI_OP_TRUE, /* none: there is something, and it is not "no" or 0 */
    NPI_OP_IS,
    NPI_OP_IS_NOT,
    NPI_OP_LESS,
    NPI_OP_GREATER,
    NPI_OP_AT_MOST,
    NPI_OP_AT_LEAST,
    NPI_OP_CONTAINS,
    NPI_OP_STARTS,
    NPI_OP_MATCHES
} npi_operator;

typedef struct npi_cond {
    bool negated;
    npi_subject subject;
    uint8_t which;
    npi_template argument; /* of has, header, attr */
    int32_t name;          /* of a variable */
    npi_operator op;
    npi_value value;
    int64_t number; /* of comparisons; for time in nanoseconds */
} npi_cond;

typedef struct npi_script_step {
    npi_verb verb;
    uint8_t option;
    uint16_t file;         /* index in npi_script.files */
    uint32_t line, column; /* 0 for steps that were not parsed */
    npi_span source;       /* the step as it stands in the file */
    npi_template text, more, third;
    uint32_t first_value, value_count;
    npi_span octets, mask; /* expect hex: what must come, 0 in the mask is any */
    npi_cond cond;
    int64_t duration; /* nanoseconds; 0 none */
    uint64_t number;
    int32_t name;  /* a variable; -1 none */
    uint32_t jump; /* if, else, optional: the step of the matching else or end */
} npi_script_step;

typedef struct npi_variable {
    npi_span name;
    bool secret;
    bool given;                  /* by a step, or known to every run */
    bool needed;                 /* must be given from outside */
    uint32_t file, line, column; /* where it was used first; line 0: nowhere */
} npi_variable;

typedef struct npi_script_error {
    uint32_t at;      /* in npi_script.errors: "FILE:LINE:COL: what", NUL */
    uint32_t excerpt; /* the line, a caret below it, NUL */
    uint16_t file;
    uint32_t line;
} npi_script_error;

typedef struct np_script {
    npi_mem mem;
    atomic_uint users;
    np_status status; /* NP_OK, NP_ERR_INVALID for errors in it, NP_ERR_NOMEM, NP_ERR_SYSTEM */
    npi_speech speech;
    npi_buf text; /* literals and names */
    npi_script_step *steps;
    size_t step_count, step_room;
    npi_part *parts;
    size_t part_count, part_room;
    npi_value *values;
    size_t value_count, value_room;
    npi_pattern **patterns;
    size_t pattern_count, pattern_room;
    npi_variable *variables;
    size_t variable_count, variable_room;
    npi_span *files;
    size_t file_count, file_room;
    npi_buf errors;
    npi_script_error *faults;
    size_t fault_count, fault_room;
    uint32_t always; /* the step at which the last section begins; step_count without one */
} npi_script;

/* Empty; NULL when out of memory. One user. */
npi_script *npi_script_new(const npi_mem *mem);
/* One user more, or fewer: the last one frees it. NULL is fine. */
npi_script *npi_script_use(npi_script *s);
void npi_script_drop(npi_script *s);

/*
 * Parse `text` into an empty script. `name` stands in messages; `folder` is where includes are
 * relative to, NULL for none. False when there are errors (status).
 */
bool npi_script_parse(npi_script *s, const char *text, size_t len, const char *name,
                      const char *folder);

enum {
    NPI_SCRIPT_MAX = 1 << 20, /* octets of a file */
    NPI_SCRIPT_FILES = 1000,  /* that and what it includes */
    NPI_SCRIPT_VARIABLES = 1000,
    NPI_SCRIPT_NAME = 64,   /* octets of a variable's name */
    NPI_SCRIPT_FAULTS = 100 /* that are told */
};

/* The octets of a script's file, at most 1 MiB; NULL with an errno. Freed by npi_free. */
char *npi_script_read_file(const npi_mem *mem, const char *path, size_t *len, int *err);
const char *npi_script_file_trouble(int err);

/* Parts of it. */
const char *npi_script_at(const npi_script *s, npi_span span);
/* The variable of that name, made when there is none; -1 when out of memory. */
int32_t npi_script_variable(npi_script *s, const char *name, size_t len);
/* The same without making one: -1 for none. */
int32_t npi_script_find_variable(const npi_script *s, const char *name, size_t len);
/* A text without variables. */
npi_template npi_script_literal(npi_script *s, const void *text, size_t len);
npi_span npi_script_keep(npi_script *s, const void *text, size_t len);
/* A step at the end; NULL when out of memory. Lives until the next is added. */
npi_script_step *npi_script_add(npi_script *s, npi_verb verb);
bool npi_script_add_value(npi_script *s, const npi_value *v);
bool npi_script_add_part(npi_script *s, const npi_part *p);

#endif
