/* SPDX-License-Identifier: MIT */
/*
 * Decides what a row looks like. The figures are the library's; the widths are mtr's.
 */
#include "report.h"

#include <string.h>
#include <time.h>

#include "../common/columns.h"

enum {
    HOST_COLUMNS = 33, /* where the figures begin, unless wide */
    LABEL_MAX = 512,
    FIGURE_MAX = 64
};

#define MILLISECOND 1e6
#define SECOND INT64_C(1000000000)

typedef double figure_of(const np_stats *s);

/* Times are -1 while unknown; mtr prints 0.0 there. */
static double ms(double ns)
{
    return ns > 0 ? ns / MILLISECOND : 0;
}

static double loss(const np_stats *s)
{
    return 100 * s->loss;
}

static double dropped(const np_stats *s)
{
    return (double)(s->lost + s->lost_local);
}

static double received(const np_stats *s)
{
    return (double)s->received;
}

static double sent(const np_stats *s)
{
    return (double)s->sent;
}

static double last(const np_stats *s)
{
    return ms((double)s->last_ns);
}

static double best(const np_stats *s)
{
    return ms((double)s->best_ns);
}

static double mean(const np_stats *s)
{
    return ms(s->mean_ns);
}

static double worst(const np_stats *s)
{
    return ms((double)s->worst_ns);
}

static double stdev(const np_stats *s)
{
    return ms(s->stdev_ns);
}

static double gmean(const np_stats *s)
{
    return ms(s->gmean_ns);
}

static double jitter(const np_stats *s)
{
    return ms((double)s->jitter_last_ns);
}

static double jitter_mean(const np_stats *s)
{
    return ms(s->jitter_mean_ns);
}

static double jitter_worst(const np_stats *s)
{
    return ms((double)s->jitter_worst_ns);
}

static double jitter_rfc3550(const np_stats *s)
{
    return ms(s->jitter_rfc3550_ns);
}

typedef struct column {
    char letter;
    int width;
    const char *title;
    int digits, decimals; /* of the figure, behind the blank that parts it from its neighbour */
    const char *unit;
    figure_of *figure; /* NULL: the blank column */
    const char *meaning;
} column;

static const column columns[] = {
    {'L', 6, "Loss%", 4, 1, "%", loss, "answers missing, of the probes that are decided"},
    {'D', 5, "Drop", 4, 0, "", dropped, "probes that were not answered"},
    {'R', 6, "Rcv", 5, 0, "", received, "probes that were answered"},
    {'S', 6, "Snt", 5, 0, "", sent, "probes sent"},
    {'N', 6, "Last", 5, 1, "", last, "latest round-trip time, ms"},
    {'B', 6, "Best", 5, 1, "", best, "shortest round-trip time, ms"},
    {'A', 6, "Avg", 5, 1, "", mean, "arithmetic mean of round-trip times, ms"},
    {'W', 6, "Wrst", 5, 1, "", worst, "longest round-trip time, ms"},
    {'V', 6, "StDev", 5, 1, "", stdev, "standard deviation of round-trip times, ms"},
    {'G', 6, "Gmean", 5, 1, "", gmean, "geometric mean of round-trip times, ms"},
    {'J', 5, "Jttr", 4, 1, "", jitter, "latest jitter, ms"},
    {'M', 5, "Javg", 4, 1, "", jitter_mean, "mean jitter, ms"},
    {'X', 5, "Jmax", 4, 1, "", jitter_worst, "worst jitter, ms"},
    {'I', 5, "Jint", 4, 1, "", jitter_rfc3550, "interarrival jitter of RFC 3550, ms"},
    {' ', 1, "", 0, 0, "", NULL, "a blank between columns"},
};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

static const column *find(char letter)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].letter == letter)
            return &columns[i];
    return NULL;
}

char report_bad_column(const char *order)
{
    for (; *order; order++)
        if (!find(*order))
            return *order;
    return 0;
}

void report_list_columns(FILE *out)
{
    for (size_t i = 0; i < COLUMNS; i++)
        fprintf(out, "    %c  %-6s %s\n", columns[i].letter, columns[i].title,
                columns[i].meaning);
}

static void put_titles(const report_style *style, FILE *out)
{
    for (const char *o = style->order; *o; o++)
        fprintf(out, "%*s", find(*o)->width, find(*o)->title);
    putc('\n', out);
}

/*
 * A figure takes the width of its column. mtr lets "100.0%" run into the next column and lose
 * its percent sign there, and readers know that; any other figure that is too long moves the
 * rest of the row, for a cut number would be a wrong one.
 */
