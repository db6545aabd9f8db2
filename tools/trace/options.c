/* SPDX-License-Identifier: MIT */
/*
 * Decides what a command line means. Every letter is mtr's; a letter that means something else
 * to traceroute, or a mode that does not exist here, gets one hint and never a silent meaning.
 */
#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 64, FRAGMENT = 256, SERIAL, CLASSIC, RAW };

static const char measuring[] = "Measuring", showing[] = "Showing", other[] = "Other";

static const command_choice choices[] = {
    {'c', "report-cycles", "COUNT", "cycles", NULL, false, measuring,
     "rounds to send [10]; 0 goes on until interrupted"},
    {'i', "interval", "SECONDS", "interval", NULL, true, measuring,
     "time between rounds [1], at least 0.01"},
    {'G', "gracetime", "SECONDS", "grace", NULL, true, measuring,
     "wait for answers after the last round [adapts to the path]"},
    {'Z', "timeout", "SECONDS", "timeout", NULL, true, measuring,
     "when an unanswered probe counts as lost [2]"},
    {'u', "udp", NULL, "kind", "udp", false, measuring, "UDP probes instead of ICMP"},
    {'T', "tcp", NULL, "kind", "tcp", false, measuring,
     "TCP connection attempts instead of ICMP"},
    {'4', "ipv4", NULL, "family", "4", false, measuring, "IPv4 only"},
    {'6', "ipv6", NULL, "family", "6", false, measuring, "IPv6 only"},
    {'f', "first-ttl", "TTL", "first-ttl", NULL, false, measuring, "first TTL to probe [1]"},
    {'m', "max-ttl", "TTL", "max-ttl", NULL, false, measuring, "last TTL to probe [30]"},
    {'U', "max-unknown", "COUNT", "max-unknown", NULL, false, measuring,
     "silent hops in a row that end the path [12]"},
    {'s', "psize", "OCTETS", "size", NULL, false, measuring,
     "size of each packet with its headers [64]"},
    {'B', "bitpattern", "NUMBER", "pattern", NULL, false, measuring,
     "octet that fills the payload [0]"},
    {CLASSIC, "classic", NULL, "udp-ports", "rising", false, measuring,
     "UDP probes to rising ports, as traceroute sends them"},
    {SERIAL, "serial", NULL, "serial", "yes", false, measuring,
     "TCP probes one at a time, all from one port"},
    {RAW, "use-raw", NULL, "raw", "yes", false, measuring,
     "answers by a raw socket, with TTL and TOS as quoted"},
    {FRAGMENT, "dont-fragment", NULL, "dont-fragment", "yes", false, measuring,
     "routers must not fragment; tells the MTU of the path"},
    {'a', "address", "ADDRESS", "source", NULL, false, measuring,
     "address of this host to send from"},
    {'I', "interface", "NAME", "interface", NULL, false, measuring, "interface to send through"},
    {'P', "port", "PORT", "port", NULL, false, measuring, "destination port [UDP 33434, TCP 80]"},
    {'L', "localport", "PORT", "local-port", NULL, false, measuring,
     "source port of UDP probes [random]"},
    {'Q', "tos", "NUMBER", "tos", NULL, false, measuring,
     "type of service, or traffic class, of probes"},
    {'M', "mark", "NUMBER", "mark", NULL, false, measuring,
     "mark of probes, for this host's routing rules"},
    {'r', "report", NULL, NULL, NULL, false, showing, "a report (also without -r, for now)"},
    {'w', "report-wide", NULL, NULL, NULL, false, showing, "a report that cuts no names"},
    {'b', "show-ips", NULL, NULL, NULL, false, showing, "names and addresses"},
    {'n', "no-dns", NULL, "names", "no", false, showing, "addresses only"},
    {'e', "mpls", NULL, NULL, NULL, false, showing, "MPLS labels that routers tell of"},
    {'o', "order", "FIELDS", NULL, NULL, false, showing, "columns, by letter [LS NABWV]"},
    {'j', "json", NULL, NULL, NULL, false, showing, "one JSON document instead of a report"},
    {'h', "help", NULL, NULL, NULL, false, other, "this text"},
    {'v', "version", NULL, NULL, NULL, false, other,
     "versions, and what is possible on this host"},
};

/* mtr's second names for options that are above. */
static const command_alias aliases[] = {{"inet", '4'}, {"inet6", '6'}};

