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

/* out: NULL keeps what is printed in the result */
static result run_into(FILE *out, world *w, int argc, const char *const *argv)
{
    result r = {0};
    np_allocator libc = npi_mem_libc();
    sig_atomic_t interrupted = 0;
    FILE *kept = open_memstream(&r.out, &r.out_len), *err = open_memstream(&r.err, &r.err_len);
    np_context *ctx = npi_context_new_world(&libc, &w->seams);
    char *copy[16];
    for (int i = 0; i < argc; i++)
        copy[i] = strdup(argv[i]);
    copy[argc] = NULL;
    r.status = trace_tool(ctx, argc, copy, &interrupted, out ? out : kept, err);
    for (int i = 0; i < argc; i++)
        free(copy[i]);
    np_context_free(ctx);
    fclose(kept);
    fclose(err);
    return r;
}

static result run(world *w, int argc, const char *const *argv)
{
    return run_into(NULL, w, argc, argv);
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

/* Every third answer of the first hop comes from elsewhere. */
static void alternate(world *w, npi_reply *r)
{
    int *count = w->tamper_arg;
    if (r->error && r->offender.octets[3] == 1 && ++*count % 3 == 0)
        r->offender.octets[2] = 77;
}

/* As mtr: the row's own name is cut where the figures begin, further names are not. */
static void further_addresses_are_whole(void **state)
{
    (void)state;
    int count = 0;
    world *w = world_new();
    world_path(w, 4, 2);
    w->tamper = alternate;
    w->tamper_arg = &count;
    w->names[0] = (world_name){"the-main-router-of-the-first-hop.example", "10.0.0.1", MS, NP_OK};
    w->names[1] = (world_name){"another-router-of-the-first-hop.example", "10.0.77.1", MS, NP_OK};
    result r = run(w, ARGUMENTS("-b", "-c", "4", "10.0.0.2"));
    assert_int_equal(r.status, 0);
    assert_string_equal(body(&r),
                        "  1.|-- the-main-router-of-the-fi  0.0%     4    1.0   1.0   1.0   1.0   "
                        "0.0\n"
                        "        another-router-of-the-first-hop.example (10.0.77.1)\n"
                        "  2.|-- 10.0.0.2                   0.0%     4    2.0   2.0   2.0   2.0   "
                        "0.0\n"
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

/* Whatever was to be printed: what could not be written is no success. */
static void a_full_disk(void **state)
{
    (void)state;
    static const char *const words[][3] = {{"--help"}, {"--version"}, {"-c1", "10.0.0.2"},
                                           {"--json", "-c1", "10.0.0.2"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *argv[5] = {"np-trace", words[i][0], words[i][1], words[i][2]};
        int argc = 1;
        while (argv[argc])
            argc++;
        FILE *full = fopen("/dev/full", "w");
        assert_non_null(full);
        world *w = world_new();
        world_path(w, 4, 2);
        result r = run_into(full, w, argc, argv);
        assert_int_equal(r.status, 2);
        assert_non_null(strstr(r.err, "\nerror=output\n"));
        fclose(full);
        end(w, &r);
    }
}

/* Seconds and names of options as mtr takes them. */
static void as_mtr_takes_them(void **state)
{
    (void)state;
    static const char *const words[] = {"-i.5", "-i1.", "-i0.25", "-i2", "--inet"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        world *w = world_new();
        world_path(w, 4, 2);
        result r = run(w, ARGUMENTS(words[i], "-c", "2", "10.0.0.2"));
        assert_int_equal(r.status, 0);
        end(w, &r);
    }
    world *w = world_new();
    world_path(w, 6, 2);
    result r = run(w, ARGUMENTS("--inet6", "-c", "1", "fd00::2"));
    assert_int_equal(r.status, 0);
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
                {{"--re", "10.0.0.2", NULL}, "no option --re: did you mean --report"},
                {{"--sctp", "10.0.0.2", NULL}, "SCTP, which is not supported"},
                {{"--raw=1", "10.0.0.2", NULL}, "no raw format: take --json"},
                {{"-I", "10.0.0.2", NULL}, "-I takes NAME, and took \"10.0.0.2\""},
                {{"-m", "5", NULL}, "which host: np-trace [options] HOST"},
                {{"-s", "10.0.0.1", "10.0.0.2"}, "traceroute's -s is here -a ADDRESS"},
                {{"-i", "eth0", "10.0.0.2"}, "traceroute's -i is here -I NAME"},
                {{"-w", "3", "10.0.0.2"}, "traceroute's -w is here -Z 3"},
                {{"-w", "10.0.0.1", "10.0.0.2"}, "one host at a time"},
                {{"10.0.0.2", "60", NULL}, "packet size: here -s 60"}};
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
        cmocka_unit_test(further_addresses_are_whole),
        cmocka_unit_test(what_mtr_cannot_say),
        cmocka_unit_test(a_document),
        cmocka_unit_test(nothing_can_be_sent),
        cmocka_unit_test(help_and_versions),
        cmocka_unit_test(a_full_disk),
        cmocka_unit_test(as_mtr_takes_them),
        cmocka_unit_test(wrong_words),
        cmocka_unit_test(any_command_line),
    };
    setenv("LC_ALL", "C.UTF-8", 1);
    setlocale(LC_CTYPE, "");
    return RUN(tests);
}
