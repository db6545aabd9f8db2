/* SPDX-License-Identifier: MIT */
/*
 * The same inside a poll loop that the program has already: here one that also serves a
 * listening socket. There is no time-out to compute: the context's descriptor is readable
 * whenever there is something to do.
 */
#include <netprobe.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve_client(int listen_fd)
{
    int client = accept(listen_fd, NULL, NULL);
    if (client >= 0)
        close(client);
}

static int serve(int listen_fd, const char *target)
{
    np_context *ctx = np_context_new();
    np_trace *t = np_trace_new(ctx);
    np_trace_set_target(t, target);
    np_trace_set(t, "interval", "50ms");
    np_trace_set(t, "events", "64"); /* a ring for hop events; DONE comes without */
    np_status st = np_trace_start(t);
    int done = st < 0;
    struct pollfd p[2] = {{listen_fd, POLLIN, 0}, {np_context_fd(ctx), POLLIN, 0}};
    while (!done && poll(p, 2, -1) >= 0) {
        np_event ev;
        if (p[0].revents)
            serve_client(listen_fd);
        while (np_next_event(ctx, &ev, sizeof ev, 0) > 0) {
            if (ev.type == NP_EV_HOP)
                printf("ttl %d %.*s\n", ev.ttl, (int)ev.text_len, ev.text);
            else if (ev.type == NP_EV_DONE) {
                st = (np_status)ev.status;
                done = 1;
            }
        }
    }
    if (st < 0)
        fprintf(stderr, "%s\n", np_trace_error(t));
    np_trace_free(t);
    np_context_free(ctx);
    return st < 0 ? 2 : 0;
}

int main(int argc, char **argv)
{
    int listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listen_fd < 0 || bind(listen_fd, &(struct sockaddr){.sa_family = AF_UNIX},
                              sizeof(sa_family_t)) < 0 || listen(listen_fd, 8) < 0) {
        perror("cannot listen");
        return 2;
    }
    int status = serve(listen_fd, argc > 1 ? argv[1] : "127.0.0.1");
    close(listen_fd);
    return status;
}
