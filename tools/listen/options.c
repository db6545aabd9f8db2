/* SPDX-License-Identifier: MIT */
/*
 * Decides what a command line means. Every letter is netstat's; its other jobs, which belong to
 * other tools today, get one hint and never a silent meaning.
 */
#include "options.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>

enum { JSON = 256, NETNS, PID, USER, OWNERS, LIST_MAX = 256 };

static const char showing[] = "Showing, as netstat does", filtering[] = "Which sockets",
                  other[] = "Other";

static const command_choice choices[] = {
    {'l', "listening", NULL, NULL, NULL, false, showing,
     "sockets that listen, in netstat's layout"},
    {'a', "all", NULL, NULL, NULL, false, showing, "all sockets, in netstat's layout"},
    {'p', "programs", NULL, NULL, NULL, false, showing,
     "with the program of each, in netstat's layout"},
    {'e', "extend", NULL, NULL, NULL, false, showing, "with user and inode, in netstat's layout"},
    {'n', "numeric", NULL, NULL, NULL, false, showing, "numbers instead of names"},
    {'W', "wide", NULL, NULL, NULL, false, showing, "do not cut addresses"},
    {'c', "continuous", NULL, NULL, NULL, false, showing, "again every second, until interrupted"},
    {JSON, "json", NULL, NULL, NULL, false, showing, "one JSON document instead of a table"},
    {'t', "tcp", NULL, NULL, NULL, false, filtering, "TCP, with MPTCP"},
    {'u', "udp", NULL, NULL, NULL, false, filtering, "UDP"},
    {'U', "udplite", NULL, NULL, NULL, false, filtering, "UDP-Lite"},
    {'S', "sctp", NULL, NULL, NULL, false, filtering, "SCTP"},
    {'w', "raw", NULL, NULL, NULL, false, filtering, "raw sockets"},
    {'x', "unix", NULL, NULL, NULL, false, filtering, "UNIX domain sockets"},
    {'4', "inet", NULL, NULL, NULL, false, filtering, "reached over IPv4"},
    {'6', "inet6", NULL, NULL, NULL, false, filtering, "reached over IPv6"},
    {PID, "pid", "PID", "pid", NULL, false, filtering, "held by this process"},
    {USER, "user", "NAME", NULL, NULL, false, filtering, "made by this user, name or number"},
    {NETNS, "netns", "NAME", NULL, NULL, false, filtering,
     "of another network namespace: its name, path or process"},
    {OWNERS, "owners", "MODE", "owners", NULL, false, other,
     "how owners are looked for: auto, none, first, all [auto]"},
    {'h', "help", NULL, NULL, NULL, false, other, "this text"},
    {'V', "version", NULL, NULL, NULL, false, other,
     "versions, and what is possible on this host"},
};

static const command_alias aliases[] = {
    {"ipv4", '4'}, {"ipv6", '6'}, {"numeric-hosts", 'n'}, {"numeric-ports", 'n'},
    {"numeric-users", 'n'}};

