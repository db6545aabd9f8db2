/* SPDX-License-Identifier: MIT */
/*
 * Decides what an HTTP request looks like, and whether a redirect is followed. Speaks HTTP/1.1.
 */
#include <string.h>
#include <strings.h>

#include "talk/location.h"
#include "talk/machine.h"

enum { FILLED_MAX = 8 << 20, URL_MAX = 16 << 10, REDIRECTS_MAX = 50 };

/* Whether this script asks for more over the same connection. */
static bool goes_on(const npi_machine *m)
{
    const npi_segment *s = &m->segments[m->segment];
    for (uint32_t i = s->at + 1; i < s->end; i++) {
        npi_verb v = s->script->steps[i].verb;
        if (v == NPI_VERB_ELSE) /* the branch that is not taken */
            i = s->script->steps[i].jump;
        if (v == NPI_VERB_GET || v == NPI_VERB_HEAD || v == NPI_VERB_POST)
            return true;
        if (v == NPI_VERB_CONNECT || v == NPI_VERB_CLOSE)
            return false;
    }
    return false;
}

/* Headers that the script has set lie in m->headers, each with its line end. */
static const char *next_line(const char *p)
{
    p += strcspn(p, "\n");
    return *p ? p + 1 : p;
}

/* Names have no case (RFC 9110 5.1). */
static bool is_header(const char *line, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(line, name, len) == 0 && line[len] == ':';
}

static bool has_header(const npi_machine *m, const char *name)
{
    for (const char *p = npi_buf_text(&m->headers); *p; p = next_line(p))
        if (is_header(p, name))
            return true;
    return false;
}

static void put_host(const npi_machine *m, npi_buf *b)
{
    const char *host = npi_buf_text(&m->target.host);
    bool v6 = strchr(host, ':') != NULL;
    npi_buf_str(b, v6 ? "Host: [" : "Host: ");
    npi_buf_str(b, host);
    npi_buf_str(b, v6 ? "]" : "");
    if (m->target.port != npi_speech_port(NPI_SPEECH_HTTP, m->facts.secure))
        npi_buf_printf(b, ":%u", m->target.port);
    npi_buf_str(b, "\r\n");
}

/* Of any length. */
static void put_line(npi_buf *b, const char *begin, const char *value)
{
    npi_buf_str(b, begin);
    npi_buf_str(b, value);
    npi_buf_str(b, "\r\n");
}

static void put_request(npi_machine *m, npi_buf *b, const char *method, const npi_buf *body)
{
    npi_buf_printf(b, "%s ", method);
    npi_buf_bytes(b, npi_buf_text(&m->request_path), m->request_path.len);
    npi_buf_str(b, " HTTP/1.1\r\n");
    if (!has_header(m, "Host"))
        put_host(m, b);
    if (!has_header(m, "User-Agent"))
        npi_buf_printf(b, "User-Agent: libnetprobe/%s\r\n", np_version());
    if (!has_header(m, "Accept"))
        npi_buf_str(b, "Accept: */*\r\n");
    if (m->basic.len > 0 && !has_header(m, "Authorization"))
        put_line(b, "Authorization: Basic ", npi_buf_text(&m->basic));
    npi_buf_bytes(b, npi_buf_text(&m->headers), m->headers.len);
    if (body)
        npi_buf_printf(b, "Content-Length: %zu\r\n", body->len);
    if (!goes_on(m) && !has_header(m, "Connection"))
        npi_buf_str(b, "Connection: close\r\n");
    npi_buf_str(b, "\r\n");
    if (body)
        npi_buf_bytes(b, npi_buf_text(body), body->len);
}

