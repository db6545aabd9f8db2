/* SPDX-License-Identifier: MIT */
/*
 * The life that all nouns share: idle, running, paused, ended, stopped (table in netprobe(7)).
 * A noun embeds an npi_object as its first member and adds what it does at each turn of life.
 */
#ifndef NPI_CORE_OBJECT_H
#define NPI_CORE_OBJECT_H

#include "base/buf.h"
#include "core/context.h"
#include "core/event.h"

typedef struct npi_object npi_object;

typedef enum npi_state {
    NPI_IDLE,
    NPI_RUNNING,
    NPI_PAUSED,
    NPI_ENDED, /* DONE waits in the queue */
    NPI_STOPPED
} npi_state;

typedef struct npi_noun {
    /*
     * Results are clear: begin. NP_OK, NP_ERR_NOMEM, or a usage error with its sentence when the
     * settings do not fit together; all other trouble is a finish later.
     */
    np_status (*start)(npi_object *o);
    /* Let go of sockets, timers and look-ups; keep results. Also called when nothing is held. */
    void (*stop)(npi_object *o);
    /* State has changed to paused, or back to running. */
    void (*pause)(npi_object *o);
    /* Begin results anew, running or not. */
    void (*clear)(npi_object *o);
    /* Settings back to their defaults. */
    void (*reset)(npi_object *o);
    /* Free what the noun holds; the object itself is freed by npi_object_free. */
    void (*destroy)(npi_object *o);
    bool keeps; /* a start goes on where the last run ended: it clears nothing */
} npi_noun;

struct npi_object {
    const npi_noun *noun;
    np_context *ctx; /* NULL once the context is gone */
    npi_mem mem;
    npi_list link; /* in ctx->objects */
    npi_state state;
    np_status latched;
    void *user;
    npi_event done;
    npi_ring ring;
    char error[512];
};

/* An object of `size` octets, zeroed; NULL when out of memory or ctx is NULL. */
void *npi_object_new(np_context *ctx, const npi_noun *noun, size_t size);
void npi_object_free(npi_object *o);

/* Whether a setting may change now: NP_OK, or NP_ERR_STATE and kin, which do not latch. */
np_status npi_object_settable(npi_object *o);

/* Keep the first refusal of a setting with its sentence; returns st. */
np_status npi_object_latch(npi_object *o, np_status st, const char *sentence);

np_status npi_object_start(npi_object *o);
np_status npi_object_run(npi_object *o);
np_status npi_object_pause(npi_object *o);
np_status npi_object_resume(npi_object *o);
np_status npi_object_cancel(npi_object *o);
np_status npi_object_clear(npi_object *o);
np_status npi_object_reset(npi_object *o);
np_status npi_object_set_user(npi_object *o, void *user);

/* The run is over: stops the noun and queues DONE. Called once for every start. */
void npi_object_finish(npi_object *o, np_status st);

/* DONE has been handed out: the object may be started again. */
void npi_object_delivered(npi_object *o);

/* Queue an event of the object's ring; NULL when it keeps none. */
npi_event *npi_object_emit(npi_object *o, np_event_type type);

/* The latched error, else how the last run ended; NP_OK before and during one. */
np_status npi_object_status(const npi_object *o);

/* Whether the object is between start and finish. */
bool npi_object_live(const npi_object *o);

/* Copy a result out: the smaller of both sizes, the rest zeroed. */
void npi_export(void *out, size_t out_size, const void *in, size_t in_size);

#endif
