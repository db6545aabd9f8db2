/* SPDX-License-Identifier: MIT */
/*
 * A host that is easily offended: it compares what a guest must leave alone before and after a
 * trace of the loopback, and lets a forked child meet a trace that runs.
 */
#include <dirent.h>
#include <locale.h>
#include <netprobe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../failmem.h"

extern char **environ;

enum { SIGNALS = 65, TEXT_MAX = 65536 };

typedef struct house {
    struct sigaction signals[SIGNALS];
    sigset_t blocked;
    mode_t mask;
    int threads;
    char cwd[4096], locale[256], environment[TEXT_MAX], descriptors[TEXT_MAX];
} house;

static void list_folder(const char *path, char *out, size_t size, int *count)
{
    DIR *d = opendir(path);
    struct dirent *e;
    out[0] = '\0';
    *count = 0;
    while (d && (e = readdir(d)) != NULL) {
        char target[512] = "", link[600];
        snprintf(link, sizeof link, "%s/%s", path, e->d_name);
        if (readlink(link, target, sizeof target - 1) >= 0 && atoi(e->d_name) != dirfd(d))
            snprintf(out + strlen(out), size - strlen(out), "%s=%s\n", e->d_name, target);
        *count += e->d_name[0] != '.';
    }
    if (d)
        closedir(d);
}

static void look(house *h)
{
    int count;
    char ignored[TEXT_MAX];
    memset(h, 0, sizeof *h);
    for (int i = 1; i < SIGNALS; i++)
        sigaction(i, NULL, &h->signals[i]);
    sigprocmask(SIG_BLOCK, NULL, &h->blocked);
    h->mask = umask(0);
    umask(h->mask);
    if (!getcwd(h->cwd, sizeof h->cwd))
        h->cwd[0] = '\0';
    snprintf(h->locale, sizeof h->locale, "%s", setlocale(LC_ALL, NULL));
    for (char **e = environ; *e; e++)
        snprintf(h->environment + strlen(h->environment),
                 sizeof h->environment - strlen(h->environment), "%s\n", *e);
    list_folder("/proc/self/fd", h->descriptors, sizeof h->descriptors, &count);
    list_folder("/proc/self/task", ignored, sizeof ignored, &h->threads);
}

static int failures;

static void expect(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "FAIL: %s\n", what);
    failures++;
}

static void compare(const house *a, const house *b)
{
    for (int i = 1; i < SIGNALS; i++)
        expect(a->signals[i].sa_handler == b->signals[i].sa_handler &&
                   a->signals[i].sa_flags == b->signals[i].sa_flags,
               "signal dispositions");
    expect(memcmp(&a->blocked, &b->blocked, sizeof a->blocked) == 0, "signal mask");
    expect(a->mask == b->mask, "umask");
    expect(a->threads == b->threads, "threads");
    expect(strcmp(a->cwd, b->cwd) == 0, "working directory");
    expect(strcmp(a->locale, b->locale) == 0, "locale");
    expect(strcmp(a->environment, b->environment) == 0, "environment");
    expect(strcmp(a->descriptors, b->descriptors) == 0, "descriptors");
}

static np_trace *new_trace(np_context *ctx, const char *kind)
{
    np_trace *t = np_trace_new(ctx);
    np_trace_set_target(t, "localhost");
    np_trace_set(t, "kind", kind);
    np_trace_set(t, "interval", "20ms");
    np_trace_set_cycles(t, 5);
    return t;
}

/* A whole life, with a look-up of a name that nobody answers (loopback has no name server). */
static void live(const char *kind)
{
    np_context *ctx = np_context_new();
    np_trace *t = new_trace(ctx, kind);
    np_stats s;
    expect(np_context_capability_count(ctx) > 0, "capabilities");
    expect(np_trace_run(t) == NP_OK, np_trace_error(t));
    np_trace_get_stats(t, 0, &s, sizeof s);
    expect(s.received == 5, "five answers");
    expect(strstr(np_trace_json(t), "\"loss\": 0.000000") != NULL, "numbers of the document");
    np_trace_free(t);
    t = new_trace(ctx, kind);
    np_trace_set_target(t, "host.invalid");
    expect(np_trace_run(t) < 0, "a name that does not exist");
    np_trace_free(t);
    np_context_free(ctx);
}