static npi_outcome add_header(npi_machine *m)
{
    npi_buf line = npi_buf_grow(&m->mem, FILLED_MAX);
    bool ok = npi_machine_fill(m, npi_machine_step(m)->text, &line);
    if (ok && line.len > 0) { /* an empty line would end the head */
        npi_buf_bytes(&m->headers, npi_buf_text(&line), line.len);
        npi_buf_str(&m->headers, "\r\n");
    }
    npi_buf_free(&line);
    return !ok                ? NPI_OUTCOME_BROKEN
           : m->headers.nomem ? npi_machine_no_memory(m)
                              : NPI_OUTCOME_DONE;
}

static npi_outcome send_request(npi_machine *m)
{
    bool post = strcmp(m->method, "POST") == 0;
    npi_outcome o = NPI_OUTCOME_BROKEN;
    npi_buf body = npi_buf_grow(&m->mem, FILLED_MAX),
            request = npi_buf_grow(&m->mem, 2 * FILLED_MAX);
    if (npi_machine_can_send(m, &o) &&
        (!post || npi_machine_fill(m, npi_machine_step(m)->more, &body))) {
        put_request(m, &request, m->method, post ? &body : NULL);
        o = request.nomem || request.cut || m->headers.nomem ||
                    !npi_replies_command(m->replies, request.data, strcspn(request.data, "\r"), -1)
                ? npi_machine_no_memory(m)
                : npi_machine_send(m, &(npi_sent){.octets = request.data,
                                                  .len = request.len,
                                                  .text = request.data,
                                                  .text_len = request.len - body.len});
    }
    npi_buf_free(&body);
    npi_buf_free(&request);
    return o;
}

/* ---- redirects (RFC 9110 15.4) --------------------------------------------------------------- */

static bool is_redirect(const npi_machine *m)
{
    return m->code == 301 || m->code == 302 || m->code == 303 || m->code == 307 || m->code == 308;
}

/* What was meant for the first server is not for the next one. */
static bool drop_credentials(npi_machine *m)
{
    npi_buf kept = npi_buf_grow(&m->mem, m->headers.max);
    for (const char *p = npi_buf_text(&m->headers), *next = p; *p; p = next) {
        next = next_line(p);
        if (!is_header(p, "Authorization") && !is_header(p, "Cookie") &&
            !is_header(p, "Proxy-Authorization"))
            npi_buf_bytes(&kept, p, (size_t)(next - p));
    }
    npi_buf_free(&m->headers);
    m->headers = kept;
    npi_buf_clear(&m->basic);
    return !kept.nomem;
}

static bool same_origin(const npi_machine *m, const npi_location *l)
{
    const npi_buf *host = &m->target.host;
    return host->len == l->host.len && memcmp(host->data, l->host.at, l->host.len) == 0 &&
           m->target.port == l->port && m->target.tls == l->tls;
}

static void put_current(const npi_machine *m, npi_buf *url)
{
    bool v6 = strchr(npi_buf_text(&m->target.host), ':') != NULL;
    npi_buf_str(url, m->target.tls ? "https://" : "http://");
    npi_buf_str(url, v6 ? "[" : "");
    npi_buf_str(url, npi_buf_text(&m->target.host));
    npi_buf_printf(url, "%s:%u", v6 ? "]" : "", m->target.port);
    npi_buf_str(url, npi_buf_text(&m->request_path));
}

static npi_outcome bad_redirect(npi_machine *m, const char *what)
{
    return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_PROTOCOL, "http.bad-redirect", "%s",
                               what);
}

