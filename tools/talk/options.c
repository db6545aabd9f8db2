/* SPDX-License-Identifier: MIT */
/*
 * Decides what a command line means. Letters are curl's; for mail the long names of swaks are
 * accepted where they mean the same. What else people bring along gets a hint.
 */
#include "options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    TLS = 256,
    STARTTLS,
    FROM,
    TO,
    SEND,
    SUBJECT,
    BODY,
    HELO,
    AUTH,
    PASSWORD_FILE,
    QUIT_AFTER,
    RETR,
    MAILBOX,
    SCRIPT,
    SHOW_SCRIPT,
    CHECK_SCRIPT,
    SECRET,
    SERVER,
    EXPECT,
    CERT_DAYS,
    MAX_TOTAL,
    CHECK,
    JSON,
    TRACE,
    TRACE_ASCII,
    TRACE_TIME,
    CACERT,
    CERT,
    KEY,
    SNI,
    ALPN,
    TLS_MIN,
    TLS_MAX,
    CIPHERS,
    KEYLOG,
    CONNECT_TO,
    RESOLVE,
    INTERFACE,
    SOURCE,
    CONNECT_TIMEOUT,
    TIMEOUT,
    LINGER,
    PARALLEL,
    TARGETS,
    PLAINTEXT,
    MAX_BODY,
    MAX_REDIRS
};

static const char mail[] = "Mail", web[] = "Web pages", scripts[] = "Scripts", security[] = "TLS",
                  way[] = "Connection", judging[] = "What counts as good",
                  showing[] = "What is shown";