/* Through the real sockets and the real resolver: NOMEM or success, and nothing is left. */
static void every_allocation_fails(void)
{
    unsigned long n = 1;
    for (failmem f = {0}; n == 1 || f.failed > 0; n++) {
        f = (failmem){.fail_at = n};
        np_allocator a = failmem_allocator(&f);
        np_context *ctx = np_context_new_with(&a, sizeof a);
        np_trace *t = np_trace_new(ctx);
        np_trace_set_target(t, n % 2 ? "127.0.0.1" : "::1");
        np_trace_set_kind(t, NP_TRACE_ICMP + (int)(n / 2 % 3));
        np_trace_set_cycles(t, 1);
        np_trace_set_max_ttl(t, 1);
        np_trace_set_events(t, 4);
        np_status st = np_trace_run(t);
        expect(st == NP_OK || st == NP_ERR_NOMEM, "success or no memory");
        expect(st != NP_OK || np_trace_reached(t), "reached");
        np_trace_free(t);
        np_context_free(ctx);
        expect(f.live == 0, "nothing is left");
    }
    expect(n > 15, "allocations were made to fail");
}

static int every_verb_answers_forked(np_context *ctx, np_trace *t)
{
    np_event ev;
    const int answers[] = {np_trace_set(t, "interval", "1s"),
                           np_trace_set_cycles(t, 1),
                           np_trace_start(t),
                           np_trace_run(t),
                           np_trace_pause(t),
                           np_trace_resume(t),
                           np_trace_cancel(t),
                           np_trace_clear(t),
                           np_trace_reset(t),
                           np_context_set(ctx, "rate", "1"),
                           np_next_event(ctx, &ev, sizeof ev, 0)};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (answers[i] != NP_ERR_FORKED)
            return 0;
    return 1;
}

static void child_may_only_free(void)
{
    int status;
    np_event ev;
    np_context *ctx = np_context_new();
    np_trace *t = new_trace(ctx, "auto");
    np_trace_set_cycles(t, 20);
    expect(np_trace_start(t) == NP_OK, "start");
    np_next_event(ctx, &ev, sizeof ev, 100 * NP_MILLISECOND);
    pid_t pid = fork();
    if (pid == 0) {
        int good = every_verb_answers_forked(ctx, t);
        np_trace_free(t);
        np_context_free(ctx);
        _exit(good ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child");
    int done = 0;
    while (!done && np_next_event(ctx, &ev, sizeof ev, 20 * NP_SECOND) > 0)
        done = ev.type == NP_EV_DONE && ev.status == NP_OK;
    np_trace_info i;
    np_trace_get(t, &i, sizeof i);
    expect(done, "the parent's trace goes on");
    expect(i.rounds == 20 && i.sent == i.received, "the parent's answers are its own");
    np_trace_free(t);
    np_context_free(ctx);
}

/* A name server that closes the connection just when c-ares writes: now and then a write without
   MSG_NOSIGNAL would kill this process, so it is tried often. */
static void servers_hang_up(void)
{
    for (int i = 0; i < 400; i++) {
        np_context *ctx = np_context_new();
        np_trace *t = new_trace(ctx, "auto");
        np_trace_set_target(t, "host.lab");
        expect(np_trace_run(t) == NP_ERR_RESOLVER, np_trace_error(t));
        np_trace_free(t);
        np_context_free(ctx);
    }
}

int main(int argc, char **argv)
{
    static house before, after;
    signal(SIGPIPE, SIG_DFL); /* whatever started us: this is what a guest must live with */
    setlocale(LC_ALL, "");
    if (argc > 1 && strcmp(argv[1], "hangup") == 0) {
        servers_hang_up();
        return failures ? 1 : 0;
    }
    if (argc > 1 && strcmp(argv[1], "comma") == 0)
        expect(strcmp(localeconv()->decimal_point, ",") == 0, "the locale has a decimal comma");
    umask(027);
    live("auto"); /* what libc and c-ares open once for good is not ours */
    look(&before);
    live("auto");
    live("udp");
    child_may_only_free();
    every_allocation_fails();
    look(&after);
    compare(&before, &after);
    return failures ? 1 : 0;
}
