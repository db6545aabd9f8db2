/* SPDX-License-Identifier: MIT */
/*
 * Variables of a conversation, and the secrets among them: no form in which a secret travels is
 * shown anywhere.
 */
#ifndef NPI_TALK_VALUES_H
#define NPI_TALK_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "talk/script.h"

enum { NPI_VALUE_MAX = 65535 }; /* octets of a value */

typedef struct npi_named_value {
    npi_buf name, value;
    bool set, secret;
} npi_named_value;

/* A form of a secret: octets that are shown as "<name>". */
typedef struct npi_secret_form {
    npi_buf octets;
    uint32_t value; /* index */
} npi_secret_form;

typedef struct npi_values {
    const npi_mem *mem;
    npi_named_value *values;
    size_t count, room;
    npi_secret_form *forms;
    size_t form_count, form_room;
} npi_values;

void npi_values_init(npi_values *v, const npi_mem *mem);
void npi_values_free(npi_values *v);

/* False when out of memory; a longer value is refused, too, and never cut. */
bool npi_values_set(npi_values *v, const char *name, size_t name_len, const void *value,
                    size_t len);
bool npi_values_hide(npi_values *v, const char *name, size_t name_len);

/* NULL when it has no value. */
const npi_named_value *npi_values_get(const npi_values *v, const char *name, size_t name_len);

/*
 * Another form in which secrets travel, whichever they are; when none is known by name, it is
 * shown as "<secret>".
 */
bool npi_values_add_form(npi_values *v, const void *octets, size_t len);

/* Escaped, each secret as "<name>". */
void npi_values_put_masked(const npi_values *v, npi_buf *out, const void *text, size_t len);

/* A text that is escaped already. */
void npi_values_mask_escaped(const npi_values *v, npi_buf *out, const char *text);

/* The octets as they are, each secret as so many stars. */
void npi_values_put_starred(const npi_values *v, npi_buf *out, const void *octets, size_t len);

/* Append the filtered value. False for a filter that cannot take it (octets a line may not hold).
 */
bool npi_values_put_filtered(npi_buf *out, const void *value, size_t len, npi_value_filter filter);

/* CR, LF, NUL and 255 have no place in a line. */
bool npi_value_fits_line(const void *value, size_t len);

void npi_put_base64(npi_buf *out, const void *data, size_t len);

#endif
