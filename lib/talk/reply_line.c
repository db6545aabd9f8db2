/* SPDX-License-Identifier: MIT */
/*
 * Decides nothing: a line is a reply, or whatever has come is one.
 */
#include <stddef.h>

#include "talk/reply_inside.h"

static void line_line(npi_replies *r, const char *line, size_t len)
{
    npi_replies_text(r, line, len);
    npi_replies_done(r);
}

/* Servers that say one line and go often leave its end out. */
static void line_end(npi_replies *r)
{
    npi_replies_add_note(r, "last line without its end");
    npi_replies_text(r, r->raw.data, r->raw.len);
    npi_replies_done(r);
}

const npi_reply_form npi_reply_line = {
    .mode = NPI_REPLY_LINES, .line = line_line, .end = line_end};

const npi_reply_form npi_reply_raw = {.mode = NPI_REPLY_OCTETS, .end = npi_replies_fail_closed};