static const command_choice choices[] = {
    {STARTTLS, "starttls", NULL, NULL, NULL, false, mail, "ask for TLS, and go on inside it only"},
    {'u', "user", "USER", NULL, NULL, false, mail, "log in; USER:PASSWORD is seen by everybody"},
    {PASSWORD_FILE, "password-file", "FILE", NULL, NULL, false, mail,
     "its first line is the password"},
    {AUTH, "auth", "HOW", NULL, NULL, false, mail,
     "plain, login, cram-md5, xoauth2, oauthbearer, user [as offered]"},
    {FROM, "from", "ADDRESS", NULL, NULL, false, mail, "sender of a mail transaction"},
    {TO, "to", "ADDRESS", NULL, NULL, false, mail, "recipient, may be given again"},
    {SEND, "send", NULL, NULL, NULL, false, mail,
     "send the test mail, not only up to its recipients"},
    {SUBJECT, "subject", "TEXT", NULL, NULL, false, mail, "of the test mail"},
    {BODY, "body", "TEXT", NULL, NULL, false, mail, "of the test mail"},
    {HELO, "helo", "NAME", NULL, NULL, false, mail, "how to say hello [the own address]"},
    {QUIT_AFTER, "quit-after", "STEP", NULL, NULL, false, mail,
     "connect, helo, auth, mail or rcpt [rcpt]"},
    {MAILBOX, "mailbox", "NAME", NULL, NULL, false, mail, "of IMAP [INBOX]"},
    {RETR, "retr", "N", NULL, NULL, false, mail, "read message N by POP3, may be given again"},
    {SERVER, "server", "HOST[:PORT]", NULL, NULL, false, mail, "the same as smtp://HOST"},

    {'I', "head", NULL, NULL, NULL, false, web, "only the head of the answer"},
    {'i', "include", NULL, NULL, NULL, false, web, "head and body"},
    {'o', "output", "FILE", NULL, NULL, false, web, "write the body there, - is standard output"},
    {'H', "header", "LINE", NULL, NULL, false, web, "send this header, may be given again"},
    {'X', "request", "METHOD", NULL, NULL, false, web, "GET, HEAD or POST"},
    {'L', "location", NULL, NULL, NULL, false, web, "follow redirects"},
    {MAX_REDIRS, "max-redirs", "N", NULL, NULL, false, web, "how many [50]"},
    {'w', "write-out", "FORMAT", NULL, NULL, false, web, "print this at the end, as %{time_total}"},

    {SCRIPT, "script", "FILE", NULL, NULL, false, scripts,
     "run this script, with NAME=VALUE words"},
    {SECRET, "secret", "NAME=FILE", NULL, NULL, false, scripts,
     "a variable from the first line of a file, shown nowhere"},
    {SHOW_SCRIPT, "show-script", NULL, NULL, NULL, false, scripts,
     "print the script that would run, and do nothing"},
    {CHECK_SCRIPT, "check-script", "FILE", NULL, NULL, false, scripts, "only look for mistakes"},

    {TLS, "tls", NULL, NULL, NULL, false, security, "TLS from the first octet, with HOST PORT"},
    {'k', "insecure", NULL, "verify", "no", false, security, "take any certificate"},
    {CACERT, "cacert", "FILE", "ca-file", NULL, false, security,
     "trust these, a file or a hashed folder [the system's]"},
    {CERT, "cert", "FILE", "cert-file", NULL, false, security, "our own certificate, PEM"},
    {KEY, "key", "FILE", "key-file", NULL, false, security, "its key"},
    {SNI, "sni", "NAME", "sni", NULL, false, security, "ask for, and verify, this name"},
    {ALPN, "alpn", "LIST", "alpn", NULL, false, security, "protocols to offer"},
    {TLS_MIN, "tls-min", "VERSION", "tls-min", NULL, false, security, "1.2 or 1.3"},
    {TLS_MAX, "tls-max", "VERSION", "tls-max", NULL, false, security, "1.2 or 1.3"},
    {CIPHERS, "ciphers", "LIST", "ciphers", NULL, false, security, "as OpenSSL lists them"},
    {KEYLOG, "keylog", "FILE", NULL, NULL, false, security, "append the keys, for Wireshark"},
    {PLAINTEXT, "plaintext-auth", NULL, "plaintext-auth", "yes", false, security,
     "let passwords go without TLS"},

    {'4', "ipv4", NULL, "family", "4", false, way, "IPv4 only"},
    {'6', "ipv6", NULL, "family", "6", false, way, "IPv6 only"},
    {CONNECT_TO, "connect-to", "H:P:H:P", NULL, NULL, false, way,
     "connect there instead, as curl's"},
    {RESOLVE, "resolve", "H:P:ADDRESS", NULL, NULL, false, way, "take this address, as curl's"},
    {INTERFACE, "interface", "NAME", "interface", NULL, false, way, "connect through it"},
    {SOURCE, "source", "ADDRESS", "source", NULL, false, way, "connect from it"},
    {'m', "max-time", "TIME", "deadline", NULL, true, way, "for the whole [90s]"},
    {CONNECT_TIMEOUT, "connect-timeout", "TIME", "connect-timeout", NULL, true, way,
     "for the connection [10s]"},
    {TIMEOUT, "timeout", "TIME", "timeout", NULL, true, way, "for each step [10s]"},
    {LINGER, "linger", "TIME", NULL, NULL, false, way,
     "wait so long behind the end of the input [5s]"},
    {MAX_BODY, "max-filesize", "N", "max-body", NULL, false, way, "octets of a body [8388608]"},
    {TARGETS, "targets", "FILE", NULL, NULL, false, way, "URLs from a file, one a line"},
    {PARALLEL, "parallel", "N", NULL, NULL, false, way, "conversations at a time [20]"},

    {EXPECT, "expect", "CODE", NULL, NULL, false, judging, "the answer's code, as 200 or 4xx"},
    {CERT_DAYS, "cert-days", "N", NULL, NULL, false, judging,
     "the certificate is good for N days more"},
    {MAX_TOTAL, "max-total", "TIME", NULL, NULL, false, judging, "it takes no longer"},
    {CHECK, "check", NULL, NULL, NULL, false, judging,
     "as a monitoring plugin: one line, and exit 0 1 2 3"},

    {'s', "silent", NULL, NULL, NULL, false, showing, "nothing but what was asked for"},
    {'v', "verbose", NULL, NULL, NULL, false, showing, "the transcript as it was, on stderr"},
    {JSON, "json", NULL, NULL, NULL, false, showing, "one JSON document"},
    {TRACE, "trace", "FILE", NULL, NULL, false, showing, "every octet, as curl writes it"},
    {TRACE_ASCII, "trace-ascii", "FILE", NULL, NULL, false, showing, "the same without hex"},
    {TRACE_TIME, "trace-time", NULL, NULL, NULL, false, showing, "with times"},
    {'h', "help", NULL, NULL, NULL, false, showing, "this text"},
    {'V', "version", NULL, NULL, NULL, false, showing,
     "versions, and what is possible on this host"},
};

static const command_alias aliases[] = {{"auth-user", 'u'},
                                        {"ehlo", HELO},
                                        {"tls-on-connect", TLS},
                                        {"auth-plaintext", PLAINTEXT},
                                        {"timings", 'v'}};

