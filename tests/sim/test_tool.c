/* SPDX-License-Identifier: MIT */
/*
 * np-trace over the scripted world: its report, its document, its exit status.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>

#include "../../tools/trace/tool.h"
#include "../check.h"
#include "base/mem.h"
#include "world.h"

typedef struct result {
    int status;
    char *out, *err;
    size_t out_len, err_len;
} result;

static result run(world *w, int argc, const char *const *argv)
{
    result r = {0};
    np_allocator libc = npi_mem_libc();
    sig_atomic_t interrupted = 0;
    FILE *out = open_memstream(&r.out, &r.out_len), *err = open_memstream(&r.err, &r.err_len);
    np_context *ctx = npi_context_new_world(&libc, &w->seams);
    char *copy[16];
    for (int i = 0; i < argc; i++)
        copy[i] = strdup(argv[i]);
    copy[argc] = NULL;
    r.status = trace_tool(ctx, argc, copy, &interrupted, out, err);
    for (int i = 0; i < argc; i++)
        free(copy[i]);
    np_context_free(ctx);
    fclose(out);
    fclose(err);
    return r;
}

#define ARGUMENTS(...)                                                                            \
    (int)(sizeof((const char *const[]){"np-trace", __VA_ARGS__}) / sizeof(char *)),               \
        (const char *const[]){"np-trace", __VA_ARGS__}

static void end(world *w, result *r)
{
    free(r->out);
    free(r->err);
    world_free(w);
}

/* The report behind its first line and the name of this host, which differ from day to day. */
static const char *body(const result *r)
{
    const char *first = strchr(r->out, '\n');
    return strchr(first + 1, '\n') + 1;
}

static void a_report(void **state)
{
    (void)state;
    world *w = world_new();
    world_path(w, 4, 4);
    w->hops[1].manner = WORLD_SILENT;
    w->hops[2].lose = 2;
    w->names[0] = (world_name){"a-very-long-name-indeed.example", "10.0.0.1", MS, NP_OK};
    w->names[1] = (world_name){"m\xC3\xBCnchen.example", "10.0.0.4", MS, NP_OK};
    result r = run(w, ARGUMENTS("-rc", "4", "10.0.0.4"));
    assert_int_equal(r.status, 0);
    assert_string_equal(r.err, "");
    assert_string_equal(body(&r),
                        "  1.|-- a-very-long-name-indeed.e  0.0%     4    1.0   1.0   1.0   1.0   "
                        "0.0\n"
                        "  2.|-- ???                       100.0     4    0.0   0.0   0.0   0.0   "
                        "0.0\n"
                        "  3.|-- 10.0.0.3                  25.0%     4    3.0   3.0   3.0   3.0   "
                        "0.0\n"
                        "  4.|-- m\xC3\xBCnchen.example            0.0%     4    4.0   4.0   4.0   "
                        "4.0   0.0\n"
                        "# ICMP: reached 10.0.0.4 at hop 4\n");
    end(w, &r);
}

static void a_wide_report_with_addresses(void **state)
{
    (void)state;
    world *w = world_new();
    world_path(w, 4, 2);
    w->names[0] = (world_name){"a-very-long-name-indeed-of-a-router.example", "10.0.0.1", MS,
                               NP_OK};
    result r = run(w, ARGUMENTS("-rwb", "-c3", "-oLDS", "10.0.0.2"));
    assert_int_equal(r.status, 0);
    assert_string_equal(body(&r),
                        "  1.|-- a-very-long-name-indeed-of-a-router.example (10.0.0.1)  0.0%    "
                        "0     3\n"
                        "  2.|-- 10.0.0.2                                                0.0%    "
                        "0     3\n"
                        "# ICMP: reached 10.0.0.2 at hop 2\n");
    end(w, &r);
}

static void what_mtr_cannot_say(void **state)
{
    (void)state;
    world *w = world_new();
    world_path(w, 4, 5);
    w->open_errno_icmp = EACCES;
    w->hops[0].copies = 2;
    w->hops[2].manner = WORLD_PROHIBITED;
    result r = run(w, ARGUMENTS("-n", "-c", "2", "10.0.0.5"));
    assert_int_equal(r.status, 1);
    assert_non_null(strstr(r.err, "UDP instead of ICMP"));
    assert_non_null(strstr(r.err, "error=network.unreachable\n"));
    assert_non_null(strstr(r.out, "\n# UDP: 10.0.0.5 cannot be reached beyond hop 3\n"));
    assert_non_null(strstr(r.out, "\n# hop 1: 2 duplicate answers\n"));
    assert_non_null(strstr(r.out, "\n# hop 3: 10.0.0.3 answered !X (administratively "));
    end(w, &r);
}

