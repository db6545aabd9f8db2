/* SPDX-License-Identifier: MIT */
/*
 * A conversation built step by step, deciding on the way: TLS where the server offers it.
 */
#include <netprobe.h>
#include <stdio.h>

static int submission(np_context *ctx, const char *url)
{
    np_talk *k = np_talk_new(ctx);
    np_talk_set_url(k, url);
    np_talk_expect_code(k, "220");
    np_talk_send_line(k, "EHLO probe.example.org");
    np_talk_expect_code(k, "250");
    np_status st = np_talk_run(k); /* runs what is queued, stays connected */
    if (st == NP_OK && np_talk_has_feature(k, "STARTTLS")) {
        np_talk_start_tls(k);
        np_talk_send_line(k, "EHLO probe.example.org");
        np_talk_expect_code(k, "250");
        st = np_talk_run(k);
    }
    puts(st < 0 ? np_talk_error(k) : "ok");
    np_talk_free(k); /* closes; QUIT was ours to send or not */
    return st < 0;
}

int main(int argc, char **argv)
{
    np_context *ctx = np_context_new();
    int status = submission(ctx, argc > 1 ? argv[1] : "smtp://localhost:587");
    np_context_free(ctx);
    return status;
}
