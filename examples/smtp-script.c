/* SPDX-License-Identifier: MIT */
/*
 * An SMTP conversation from a script file: smtp-script FILE [URL].
 */
#include <netprobe.h>
#include <stdio.h>

static int check_smtp(const char *file, const char *url)
{
    np_context *ctx = np_context_new();
    np_script *s = np_script_load(file); /* a broken file latches and surfaces in run */
    np_talk *k = np_talk_new(ctx);
    np_talk_set_url(k, url);
    np_talk_set_variable(k, "from", "probe@example.org");
    np_talk_add_script(k, s);
    np_status st = np_talk_run(k);
    for (int i = 0; i < np_talk_step_count(k); i++) {
        np_step step;
        np_talk_get_step(k, i, &step, sizeof step);
        printf("%3d %8.1f ms %d %s\n", step.line, step.duration_ns / 1e6, step.code, step.label);
    }
    if (st < 0)
        fprintf(stderr, "%s\n", np_talk_error(k)); /* smtp.talk:7: expected 250, got "530 ..." */
    np_script_free(s);
    np_talk_free(k);
    np_context_free(ctx);
    return st < 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: smtp-script FILE [URL]\n", stderr);
        return 3;
    }
    return check_smtp(argv[1], argc > 2 ? argv[2] : "smtp://localhost");
}
