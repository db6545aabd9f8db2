/* SPDX-License-Identifier: MIT */
/*
 * The course of np-listen: parse, list, print, and say what could not be seen.
 */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../common/exit.h"
#include "netstat.h"
#include "options.h"
#include "table.h"

static const char tool[] = "np-listen";

typedef struct course {
    np_listeners *l;
    const listen_options *o;
    const volatile sig_atomic_t *interrupted;
    FILE *out, *err;
} course;

static int fail(const course *c, const char *sentence, np_status st)
{
    return exit_failed(c->err, tool, sentence, np_status_name(st), exit_of_status(st));
}

/* ---- another network namespace ------------------------------------------------------------ */

/* A path as it is, a number as a process, else a name that ip-netns(8) has given. */
static int open_netns(const char *name)
{
    char path[512];
    bool is_path = strchr(name, '/'), is_pid = strspn(name, "0123456789") == strlen(name);
    const char *before = is_path ? "" : is_pid ? "/proc/" : "/run/netns/";
    int len = snprintf(path, sizeof path, "%s%s%s", before, name, is_pid ? "/ns/net" : "");
    if (len >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* The tool moves itself: what it asks the kernel, /proc/net too, is then about that namespace. */
static bool enter_netns(const char *name, FILE *err)
{
    char text[COMMAND_WORD];
    int fd = open_netns(name);
    bool opened = fd >= 0, entered = opened && setns(fd, CLONE_NEWNET) == 0;
    if (!entered)
        fprintf(err, "np-listen: --netns %s: %s%s\n",
                command_line_shown(name, text, sizeof text), strerror(errno),
                errno == EPERM || errno == EACCES ? ": run as root" : "");
    if (opened)
        close(fd);
    return entered;
}

/* ---- one listing -------------------------------------------------------------------------- */

static void put_footer(const course *c)
{
    np_listeners_info i;
    np_listeners_get_info(c->l, &i, sizeof i);
    if (i.clients > 0)
        fprintf(c->out, "# %" PRIu64 " idle UDP client%s left out: np-listen -uap\n", i.clients,
                i.clients == 1 ? " is" : "s are");
    for (int k = 0; k < np_listeners_gap_count(c->l); k++)
        fprintf(c->out, "# not seen: %s\n", np_listeners_gap(c->l, k));
}

/* What a gap says of owners is netstat's own warning in netstat's layout. */
static void tell_gaps(const course *c)
{
    if (c->o->programs)
        netstat_warn(c->l, c->err);
    for (int k = 0; k < np_listeners_gap_count(c->l); k++)
        if (strncmp(np_listeners_gap(c->l, k), "owners of", 9) != 0)
            fprintf(c->err, "np-listen: not seen: %s\n", np_listeners_gap(c->l, k));
}

/* How many sockets were shown, -1 when they could not be. */
static int print(const course *c)
{
    int count = np_listeners_count(c->l);
    if (c->o->json) {
        const char *json = np_listeners_json(c->l);
        if (json)
            fputs(json, c->out);
        return json ? count : -1;
    }
    if (c->o->netstat) {
        tell_gaps(c);
        return netstat_print(c->l, c->o, c->out);
    }
    if (!table_print(c->l, c->o->numeric, c->out))
        return -1;
    put_footer(c);
    return count;
}

/* Nothing was found: does what was asked for lie in what could not be seen? */
static bool may_be_unseen(const course *c)
{
    np_listeners_info i;
    np_listeners_get_info(c->l, &i, sizeof i);
    return (c->o->by_owner && !i.complete) ||
           (c->o->named && np_listeners_gap_count(c->l) > 0);
}

static int list_once(const course *c)
{
    np_status st = np_listeners_run(c->l);
    if (st < 0)
        return fail(c, np_listeners_error(c->l), st);
    int shown = print(c);
    if (shown < 0)
        return fail(c, "out of memory", NP_ERR_NOMEM);
    if (!exit_written(c->out))
        return exit_unwritten(c->err, tool);
    if (shown == 0 && !c->o->json)
        fputs("np-listen: no socket matches\n", c->err);
    return shown > 0 ? EXIT_GOOD : may_be_unseen(c) ? EXIT_UNMEASURED : EXIT_BAD;
}

/* Until interrupted; what is wrong once is wrong again, so that a failure ends it. */
static int list(const course *c)
{
    const struct timespec second = {.tv_sec = 1};
    int status = list_once(c);
    while (c->o->continuous && !*c->interrupted && status <= EXIT_BAD) {
        nanosleep(&second, NULL); /* a signal ends it early */
        if (!*c->interrupted)
            status = list_once(c);
    }
    return status;
}

int listen_tool(np_context *ctx, int argc, char **argv, const volatile sig_atomic_t *interrupted,
                FILE *out, FILE *err)
{
    listen_options o;
    course c = {np_listeners_new(ctx), &o, interrupted, out, err};
    int status = EXIT_GOOD;
    if (!c.l)
        return fail(&c, "out of memory", NP_ERR_NOMEM);
    options_result asked = listen_options_parse(c.l, argc, argv, &o, err);
    if (!process_answered(asked, ctx, tool, listen_options_help, out, err, &status))
        status = o.netns && !enter_netns(o.netns, err)
                     ? exit_failed(err, tool, "", "network.namespace", EXIT_UNMEASURED)
                     : list(&c);
    np_listeners_free(c.l);
    return status;
}