/* What netstat does besides, and who does it now. */
static const command_stranger strangers[] = {
    {'r', "route", "-r is netstat's routing table: ip route"},
    {'i', "interfaces", "-i is netstat's table of interfaces: ip -s link"},
    {'s', "statistics", "-s is netstat's statistics: nstat -az"},
    {'g', "groups", "-g is netstat's multicast groups: ip maddress"},
    {'o', "timers", "-o is netstat's timers: ss -o"},
    {'M', "masquerade", "-M is netstat's masqueraded connections: conntrack -L"},
    {'v', "verbose", "-v needs no asking for: what cannot be seen is always said"},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
static const command_line line = {"np-listen", choices,   COUNT(choices),   aliases,
                                  COUNT(aliases), strangers, COUNT(strangers)};

/* Lists that words and letters add to. */
typedef struct lists {
    char ports[LIST_MAX], words[LIST_MAX];
} lists;

static options_result refused(const np_listeners *l, FILE *err)
{
    fprintf(err, "np-listen: %s\n", np_listeners_error(l));
    return OPTIONS_WRONG;
}

static options_result set_user(np_listeners *l, const char *name, FILE *err)
{
    char number[32], text[COMMAND_WORD];
    const struct passwd *pw = getpwnam(name);
    if (pw)
        snprintf(number, sizeof number, "%lu", (unsigned long)pw->pw_uid);
    if (!pw && (!*name || strspn(name, "0123456789") != strlen(name))) {
        fprintf(err, "np-listen: --user: there is no user %s\n",
                command_line_shown(name, text, sizeof text));
        return OPTIONS_WRONG;
    }
    return np_listeners_set(l, "uid", pw ? number : name) < 0 ? refused(l, err) : OPTIONS_RUN;
}

static void want(listen_options *o, int protocol)
{
    o->protocols |= 1u << protocol;
}

/* Letters that choose the layout, or what is in it. */
static bool apply_layout(int letter, listen_options *o)
{
    switch (letter) {
    case 'l':
        o->listening = o->netstat = true;
        return true;
    case 'a':
        o->all = o->netstat = true;
        return true;
    case 'p':
        o->programs = o->netstat = true;
        return true;
    case 'e':
        o->extend = o->netstat = true;
        return true;
    case 'n':
        o->numeric = true;
        return true;
    case 'W':
        o->wide = true;
        return true;
    case 'c':
        o->continuous = true;
        return true;
    case JSON:
        o->json = true;
        return true;
    }
    return false;
}

/* Letters that filter. */
static bool apply_filter(int letter, listen_options *o)
{
    static const struct {
        char letter;
        int protocol;
    } protocols[] = {{'t', NP_PROTOCOL_TCP},     {'u', NP_PROTOCOL_UDP}, {'S', NP_PROTOCOL_SCTP},
                     {'U', NP_PROTOCOL_UDPLITE}, {'w', NP_PROTOCOL_RAW}, {'x', NP_PROTOCOL_UNIX}};
    for (size_t i = 0; i < COUNT(protocols); i++)
        if (protocols[i].letter == letter) {
            want(o, protocols[i].protocol);
            return true;
        }
    if (letter != '4' && letter != '6')
        return false;
    /* Both are the same as neither. */
    o->family = o->family && o->family != letter - '0' ? 0 : letter - '0';
    return true;
}

static options_result apply(np_listeners *l, int letter, const char *value, listen_options *o,
                            FILE *err)
{
    if (apply_layout(letter, o) || apply_filter(letter, o))
        return OPTIONS_RUN;
    switch (letter) {
    case 'h':
        return OPTIONS_HELP;
    case 'V':
        return OPTIONS_VERSION;
    case NETNS:
        o->netns = value;
        return OPTIONS_RUN;
    case USER:
        return set_user(l, value, err);
    case PID:
        o->by_owner = true;
        break;
    }
    const char *option = command_line_find(&line, letter)->option;
    return np_listeners_set(l, option, value) < 0 ? refused(l, err) : OPTIONS_RUN;
}

static bool add(char *list, const char *word)
{
    size_t len = strlen(list);
    int n = snprintf(list + len, LIST_MAX - len, "%s%s", len ? "," : "", word);
    return n >= 0 && (size_t)n < LIST_MAX - len;
}

static int protocol_named(const char *word)
{
    for (int p = NP_PROTOCOL_TCP; p <= NP_PROTOCOL_UNIX; p++)
        if (strcmp(np_protocol_name(p), word) == 0)
            return p;
    return NP_PROTOCOL_UNKNOWN;
}

/* ":443" and "443" are ports, "udp" is a protocol, everything else a name. */
static bool take_word(const char *word, listen_options *o, lists *list)
{
    const char *port = word + (*word == ':');
    int protocol = protocol_named(word);
    if (protocol)
        want(o, protocol);
    else if (*word == ':' || (*word && strspn(word, "0123456789") == strlen(word)))
        return add(list->ports, port);
    else
        return add(list->words, word);
    return true;
}

static options_result take_words(np_listeners *l, char **words, listen_options *o, FILE *err)
{
    lists list = {"", ""};
    for (; *words; words++)
        if (!take_word(*words, o, &list)) {
            fprintf(err, "np-listen: too many words: at most %d letters of each kind\n",
                    LIST_MAX - 1);
            return OPTIONS_WRONG;
        }
    if (list.ports[0] && np_listeners_set(l, "port", list.ports) < 0)
        return refused(l, err);
    o->by_owner |= list.words[0] != '\0';
    if (list.words[0] && np_listeners_set(l, "match", list.words) < 0)
        return refused(l, err);
    return OPTIONS_RUN;
}

/* What netstat lists when nothing is named; without its layout, what the library does. */
static void set_protocols(np_listeners *l, listen_options *o)
{
    char list[LIST_MAX] = "";
    o->named = o->protocols != 0;
    if (!o->protocols && o->netstat)
        for (int p = NP_PROTOCOL_TCP; p <= NP_PROTOCOL_UNIX; p++)
            if (p != NP_PROTOCOL_PING && (p != NP_PROTOCOL_UNIX || !o->family))
                want(o, p);
    for (int p = NP_PROTOCOL_TCP; p <= NP_PROTOCOL_UNIX; p++)
        if (o->protocols >> p & 1)
            add(list, np_protocol_name(p));
    if (list[0])
        np_listeners_set(l, "protocols", list);
}

/* netstat's -4 is about sockets, not about who reaches them: its layout sorts that out. */
static void set_listing(np_listeners *l, listen_options *o)
{
    bool connected = o->netstat && !o->listening;
    set_protocols(l, o);
    np_listeners_set(l, "state", o->all || connected ? "all" : o->netstat ? "unconnected"
                                                                          : "listening");
    if (o->family && (!o->netstat || o->json))
        np_listeners_set(l, "family", o->family == 4 ? "4" : "6");
    if (o->netstat && o->programs)
        np_listeners_set(l, "command", "yes");
    else if (o->netstat && !o->json)
        np_listeners_set(l, "owners", "none");
}

options_result listen_options_parse(np_listeners *l, int argc, char **argv, listen_options *o,
                                    FILE *err)
{
    command_getopt g;
    command_line_getopt(&line, &g);
    *o = (listen_options){0};
    opterr = 0;
    optind = 0; /* begin anew: the tool may run more than once in a process */
    for (;;) {
        int letter = getopt_long(argc, argv, g.letters, g.longs, NULL);
        if (letter == -1)
            break;
        const char *word = argv[optind - 1];
        options_result r = letter == '?'   ? command_line_wrong(&line, optopt, word, err)
                           : letter == ':' ? command_line_missing(&line, optopt, err)
                                           : apply(l, letter, optarg, o, err);
        if (r != OPTIONS_RUN)
            return r;
    }
    options_result r = take_words(l, argv + optind, o, err);
    if (r == OPTIONS_RUN)
        set_listing(l, o);
    return r;
}

void listen_options_help(FILE *out)
{
    fputs("np-listen: what listens on this host, where, and who is behind it\n"
          "\n"
          "    np-listen                            a table to read\n"
          "    np-listen -plunte                    netstat's question, netstat's columns\n"
          "    np-listen :443 nginx                 port 443, and held by nginx\n"
          "    np-listen --json udp                 everything about UDP, for programs\n"
          "\n"
          "usage: np-listen [options] [:PORT | PROTOCOL | NAME]...\n"
          "\n"
          "Words of one kind add up, words of different kinds narrow down. A NAME is part of\n"
          "the name of a process, systemd unit, container or UNIX socket.\n",
          out);
    command_line_help(&line, filtering, out);
    command_line_help(&line, showing, out);
    command_line_help(&line, other, out);
    fputs("\nExit status: 0 found, 1 nothing matches, 2 could not see, 3 wrong usage.\n"
          "np-listen(1) has the details.\n",
          out);
}