/* Point the machine to the new place. */
static npi_outcome go_there(npi_machine *m, const npi_location *l)
{
    bool changes = m->code == 303 || (m->code <= 302 && strcmp(m->method, "POST") == 0);
    if (m->target.tls && !l->tls)
        return bad_redirect(m, "the redirect leads from https to http");
    if (!same_origin(m, l) && !drop_credentials(m))
        return npi_machine_no_memory(m);
    if (changes && strcmp(m->method, "HEAD") != 0)
        memcpy(m->method, "GET", sizeof "GET");
    npi_buf_clear(&m->target.host);
    npi_buf_bytes(&m->target.host, l->host.at, l->host.len);
    m->target.port = l->port;
    m->target.tls = l->tls;
    npi_buf_clear(&m->request_path);
    if (l->path.len == 0 || *l->path.at != '/')
        npi_buf_char(&m->request_path, '/');
    npi_buf_bytes(&m->request_path, l->path.at, l->path.len);
    if (m->target.host.nomem || m->request_path.nomem)
        return npi_machine_no_memory(m);
    if (m->target.host.cut || m->request_path.cut)
        return bad_redirect(m, "the redirect leads to too long a name");
    npi_machine_disconnect(m);
    m->redirected = true;
    m->follows--;
    m->redirects++;
    return NPI_OUTCOME_CONNECT;
}

static npi_outcome follow(npi_machine *m)
{
    npi_header h = {.name = NULL};
    npi_location from, to;
    npi_outcome o = NPI_OUTCOME_DONE;
    for (int i = 0; npi_replies_header(m->replies, i, &h); i++)
        if (strcasecmp(h.name, "Location") == 0)
            break;
    if (!h.name || strcasecmp(h.name, "Location") != 0)
        return NPI_OUTCOME_DONE; /* a redirect to nowhere is an answer like others */
    npi_buf here = npi_buf_grow(&m->mem, URL_MAX), there = npi_buf_grow(&m->mem, URL_MAX);
    npi_buf why = npi_buf_grow(&m->mem, URL_MAX);
    put_current(m, &here);
    if (npi_location_parse(&from, npi_buf_text(&here), &why) &&
        npi_location_resolve(&there, &from, h.value, h.value_len) &&
        npi_location_parse(&to, npi_buf_text(&there), &why)) {
        npi_machine_say(m, m->step_began, NP_DIRECTION_NOTE, npi_buf_text(&there), there.len);
        o = go_there(m, &to);
    } else {
        o = here.nomem || there.nomem || why.nomem
                ? npi_machine_no_memory(m)
                : bad_redirect(m, "the redirect leads to no page of http");
    }
    npi_buf_free(&here);
    npi_buf_free(&there);
    npi_buf_free(&why);
    return o;
}

/* ---- the step -------------------------------------------------------------------------------- */

static npi_outcome begin_request(npi_machine *m)
{
    const npi_script_step *step = npi_machine_step(m);
    const char *method = step->verb == NPI_VERB_HEAD   ? "HEAD"
                         : step->verb == NPI_VERB_POST ? "POST"
                                                       : "GET";
    npi_buf b = npi_buf_in(m->method, sizeof m->method);
    npi_buf_str(&b, method);
    m->asked = true;
    m->follows = (int64_t)(step->number < REDIRECTS_MAX ? step->number : REDIRECTS_MAX);
    npi_buf_clear(&m->request_path);
    return npi_machine_fill(m, step->text, &m->request_path) ? send_request(m) : NPI_OUTCOME_BROKEN;
}

npi_outcome npi_machine_run_http(npi_machine *m, npi_mono now)
{
    const npi_script_step *step = npi_machine_step(m);
    if (m->speech != NPI_SPEECH_HTTP)
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "script.syntax",
                                   "'%s' is for protocol http", npi_verb_name(step->verb));
    if (step->verb == NPI_VERB_HEADER)
        return add_header(m);
    if (!m->asked)
        return begin_request(m);
    if (m->redirected) {
        m->redirected = false;
        return send_request(m);
    }
    if (step->number > 0) { /* the answer is read here, and judged by the next expect */
        npi_outcome o = npi_machine_reply(m, now);
        if (o != NPI_OUTCOME_DONE)
            return o;
        m->held = true;
        if (is_redirect(m) && m->follows > 0) {
            o = follow(m);
            if (o != NPI_OUTCOME_DONE)
                return o;
        }
    }
    npi_buf_clear(&m->headers);
    return NPI_OUTCOME_DONE;
}
