/* SPDX-License-Identifier: MIT */
#include "writeout.h"

#include <string.h>
#include <strings.h>

#include "../common/exit.h"

typedef struct figures {
    const conversation *c;
    np_talk_info i;
    const char *method;
} figures;

/* Seconds from the begin, as curl counts: each time includes those before it. */
static double seconds(int64_t ns)
{
    return ns < 0 ? 0 : (double)ns / 1e9;
}

static int64_t known(int64_t ns)
{
    return ns < 0 ? 0 : ns;
}

static int64_t first_octet(const figures *f)
{
    int64_t last = 0;
    for (int n = 0; n < np_talk_step_count(f->c->k); n++) {
        np_step s;
        np_talk_get_step(f->c->k, n, &s, sizeof s);
        if (s.first_octet_ns >= 0 && s.code > 0)
            last = s.start_ns + s.first_octet_ns;
    }
    return last;
}

static bool put_time(const char *name, const figures *f, FILE *out)
{
    int64_t resolve = known(f->i.resolve_ns), connect = resolve + known(f->i.connect_ns);
    int64_t tls = f->i.tls_ns < 0 ? 0 : connect + f->i.tls_ns;
    int64_t v;
    if (strcmp(name, "time_namelookup") == 0)
        v = resolve;
    else if (strcmp(name, "time_connect") == 0)
        v = connect;
    else if (strcmp(name, "time_appconnect") == 0)
        v = tls;
    else if (strcmp(name, "time_pretransfer") == 0)
        v = tls ? tls : connect;
    else if (strcmp(name, "time_starttransfer") == 0)
        v = first_octet(f);
    else if (strcmp(name, "time_total") == 0)
        v = known(f->i.total_ns);
    else
        return false;
    fprintf(out, "%.6f", seconds(v));
    return true;
}

/* A header of the answer without its name; NULL for none. */
static const char *header(const figures *f, const char *name)
{
    size_t len = strlen(name);
    for (int n = 0; n < np_talk_header_count(f->c->k); n++) {
        const char *h = np_talk_header(f->c->k, n);
        if (strncasecmp(h, name, len) == 0 && h[len] == ':')
            return h + len + 1 + strspn(h + len + 1, " ");
    }
    return NULL;
}

static bool put_text(const char *name, const figures *f, FILE *out)
{
    const np_talk_info *i = &f->i;
    size_t scheme = strcspn(f->c->name, ":");
    const char *const texts[][2] = {
        {"remote_ip", i->addr},
        {"local_ip", i->source},
        {"url", f->c->name},
        {"errormsg", f->c->sentence},
        {"tls_version", i->tls_version},
        {"tls_cipher", i->tls_cipher},
        {"tls_group", i->tls_group},
        {"method", f->method},
        {"json", strcmp(name, "json") == 0 ? np_talk_json(f->c->k) : NULL}};
    if (strcmp(name, "content_type") == 0 || strcmp(name, "redirect_url") == 0) {
        const char *h = header(f, *name == 'c' ? "Content-Type" : "Location");
        fputs(h ? h : "", out);
        return true;
    }
    if (strcmp(name, "scheme") == 0) {
        fprintf(out, "%.*s", (int)scheme, f->c->name);
        return true;
    }
    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++)
        if (strcmp(texts[n][0], name) == 0) {
            fputs(texts[n][1] ? texts[n][1] : "", out);
            return true;
        }
    return false;
}

static int64_t cert_days(const figures *f)
{
    np_certificate c;
    return np_talk_get_certificate(f->c->k, 0, &c, sizeof c) < 0 ? -1 : c.days_left;
}

static bool put_number(const char *name, const figures *f, FILE *out)
{
    size_t body;
    np_talk_body(f->c->k, &body);
    const struct {
        const char *name;
        long long value;
    } numbers[] = {{"response_code", f->i.code},
                   {"http_code", f->i.code},
                   {"exitcode", exit_of_status(f->c->status)},
                   {"remote_port", f->i.port},
                   {"num_redirects", f->i.redirects},
                   {"num_headers", np_talk_header_count(f->c->k)},
                   {"num_certs", np_talk_certificate_count(f->c->k)},
                   {"size_download", (long long)body},
                   {"size_upload", 0},
                   {"size_request", (long long)f->i.sent_octets},
                   {"size_header", (long long)(f->i.received_octets - body)},
                   {"ssl_verify_result", f->i.secure && !f->i.verified},
                   {"cert_days", cert_days(f)}};
    bool status = strcmp(name, "response_code") == 0 || strcmp(name, "http_code") == 0;
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
        if (strcmp(numbers[n].name, name) == 0) {
            fprintf(out, status ? "%03lld" : "%lld", numbers[n].value);
            return true;
        }
    if (strcmp(name, "http_version") != 0)
        return false;
    fputs("1.1", out);
    return true;
}

static void put_escape(char c, FILE *out)
{
    static const char letters[] = "nrt\\", octets[] = "\n\r\t\\";
    const char *which = strchr(letters, c);
    if (which && c)
        fputc(octets[which - letters], out);
    else
        fprintf(out, "\\%c", c);
}

/* "%{name}"; returns what follows. */
static const char *put_variable(const char *p, const figures *f, FILE *out, FILE *err)
{
    char name[32] = "";
    size_t len = strcspn(p + 2, "}");
    if (len < sizeof name)
        memcpy(name, p + 2, len);
    if (p[2 + len] != '}' ||
        (!put_time(name, f, out) && !put_text(name, f, out) && !put_number(name, f, out))) {
        fprintf(err, "np-talk: --write-out: there is no variable %.*s\n", (int)len, p + 2);
        fprintf(out, "%.*s", (int)(len + 2), p);
        return p + 2 + len; /* its '}' is printed like others */
    }
    return p + 2 + len + 1;
}

void writeout_print(const conversation *c, const talk_options *o, FILE *out, FILE *err)
{
    figures f = {.c = c, .method = o->method ? o->method : "get"};
    np_talk_get_info(c->k, &f.i, sizeof f.i);
    for (const char *p = o->format; *p;) {
        if (p[0] == '\\' && p[1]) {
            put_escape(p[1], out);
            p += 2;
        } else if (p[0] == '%' && p[1] == '%') {
            fputc('%', out);
            p += 2;
        } else if (p[0] == '%' && p[1] == '{') {
            p = put_variable(p, &f, out, err);
        } else {
            fputc(*p++, out);
        }
    }
}