static void put_figures(const np_stats *s, const report_style *style, FILE *out)
{
    char text[FIGURE_MAX];
    for (const char *o = style->order; *o; o++) {
        const column *c = find(*o);
        if (!c->figure) {
            putc(' ', out);
            continue;
        }
        int len = snprintf(text, sizeof text, " %*.*f%s", c->digits, c->decimals, c->figure(s),
                           c->unit);
        if (len == c->width + 1 && c->letter == 'L' && o[1])
            text[c->width] = '\0';
        fprintf(out, "%*s", c->width, text);
    }
    putc('\n', out);
}

static void label(char *out, size_t size, const char *addr, const char *name,
                  const report_style *style)
{
    if (!addr[0])
        snprintf(out, size, "???");
    else if (!name[0])
        snprintf(out, size, "%s", addr);
    else if (style->show_ips)
        snprintf(out, size, "%s (%s)", name, addr);
    else
        snprintf(out, size, "%s", name);
}

static size_t longest_label(const np_trace *t, const report_style *style, const char *host)
{
    size_t longest = columns_of(host);
    for (int i = 0; i < np_trace_hop_count(t); i++) {
        np_hop h;
        char text[LABEL_MAX];
        np_trace_get_hop(t, i, &h, sizeof h);
        label(text, sizeof text, h.addr, h.name, style);
        size_t n = columns_of(text);
        longest = n > longest ? n : longest;
    }
    return longest;
}

/*
 * Further addresses that answered at this TTL, without figures, as mtr lists them: no figure
 * stands behind them, so none of them is cut.
 */
static void put_others(const np_trace *t, int index, const char *main_addr,
                       const report_style *style, size_t width, FILE *out)
{
    for (int i = 0; i < np_trace_responder_count(t, index); i++) {
        np_responder r;
        char text[LABEL_MAX];
        np_trace_get_responder(t, index, i, &r, sizeof r);
        if (strcmp(r.addr, main_addr) == 0)
            continue;
        label(text, sizeof text, r.addr, r.name, style);
        fputs("        ", out);
        columns_put(out, text, width, SIZE_MAX);
        putc('\n', out);
    }
}

/* The label stack that the row's responder told of, a line each, as mtr has it. */
static void put_labels(const np_trace *t, int index, const char *main_addr, FILE *out)
{
    for (int i = 0; i < np_trace_responder_count(t, index); i++) {
        np_responder r;
        np_label l;
        np_trace_get_responder(t, index, i, &r, sizeof r);
        if (strcmp(r.addr, main_addr) != 0)
            continue;
        for (int k = 0; np_trace_get_label(t, index, i, k, &l, sizeof l) == NP_OK; k++)
            fprintf(out, "       [MPLS: Lbl %d TC %d S %d TTL %d]\n", l.label, l.traffic_class,
                    l.bottom, l.ttl);
    }
}

static void put_row(const np_trace *t, int index, const report_style *style, size_t width,
                    FILE *out)
{
    np_hop h;
    np_stats s;
    char text[LABEL_MAX];
    np_trace_get_hop(t, index, &h, sizeof h);
    np_trace_get_stats(t, index, &s, sizeof s);
    label(text, sizeof text, h.addr, h.name, style);
    int used = fprintf(out, " %2d.|-- ", h.ttl);
    size_t room = style->wide || used < 0 ? width : width - (size_t)used;
    columns_put(out, text, room, room);
    put_figures(&s, style, out);
    if (style->mpls)
        put_labels(t, index, h.addr, out);
    put_others(t, index, h.addr, style, width, out);
}

static void put_start(int64_t start_ns, FILE *out)
{
    char text[64];
    time_t seconds = (time_t)(start_ns / SECOND);
    struct tm tm;
    if (start_ns < 0 || !localtime_r(&seconds, &tm))
        return;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &tm);
    fprintf(out, "Start: %s\n", text);
}

static const char *kind_name(int kind)
{
    return kind == NP_TRACE_UDP ? "UDP" : kind == NP_TRACE_TCP ? "TCP" : "ICMP";
}

static void put_end(const np_trace_info *i, FILE *out)
{
    const char *kind = kind_name(i->kind);
    const char *port = i->port_state == NP_PORT_OPEN     ? ", its port is open"
                       : i->port_state == NP_PORT_CLOSED ? ", its port is closed"
                                                         : "";
    switch (i->end) {
    case NP_END_REACHED:
        fprintf(out, "# %s: reached %s at hop %d%s\n", kind, i->addr, i->end_ttl, port);
        return;
    case NP_END_UNREACHABLE:
        fprintf(out, "# %s: %s cannot be reached beyond hop %d\n", kind, i->addr, i->end_ttl);
        return;
    default:
        fprintf(out, "# %s: %s did not answer\n", kind, i->addr);
    }
}

static const char *mark_meaning(const char *mark)
{
    static const char *const meanings[][2] = {
        {"!H", "host unreachable"},          {"!N", "network unreachable"},
        {"!P", "protocol unreachable"},      {"!F", "packet too big for the next link"},
        {"!X", "administratively prohibited"}, {"!S", "source route or scope"},
        {"!V", "precedence violation"},      {"!C", "precedence cut-off"}};
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strcmp(meanings[i][0], mark) == 0)
            return meanings[i][1];
    return "unreachable";
}

