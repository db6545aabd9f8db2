/* SPDX-License-Identifier: MIT */
/*
 * A conversation from inside: the machine, and the driver that joins it to sockets and TLS.
 *
 *     talk.c          life and course of a run
 *     talk_wire.c     octets, connections and TLS
 *     talk_api.c      settings and steps
 *     talk_results.c  results
 *     talk_json.c     results as a document
 */
#ifndef NPI_TALK_TALK_H
#define NPI_TALK_TALK_H

#include "base/option.h"
#include "core/object.h"
#include "talk/connect.h"
#include "talk/machine.h"
#include "talk/talk_options.h"
#include "talk/tls.h"

#define NPI_FIELD_INT(field)                                         int64_t field;
#define NPI_FIELD_DURATION(field)                                    int64_t field;
#define NPI_FIELD_ENUM(field)                                        int64_t field;
#define NPI_FIELD_TEXT(field)                                        char *field;
#define NPI_FIELD(field, name, type, min, max, initial, names, help) NPI_FIELD_##type(field)
typedef struct npi_talk_settings {
    NPI_TALK_OPTIONS(NPI_FIELD)
} npi_talk_settings;
#undef NPI_FIELD

extern const npi_option npi_talk_options[];
extern const size_t npi_talk_option_count;

typedef enum npi_talk_phase {
    NPI_TALK_STEPS, /* the machine is asked what is next */
    NPI_TALK_CONNECTING,
    NPI_TALK_HANDSHAKE,
    NPI_TALK_SENDING
} npi_talk_phase;

struct np_talk {
    npi_object o;
    npi_talk_settings settings;
    npi_machine m;
    npi_script *own; /* steps that the program adds */
    npi_connect c;
    npi_tls *tls;   /* of the connection; NULL in clear */
    npi_tls *spent; /* of the last one that is closed: its certificates are results */
    npi_task task;
    npi_alarm alarm;
    npi_watch watch;
    int fd; /* -1: no connection */
    npi_talk_phase phase;
    bool ending; /* the run ends by itself, and is not cancelled */
    bool over;   /* only clear makes a new conversation */
    npi_mono phase_end, paused;
    npi_mono tls_begin, tls_end;
    npi_wall begin;     /* of the first run */
    int64_t banner;     /* from connection or TLS to the first octet; -1 none */
    size_t sent_of_out; /* of the machine's `out` */
    bool out_begun;     /* it is on its way: nothing else goes out before its end */
    npi_buf written;    /* by np_talk_write, not sent yet */
    bool blocked;       /* some of that is still on its way */
    bool readable;      /* the program was told, and has not read since */
    uint64_t sent, received;
    npi_buf url, target; /* as given, and "HOST:PORT" of it */
    npi_speech speech;   /* of the URL */
    bool url_tls;
    char source[64];      /* local address of the connection */
    npi_buf header, json; /* lent to the program */
};

/* ---- talk_wire.c ---- */

void npi_talk_connect(np_talk *k, const npi_now *now);
void npi_talk_step_connecting(np_talk *k, const npi_now *now);
void npi_talk_begin_tls(np_talk *k, const npi_now *now);
void npi_talk_step_handshake(np_talk *k, const npi_now *now);

/* Whatever has come, within `*budget` reads, each with its own time. */
void npi_talk_receive(np_talk *k, npi_now *now, int *budget);

/* Send what is left of `out` behind `*sent`. True when all has gone. */
bool npi_talk_send(np_talk *k, npi_mono now, const npi_buf *out, size_t *sent);

/* Whether the machine wants no more of this run: what is left is to end it. */
bool npi_talk_gave_up(const np_talk *k);

/*
 * Watch the connection for what the peer may still say, and for room to write. The conversation
 * ends when the kernel refuses: nothing would ever wake it.
 */
void npi_talk_watch(np_talk *k, npi_mono now, bool write);

/* Say goodbye to TLS, and close. Harmless without a connection. */
void npi_talk_disconnect(np_talk *k);
void npi_talk_close(np_talk *k);

/* Whole days until then; negative when it is past. */
int64_t npi_talk_days_left(int64_t not_after_ns, npi_wall now);

/* ---- talk.c ---- */

/* Steps of the program's own go there; NULL when out of memory. */
npi_script *npi_talk_own_script(np_talk *k);

#endif
