/* SPDX-License-Identifier: MIT */
/*
 * The public calls of a script.
 */
#include <string.h>

#include "netprobe/talk.h"
#include "talk/script.h"

enum { PATH_OCTETS = 4096 };

/* What is wrong with the file itself stands before all lines. */
static void fail_file(npi_script *s, const char *file, int err)
{
    npi_buf_escaped(&s->errors, file, strlen(file));
    npi_buf_str(&s->errors, ": ");
    npi_buf_str(&s->errors, npi_script_file_trouble(err));
    npi_buf_char(&s->errors, '\0');
    npi_buf_char(&s->errors, '\0'); /* no excerpt */
    if (s->errors.nomem ||
        !npi_make_room(&s->mem, &s->faults, s->fault_count, &s->fault_room, sizeof *s->faults)) {
        s->status = NP_ERR_NOMEM;
        return;
    }
    s->faults[s->fault_count++] = (npi_script_error){.excerpt = (uint32_t)s->errors.len - 1};
    s->status = NP_ERR_INVALID;
}

np_script *np_script_load(const char *file)
{
    npi_mem mem = npi_mem_libc();
    npi_script *s = npi_script_new(&mem);
    char folder[PATH_OCTETS];
    npi_buf b = npi_buf_in(folder, sizeof folder);
    size_t len;
    int err;
    if (!s)
        return NULL;
    const char *slash = strrchr(file ? file : "", '/');
    npi_buf_bytes(&b, slash ? file : ".", slash ? (size_t)(slash - file) : 1);
    if (slash == file)
        npi_buf_char(&b, '/');
    char *text = npi_script_read_file(&mem, file ? file : "", &len, &err);
    if (text)
        npi_script_parse(s, text, len, file, folder);
    else
        fail_file(s, file ? file : "", err);
    npi_free(&mem, text);
    return s;
}

np_script *np_script_parse(const char *text, size_t len, const char *name)
{
    npi_mem mem = npi_mem_libc();
    npi_script *s = npi_script_new(&mem);
    if (s)
        npi_script_parse(s, text ? text : "", text ? len : 0, name ? name : "script", NULL);
    return s;
}

void np_script_free(np_script *s)
{
    npi_script_drop(s);
}

np_status np_script_status(const np_script *s)
{
    return s ? s->status : NP_ERR_NOMEM;
}

static const npi_script_error *fault_at(const np_script *s, int index)
{
    return s && index >= 0 && (size_t)index < s->fault_count ? &s->faults[index] : NULL;
}

const char *np_script_error(const np_script *s)
{
    if (!s || s->status == NP_ERR_NOMEM)
        return "out of memory";
    return np_script_get_error(s, 0);
}

int np_script_error_count(const np_script *s)
{
    return s ? (int)s->fault_count : 0;
}

const char *np_script_get_error(const np_script *s, int index)
{
    const npi_script_error *f = fault_at(s, index);
    return f ? s->errors.data + f->at : "";
}

const char *np_script_get_excerpt(const np_script *s, int index)
{
    const npi_script_error *f = fault_at(s, index);
    return f ? s->errors.data + f->excerpt : "";
}

int np_script_error_line(const np_script *s, int index)
{
    const npi_script_error *f = fault_at(s, index);
    return f ? (int)f->line : 0;
}