/* By which of its interfaces the probe came in, when the router tells (RFC 5837). */
static void put_ingress(const np_responder *r, int ttl, FILE *out)
{
    bool named = r->ingress_name[0] != '\0';
    if (!named && !r->ingress_addr[0] && !r->ingress_index)
        return;
    fprintf(out, "# hop %d: %s received it by ", ttl, r->addr);
    if (named)
        fprintf(out, "%s", r->ingress_name);
    else
        fprintf(out, "interface %d", r->ingress_index);
    if (r->ingress_addr[0])
        fprintf(out, " (%s)", r->ingress_addr);
    putc('\n', out);
}

/* How the probe had changed when it came there; tos: as the hop before quoted it, -1 unknown. */
static void put_quoted(const np_responder *r, int ttl, int *tos, FILE *out)
{
    if (!r->quoted)
        return;
    if (*tos >= 0 && r->quoted_tos != *tos)
        fprintf(out, "# hop %d: to %s the type of service was %d, no longer %d\n", ttl, r->addr,
                r->quoted_tos, *tos);
    if (r->quoted_ttl > 1)
        fprintf(out, "# hop %d: to %s the TTL was still %d\n", ttl, r->addr, r->quoted_ttl);
    *tos = r->quoted_tos;
}

static void put_marks(const np_trace *t, int index, int *tos, FILE *out)
{
    for (int i = 0; i < np_trace_responder_count(t, index); i++) {
        np_responder r;
        np_hop h;
        np_trace_get_hop(t, index, &h, sizeof h);
        np_trace_get_responder(t, index, i, &r, sizeof r);
        if (r.mark[0])
            fprintf(out, "# hop %d: %s answered %s (%s)\n", h.ttl, r.addr, r.mark,
                    mark_meaning(r.mark));
        if (r.mtu > 0)
            fprintf(out, "# hop %d: %s asks for packets of at most %d octets\n", h.ttl, r.addr,
                    r.mtu);
        put_ingress(&r, h.ttl, out);
        put_quoted(&r, h.ttl, tos, out);
    }
}

static void put_count(uint64_t n, const char *what, const char **comma, FILE *out)
{
    if (n == 0)
        return;
    fprintf(out, "%s%llu %s", *comma, (unsigned long long)n, what);
    *comma = ", ";
}

/* What the row cannot show, where there is any of it. */
static void put_odd_counts(const np_trace *t, int index, FILE *out)
{
    np_hop h;
    np_stats s;
    const char *comma = "";
    np_trace_get_hop(t, index, &h, sizeof h);
    np_trace_get_stats(t, index, &s, sizeof s);
    if (s.late + s.duplicates + s.lost_local + s.failed == 0)
        return;
    fprintf(out, "# hop %d: ", h.ttl);
    put_count(s.late, "answered late", &comma, out);
    put_count(s.duplicates, "duplicate answers", &comma, out);
    put_count(s.lost_local, "lost by this host's full buffers", &comma, out);
    put_count(s.failed, "could not be sent", &comma, out);
    putc('\n', out);
}

static void put_remarks(const np_trace *t, const report_style *style, FILE *out)
{
    np_trace_info i;
    int tos = -1;
    np_trace_get(t, &i, sizeof i);
    if (style->interrupted)
        fprintf(out, "# interrupted after %llu rounds\n", (unsigned long long)i.rounds);
    if (i.sent > 0)
        put_end(&i, out);
    if (i.flow_varies)
        fprintf(out,
                "# each probe has a %s port of its own: balancers may send them different ways\n",
                i.kind == NP_TRACE_TCP ? "source" : "destination");
    if (i.note[0])
        fprintf(out, "# UDP instead of ICMP: %s\n", i.note);
    for (int k = 0; k < np_trace_hop_count(t); k++) {
        put_marks(t, k, &tos, out);
        put_odd_counts(t, k, out);
    }
    if (i.foreign > 0)
        fprintf(out, "# %llu answers matched no probe of this trace and were not counted\n",
                (unsigned long long)i.foreign);
}

void report_print(const np_trace *t, const report_style *style, const char *host, FILE *out)
{
    np_trace_info i;
    size_t width = style->wide ? longest_label(t, style, host) : HOST_COLUMNS;
    size_t heading = strlen("HOST: ");
    np_trace_get(t, &i, sizeof i);
    put_start(i.start_ns, out);
    fputs("HOST: ", out);
    size_t room = style->wide ? width : width - heading;
    columns_put(out, host, room, room);
    put_titles(style, out);
    for (int k = 0; k < np_trace_hop_count(t); k++)
        put_row(t, k, style, width, out);
    put_remarks(t, style, out);
}