static void a_document(void **state)
{
    (void)state;
    world *w = world_new();
    world_path(w, 6, 2);
    w->hops[1].manner = WORLD_SILENT;
    result r = run(w, ARGUMENTS("--json", "-c", "1", "fd00::2"));
    assert_int_equal(r.status, 1);
    assert_string_equal(r.err, "error=network.silent\n");
    assert_int_equal(r.out[0], '{');
    assert_string_equal(r.out + r.out_len - 2, "}\n");
    end(w, &r);
}

static void nothing_can_be_sent(void **state)
{
    (void)state;
    world *w = world_new();
    world_path(w, 4, 2);
    w->send_errno = ENETUNREACH;
    w->send_errno_count = -1;
    int64_t start = w->now_ns;
    result r = run(w, ARGUMENTS("-c", "100", "10.0.0.2"));
    assert_int_equal(r.status, 2);
    assert_string_equal(r.out, "");
    assert_non_null(strstr(r.err, "no route"));
    assert_non_null(strstr(r.err, "\nerror=network.route\n"));
    assert_true(w->now_ns - start < SEC); /* after one round, not after a hundred */
    end(w, &r);
}

static void help_and_versions(void **state)
{
    (void)state;
    world *w = world_new();
    result r = run(w, ARGUMENTS("--help"));
    assert_int_equal(r.status, 0);
    assert_non_null(strstr(r.out, "np-trace -rc 100 www.example.org"));
    end(w, &r);
    w = world_new();
    r = run(w, ARGUMENTS("--version"));
    assert_int_equal(r.status, 0);
    assert_non_null(strstr(r.out, "trace.udp4"));
    end(w, &r);
}

/* The word that is wrong is named, wherever it stands. */
static void wrong_words(void **state)
{
    (void)state;
    const struct {
        const char *words[3], *says;
    } rows[] = {{{"10.0.0.2", "--jsn", "-n"}, "no option --jsn: did you mean --json"},
                {{"10.0.0.2", "-n", "--json=x"}, "--json takes no value"},
                {{"-n", "--report-cycles", NULL}, "--report-cycles needs a value: -c COUNT"},
                {{"-nq", "3", "10.0.0.2"}, "-q is traceroute's: here -c COUNT"},
                {{"-nk", "10.0.0.2", NULL}, "no option -k"},
                {{"--\x1b[2J", "10.0.0.2", NULL}, "no option --?[2J"},
                {{"--re", "10.0.0.2", NULL}, "no option --re: did you mean --report"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *argv[4] = {"np-trace", rows[i].words[0], rows[i].words[1], rows[i].words[2]};
        world *w = world_new();
        world_path(w, 4, 2);
        result r = run(w, argv[3] ? 4 : 3, argv);
        assert_int_equal(r.status, 3);
        assert_non_null(strstr(r.err, rows[i].says));
        end(w, &r);
    }
}

/* Whatever stands on the command line: an exit status, and no crash. */
static void any_command_line(void **state)
{
    (void)state;
    static const char *const words[] = {"-c",  "-1", "-i", "1e308", "-o", "", "-oLS", "--json",
                                        "-s",  "65536", "-m", "0", "10.0.0.2", "-w", "-", "--",
                                        "-c1", "--report-cycles=2", "-\xFF", "--\xFF=\x1b", "-4"};
    uint32_t seed = 3;
    for (int i = 0; i < 2000; i++) {
        const char *argv[8] = {"np-trace"};
        int argc = 1;
        for (int k = 0; k < 6; k++) {
            seed = seed * 1664525u + 1013904223u;
            argv[argc++] = words[(seed >> 8) % (sizeof words / sizeof words[0])];
        }
        world *w = world_new();
        world_path(w, 4, 2);
        argv[argc] = NULL;
        result r = run(w, argc, argv);
        assert_in_range(r.status, 0, 3);
        assert_true(r.status == 0 || r.err_len > 0);
        assert_null(strchr(r.err, '\x1b'));
        end(w, &r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report),
        cmocka_unit_test(a_wide_report_with_addresses),
        cmocka_unit_test(what_mtr_cannot_say),
        cmocka_unit_test(a_document),
        cmocka_unit_test(nothing_can_be_sent),
        cmocka_unit_test(help_and_versions),
        cmocka_unit_test(wrong_words),
        cmocka_unit_test(any_command_line),
    };
    setenv("LC_ALL", "C.UTF-8", 1);
    setlocale(LC_CTYPE, "");
    return RUN(tests);
}