static const command_stranger strangers[] = {
    {'d', "data", "-d is curl's: write the request as a script, with post PATH <<END"},
    {'A', "user-agent", "-A is curl's: here -H 'User-Agent: ...'"},
    {'b', "cookie", "-b is curl's: here -H 'Cookie: ...'"},
    {'e', "referer", "-e is curl's: here -H 'Referer: ...'"},
    {'f', "fail", "-f is curl's: here --expect 2xx"},
    {'O', "remote-name", "-O is curl's: here -o FILE"},
    {'x', "proxy", "-x is curl's: proxies are not built"},
    {0, "auth-password",
     "a password on the command line is seen by everybody: --password-file FILE"},
    {0, "password", "a password on the command line is seen by everybody: --password-file FILE"},
    {0, "connect", "--connect is s_client's: here np-talk HOST PORT --tls"},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
static const command_line line = {"np-talk",      choices,   COUNT(choices),  aliases,
                                  COUNT(aliases), strangers, COUNT(strangers)};

static options_result wrong(FILE *err, const char *option, const char *value, const char *what)
{
    char text[COMMAND_WORD];
    fprintf(err, "np-talk: --%s %s: %s\n", option, command_line_shown(value, text, sizeof text),
            what);
    return OPTIONS_WRONG;
}

/* A line end in a value would begin a command of its own; the text of a mail may have them. */
static bool fits_line(const char *name, const char *value, FILE *err)
{
    if (strcmp(name, "text") == 0 || !strpbrk(value, "\r\n"))
        return true;
    fprintf(err, "np-talk: --%s: there is a line end in its value\n", name);
    return false;
}

static bool add(talk_pairs *p, const char *name, const char *value)
{
    if (p->count == TALK_PAIRS)
        return false;
    p->pairs[p->count++] = (talk_pair){name, value};
    return true;
}

const char *talk_pairs_last(const talk_pairs *p, const char *name)
{
    for (int i = p->count; i > 0; i--)
        if (strcmp(p->pairs[i - 1].name, name) == 0)
            return p->pairs[i - 1].value;
    return NULL;
}

static options_result full(bool added, FILE *err)
{
    if (added)
        return OPTIONS_RUN;
    fprintf(err, "np-talk: more than %d values\n", TALK_PAIRS);
    return OPTIONS_WRONG;
}

/* "5s", "500ms", "2m", and as curl has it a bare number of seconds. */
static bool duration(const char *text, int64_t *out)
{
    static const struct {
        const char *unit;
        double ns;
    } units[] = {{"", 1e9}, {"s", 1e9}, {"ms", 1e6}, {"m", 60e9}, {"h", 3600e9}};
    char *end;
    double v = strtod(text, &end);
    if (end == text || v < 0 || v > 1e6)
        return false;
    for (size_t i = 0; i < COUNT(units); i++)
        if (strcmp(end, units[i].unit) == 0) {
            *out = (int64_t)(v * units[i].ns);
            return true;
        }
    return false;
}

static bool number(const char *text, int64_t most, int64_t *out)
{
    char *end;
    long long v = strtoll(text, &end, 10);
    *out = v;
    return *text && !*end && v >= 0 && v <= most;
}

/* ---- groups of options ------------------------------------------------------------------------
 */

static options_result apply_quit_after(const char *value, talk_options *o, FILE *err)
{
    static const char *const names[][2] = {
        {"connect", "connect"}, {"helo", "helo"},      {"ehlo", "helo"},
        {"first-helo", "helo"}, {"banner", "connect"}, {"tls", "helo"},
        {"auth", "auth"},       {"mail", "mail"},      {"rcpt", "rcpt"}};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcasecmp(names[i][0], value) == 0)
            return full(add(&o->values, "stop", names[i][1]), err);
    return wrong(err, "quit-after", value, "connect, helo, auth, mail or rcpt");
}

static options_result apply_auth(const char *value, talk_options *o, FILE *err)
{
    static const char *const names[] = {"plain",   "login",       "cram-md5",
                                        "xoauth2", "oauthbearer", "user"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcasecmp(names[i], value) == 0) {
            o->mechanism = names[i];
            return OPTIONS_RUN;
        }
    return wrong(err, "auth", value, "plain, login, cram-md5, xoauth2, oauthbearer or user");
}

static options_result apply_user(char *value, talk_options *o, FILE *err)
{
    char *colon = strchr(value, ':');
    o->user = value;
    o->login = true;
    if (!colon)
        return OPTIONS_RUN;
    fputs("np-talk: warning: everybody on this host can read a password on the command line: "
          "--password-file FILE\n",
          err);
    o->password = colon + 1;
    *colon = '\0';
    return OPTIONS_RUN;
}