/* Options that people bring along from elsewhere: the letter, and mtr's name for it. */
static const command_stranger strangers[] = {
    {'q', NULL, "-q is traceroute's: here -c COUNT"},
    {'p', "split", "-p is traceroute's port and mtr's split mode: here -P PORT"},
    {'N', NULL, "-N is traceroute's: np-trace always probes all hops at once"},
    {'t', "curses", "-t is mtr's live screen: np-trace prints a report"},
    {0, "displaymode", "--displaymode is mtr's live screen: np-trace prints a report"},
    {'x', "xml", "there is no XML: take --json"},
    {'C', "csv", "there is no CSV: take --json"},
    {'l', "raw", "there is no raw format: take --json"},
    {'z', "aslookup", "-z is mtr's AS look-up, which is not supported"},
    {'y', "ipinfo", "-y is mtr's IP information, which is not supported"},
    {'F', "filename", "-F is mtr's file of hosts: call np-trace once for each host"},
    {'S', "sctp", "-S is mtr's SCTP, which is not supported: here -u or -T"},
    {'g', "gtk", "-g is mtr's GTK display and traceroute's gateway: np-trace has neither"},
};

/* What traceroute means by letters that are mtr's here; said when their value makes no sense. */
static const struct {
    char letter;
    const char *hint;
} borrowed[] = {
    {'I', "traceroute's -I, ICMP, needs no option here"},
    {'i', "traceroute's -i is here -I NAME"},
    {'s', "traceroute's -s is here -a ADDRESS"},
    {'U', "traceroute's -U is here -u"},
    {'M', "traceroute's -M is here -u or -T"},
    {'P', "traceroute's -P is here -u or -T"},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
static const command_line line = {"np-trace", choices,   COUNT(choices),   aliases,
                                  COUNT(aliases), strangers, COUNT(strangers)};

static const char *borrowed_hint(int letter)
{
    for (size_t i = 0; i < COUNT(borrowed); i++)
        if (borrowed[i].letter == letter)
            return borrowed[i].hint;
    return NULL;
}

/* Seconds as mtr takes them, "0.5", ".5" or "5.", as the library's duration; else the value. */
static const char *with_unit(const char *value, char *out, size_t size)
{
    size_t len = strlen(value);
    if (!len || strspn(value, "0123456789.") != len || len + sizeof "00s" > size)
        return value;
    snprintf(out, size, "%s%s%ss", value[0] == '.' ? "0" : "", value,
             len > 1 && value[len - 1] == '.' ? "0" : "");
    return out;
}

static options_result set(np_trace *t, const command_choice *c, const char *value, FILE *err)
{
    char text[VALUE_MAX];
    if (c->set)
        value = c->set;
    else if (c->seconds)
        value = with_unit(value, text, sizeof text);
    np_status st = np_trace_set(t, c->option, value);
    if (st >= 0)
        return OPTIONS_RUN;
    const char *hint = st == NP_ERR_INVALID ? borrowed_hint(c->letter) : NULL;
    fprintf(err, "np-trace: -%c: %s%s%s%s\n", c->letter, np_trace_error(t), hint ? " (" : "",
            hint ? hint : "", hint ? ")" : "");
    return OPTIONS_WRONG;
}

static options_result set_order(const char *order, trace_options *o, FILE *err)
{
    char bad = report_bad_column(order);
    o->style.order = order;
    if (!bad && *order)
        return OPTIONS_RUN;
    if (bad >= ' ' && bad <= '~')
        fprintf(err, "np-trace: -o: there is no column %c: the letters are LDRSNBAWVGJMXI\n",
                bad);
    else
        fprintf(err, "np-trace: -o: name columns by their letters, out of LDRSNBAWVGJMXI\n");
    return OPTIONS_WRONG;
}

static options_result apply(np_trace *t, int letter, const char *value, trace_options *o,
                            FILE *err)
{
    switch (letter) {
    case 'r':
        return OPTIONS_RUN;
    case 'w':
        o->style.wide = true;
        return OPTIONS_RUN;
    case 'b':
        o->style.show_ips = true;
        return OPTIONS_RUN;
    case 'e':
        o->style.mpls = true;
        return OPTIONS_RUN;
    case 'j':
        o->json = true;
        return OPTIONS_RUN;
    case 'o':
        return set_order(value, o, err);
    case 'h':
        return OPTIONS_HELP;
    case 'v':
        return OPTIONS_VERSION;
    }
    return set(t, command_line_find(&line, letter), value, err);
}

/* "3" or "0.5", but not an address. */
static bool is_number(const char *word)
{
    size_t whole = strspn(word, "0123456789");
    const char *rest = word + whole;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    return whole > 0 && !*rest;
}

/* No host: perhaps the last option took it for its value. A number was no host. */
static options_result no_host(int taker, const char *value, FILE *err)
{
    char text[VALUE_MAX];
    const char *hint = taker ? borrowed_hint(taker) : NULL;
    if (!taker || is_number(value))
        fprintf(err, "np-trace: which host: np-trace [options] HOST, see np-trace --help\n");
    else
        fprintf(err, "np-trace: which host: -%c takes %s, and took \"%s\"%s%s%s\n", taker,
                command_line_find(&line, taker)->value,
                command_line_shown(value, text, sizeof text), hint ? " (" : "", hint ? hint : "",
                hint ? ")" : "");
    return OPTIONS_WRONG;
}

/* More than one host: mostly a number that belongs to an option of another tool. */
static options_result many_hosts(const char *first, const char *more, bool wide, FILE *err)
{
    char text[VALUE_MAX];
    if (!strchr(more, '.') && is_number(more))
        fprintf(err,
                "np-trace: a number behind the host is traceroute's packet size: here -s %s\n",
                command_line_shown(more, text, sizeof text));
    else if (wide && is_number(first))
        fprintf(err,
                "np-trace: -w is mtr's wide report and takes no value: traceroute's -w is here "
                "-Z %s\n",
                command_line_shown(first, text, sizeof text));
    else
        fprintf(err, "np-trace: one host at a time: call np-trace once for each\n");
    return OPTIONS_WRONG;
}

/* What stands behind the options. */
static options_result set_host(np_trace *t, const char *host, FILE *err)
{
    if (np_trace_set_target(t, host) >= 0)
        return OPTIONS_RUN;
    fprintf(err, "np-trace: %s\n", np_trace_error(t));
    return OPTIONS_WRONG;
}

options_result options_parse(np_trace *t, int argc, char **argv, trace_options *o, FILE *err)
{
    command_getopt g;
    command_line_getopt(&line, &g);
    *o = (trace_options){.style = {.order = "LS NABWV"}};
    opterr = 0;
    optind = 0; /* begin anew: the tool may run more than once in a process */
    int taker = 0; /* the last option with a value of its own, which no host may follow */
    const char *taken = "";
    for (;;) {
        int letter = getopt_long(argc, argv, g.letters, g.longs, NULL);
        if (letter == -1)
            break;
        const char *word = argv[optind - 1]; /* the one just looked at, wherever it stood */
        options_result r = letter == '?'   ? command_line_wrong(&line, optopt, word, err)
                           : letter == ':' ? command_line_missing(&line, optopt, err)
                                           : apply(t, letter, optarg, o, err);
        if (r != OPTIONS_RUN)
            return r;
        taker = optarg && optarg == argv[optind - 1] ? letter : 0;
        taken = optarg ? optarg : "";
    }
    if (optind >= argc)
        return no_host(taker, taken, err);
    if (optind + 1 < argc)
        return many_hosts(argv[optind], argv[optind + 1], o->style.wide, err);
    return set_host(t, argv[optind], err);
}

void options_help(FILE *out)
{
    fputs("np-trace: which hops lie between here and a host, and how they answer\n"
          "\n"
          "    np-trace -rc 100 www.example.org     a hundred rounds, mtr's report\n"
          "    np-trace -n -i 0.1 192.0.2.1         fast, without names\n"
          "    np-trace -6 -wb www.example.org      IPv6, whole names and addresses\n"
          "    np-trace --json www.example.org      everything, for programs\n"
          "\n"
          "usage: np-trace [options] HOST\n",
          out);
    command_line_help(&line, measuring, out);
    command_line_help(&line, showing, out);
    command_line_help(&line, other, out);
    fputs("\nColumns for -o\n", out);
    report_list_columns(out);
    fputs("\nExit status: 0 the target answered, 1 it did not, 2 nothing could be measured,\n"
          "3 wrong usage. np-trace(1) has the details.\n",
          out);
}