static options_result apply_mail(int letter, char *value, talk_options *o, FILE *err)
{
    if (!fits_line(letter == BODY ? "text" : command_line_find(&line, letter)->name, value, err))
        return OPTIONS_WRONG;
    switch (letter) {
    case FROM:
        return full(add(&o->values, "from", value), err);
    case TO:
        return full(add(&o->values, "to", value), err);
    case SUBJECT:
        return full(add(&o->values, "subject", value), err);
    case BODY:
        return full(add(&o->values, "text", value), err);
    case HELO:
        return full(add(&o->values, "client", value), err);
    case MAILBOX:
        return full(add(&o->values, "mailbox", value), err);
    case RETR:
        return full(add(&o->values, "retr", value), err);
    case AUTH:
        return apply_auth(value, o, err);
    case QUIT_AFTER:
        return apply_quit_after(value, o, err);
    default:
        return apply_user(value, o, err);
    }
}

static options_result apply_web(int letter, const char *value, talk_options *o, FILE *err)
{
    static const char *const methods[] = {"head", "get", "post"};
    switch (letter) {
    case 'H':
        if (!fits_line("header", value, err))
            return OPTIONS_WRONG;
        if (!strchr(value, ':'))
            return wrong(err, "header", value, "a header is NAME: VALUE");
        return full(add(&o->values, "header", value), err);
    case 'X':
        for (size_t i = 0; i < COUNT(methods); i++)
            if (strcasecmp(methods[i], value) == 0) {
                o->method = methods[i];
                return OPTIONS_RUN;
            }
        return wrong(err, "request", value, "GET, HEAD or POST are what is built");
    case 'I':
        o->head = true;
        o->method = o->method ? o->method : "head";
        break;
    case 'i':
        o->include = true;
        break;
    case 'o':
        o->output = value;
        break;
    case 'w':
        o->format = value;
        break;
    case 'L':
        o->follow = o->follow ? o->follow : 50;
        break;
    }
    return OPTIONS_RUN;
}

static options_result apply_judging(int letter, const char *value, talk_options *o, FILE *err)
{
    int64_t n = 0;
    switch (letter) {
    case EXPECT:
        o->expect = value;
        if (strlen(value) != 3 || strspn(value, "0123456789x") != 3 || *value == 'x')
            return wrong(err, "expect", value, "a code is three digits, as 200, 25x or 4xx");
        return OPTIONS_RUN;
    case CERT_DAYS:
        if (!number(value, 100000, &o->cert_days))
            return wrong(err, "cert-days", value, "a number of days");
        return OPTIONS_RUN;
    case MAX_TOTAL:
        if (!duration(value, &o->max_total))
            return wrong(err, "max-total", value, "a time, as 2s or 500ms");
        return OPTIONS_RUN;
    case LINGER:
        if (!duration(value, &o->linger))
            return wrong(err, "linger", value, "a time, as 2s or 500ms");
        return OPTIONS_RUN;
    case PARALLEL:
        if (!number(value, 1000, &n) || n == 0)
            return wrong(err, "parallel", value, "a number from 1 to 1000");
        o->parallel = (int)n;
        return OPTIONS_RUN;
    default:
        if (!number(value, 50, &n))
            return wrong(err, "max-redirs", value, "a number up to 50");
        o->follow = (int)n;
        return OPTIONS_RUN;
    }
}

/* curl's --resolve HOST:PORT:ADDRESS says the same as connect-to with an empty last port. */
static options_result apply_way(int letter, const char *value, talk_options *o, FILE *err)
{
    char *row = NULL;
    const char *host = value + (*value == '+');
    const char *port = strchr(host, ':'), *address = port ? strchr(port + 1, ':') : NULL;
    if (letter == CONNECT_TO)
        return full(add(&o->settings, "connect-to", value), err);
    if (!address)
        return wrong(err, "resolve", value, "HOST:PORT:ADDRESS");
    bool bare = address[1] != '[' && strchr(address + 1, ':'); /* IPv6 without brackets */
    const char *before = bare ? "[" : "", *behind = bare ? "]" : "";
    int n =
        asprintf(&row, "%.*s:%s%s%s:", (int)(address - host), host, before, address + 1, behind);
    return full(n >= 0 && add(&o->settings, "connect-to", row), err); /* for the process's life */
}

static bool apply_flag(int letter, talk_options *o)
{
    static const struct {
        int letter;
        size_t at;
    } flags[] = {
#define FLAG(name) offsetof(talk_options, name)
        {TLS, FLAG(tls)},
        {STARTTLS, FLAG(starttls)},
        {SEND, FLAG(send)},
        {'s', FLAG(silent)},
        {'v', FLAG(verbose)},
        {JSON, FLAG(json)},
        {CHECK, FLAG(check)},
        {SHOW_SCRIPT, FLAG(show_script)},
        {TRACE_TIME, FLAG(trace_time)},
#undef FLAG
    };
    for (size_t i = 0; i < COUNT(flags); i++)
        if (flags[i].letter == letter) {
            *(bool *)((char *)o + flags[i].at) = true;
            return true;
        }
    return false;
}

static bool apply_file(int letter, char *value, talk_options *o)
{
    switch (letter) {
    case SCRIPT:
        o->script = value;
        return true;
    case CHECK_SCRIPT:
        o->check_script = value;
        return true;
    case PASSWORD_FILE:
        o->password_file = value;
        return true;
    case TARGETS:
        o->targets = value;
        return true;
    case KEYLOG:
        o->keylog = value;
        return add(&o->settings, "keylog", "yes");
    case TRACE:
    case TRACE_ASCII:
        o->trace = value;
        o->trace_ascii = letter == TRACE_ASCII;
        return add(&o->settings, "octets", "yes");
    }
    return false;
}

static options_result apply_secret(char *value, talk_options *o, FILE *err)
{
    char *equals = strchr(value, '=');
    if (!equals || equals == value || !equals[1])
        return wrong(err, "secret", value, "NAME=FILE");
    *equals = '\0';
    return full(add(&o->secrets, value, equals + 1), err);
}

static options_result apply(int letter, char *value, talk_options *o, FILE *err)
{
    const command_choice *c = command_line_find(&line, letter);
    if (letter == 'h')
        return OPTIONS_HELP;
    if (letter == 'V')
        return OPTIONS_VERSION;
    if (apply_flag(letter, o) || apply_file(letter, value, o))
        return OPTIONS_RUN;
    if (letter == SECRET)
        return apply_secret(value, o, err);
    if (letter == CONNECT_TO || letter == RESOLVE)
        return apply_way(letter, value, o, err);
    if (c->group == judging || letter == LINGER || letter == PARALLEL || letter == MAX_REDIRS)
        return apply_judging(letter, value, o, err);
    if (c->option)
        return full(add(&o->settings, c->option, c->set ? c->set : value), err);
    if (c->group == web)
        return apply_web(letter, value, o, err);
    if (letter == SERVER)
        return full(add(&o->values, "server", value), err);
    return apply_mail(letter, value, o, err);
}

options_result talk_options_parse(int argc, char **argv, talk_options *o, FILE *err)
{
    command_getopt g;
    command_line_getopt(&line, &g);
    *o = (talk_options){.cert_days = -1, .max_total = -1, .linger = 5 * NP_SECOND, .parallel = 20};
    opterr = 0;
    optind = 0; /* begin anew: the tool may run more than once in a process */
    for (;;) {
        int letter = getopt_long(argc, argv, g.letters, g.longs, NULL);
        if (letter == -1)
            break;
        const char *word = argv[optind - 1];
        options_result r = letter == '?'   ? command_line_wrong(&line, optopt, word, err)
                           : letter == ':' ? command_line_missing(&line, optopt, err)
                                           : apply(letter, optarg, o, err);
        if (r != OPTIONS_RUN)
            return r;
    }
    o->words = argv + optind;
    o->word_count = argc - optind;
    return OPTIONS_RUN;
}

void talk_options_help(FILE *out)
{
    fputs("np-talk: say to a server what telnet, openssl s_client and curl -I said by hand\n"
          "\n"
          "    np-talk smtp://mx.example --starttls --from a@x --to b@y    every reply code\n"
          "    np-talk smtp://mail.example:587 --starttls -u me --password-file f \\\n"
          "            --from a@x --to b@y --send                          a test mail\n"
          "    np-talk -I https://www.example.org                          the head of a page\n"
          "    np-talk imaps://mail.example -u me --password-file f        login, and counts\n"
          "    np-talk tls://mail.example:993                              whose certificate\n"
          "    np-talk mx.example 25                                       as telnet\n"
          "    np-talk mx.example 25 --starttls smtp                       as s_client\n"
          "    np-talk --script check.talk host=mx.example                 a script of one's own\n"
          "\n"
          "usage: np-talk [options] URL... | HOST PORT | --script FILE [URL] [NAME=VALUE]...\n",
          out);
    const char *const groups[] = {mail, web, scripts, security, way, judging, showing};
    for (size_t i = 0; i < COUNT(groups); i++)
        command_line_help(&line, groups[i], out);
    fputs("\nExit status: 0 good, 1 not as expected, 2 could not talk, 3 wrong usage.\n"
          "np-talk(1) has the details, np-script(5) the language.\n",
          out);
}
