/* SPDX-License-Identifier: MIT */
/*
 * Where scripts end: sizes, files that include each other, and memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../failmem.h"
#include "scripts.h"

static void write_file(const char *name, const char *text, size_t len)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

/* ---- limits ------------------------------------------------------------------------------- */

static npi_buf repeated(const npi_mem *mem, const char *line, size_t count, const char *end)
{
    npi_buf b = npi_buf_grow(mem, 4 << 20);
    npi_buf_str(&b, P);
    for (size_t i = 0; i < count; i++)
        npi_buf_str(&b, line);
    npi_buf_str(&b, end);
    assert_false(b.nomem || b.cut);
    return b;
}

static void sizes(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_buf b = repeated(&mem, "", 0, "");
    npi_buf_fill(&b, '#', NPI_SCRIPT_MAX - b.len);
    check_errors_of(parse_octets(b.data, b.len), "");
    npi_buf_char(&b, '#');
    check_errors_of(parse_octets(b.data, b.len), "t:0:1: longer than 1 MiB");
    npi_buf_free(&b);
    b = repeated(&mem, "send\n", 9999, "");
    check_errors_of(parse_octets(b.data, b.len), "");
    npi_buf_str(&b, " send\n");
    check_errors_of(parse_octets(b.data, b.len), "t:10001:1: more than 10000 steps");
    npi_buf_free(&b);
    b = repeated(&mem, "expect hex ", 1, "");
    for (int i = 0; i < 1024; i++)
        npi_buf_str(&b, "?? ");
    check_errors_of(parse_octets(b.data, b.len), "");
    npi_buf_str(&b, "2b\n");
    check_errors_of(parse_octets(b.data, b.len), "t:2:3084: more than 1024 octets");
    npi_buf_free(&b);
}

static void variables_and_mistakes(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_buf b = repeated(&mem, "need", 1, "");
    for (int i = 0; i < 1000 - 6; i++) /* six are known */
        npi_buf_printf(&b, " v%d", i);
    npi_buf_str(&b, " v1 host\n");
    check_errors_of(parse_octets(b.data, b.len), "");
    npi_buf_str(&b, "send ${w}\n");
    check_errors_of(parse_octets(b.data, b.len), "t:3:8: more than 1000 variables");
    if (HAS_PATTERNS) {
        b.len -= strlen("send ${w}\n");
        npi_buf_str(&b, "expect /(?P<w>a)/\n");
        check_errors_of(parse_octets(b.data, b.len), "t:3:8: more than 1000 variables");
    }
    npi_buf_free(&b);
    b = repeated(&mem, "need ", 1, "");
    npi_buf_fill(&b, 'a', 64);
    check_errors_of(parse_octets(b.data, b.len), "");
    npi_buf_char(&b, 'a');
    check_errors_of(parse_octets(b.data, b.len), "t:2:6: a name has at most 64 letters");
    npi_buf_free(&b);
    b = repeated(&mem, "expct\n", 30000, "");
    npi_script *s = parse_octets(b.data, b.len);
    assert_int_equal(np_script_error_count(s), 100);
    assert_string_equal(np_script_get_error(s, 99),
                        "t:101:1: 'expct' is not a verb; did you mean 'expect'?");
    np_script_free(s);
    npi_buf_free(&b);
}

static void nesting(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_buf b = repeated(&mem, "if code\n", 8, "");
    npi_buf_str(&b, "send x\nend\nend\nend\nend\nend\nend\nend\nend\n");
    check_errors_of(parse_octets(b.data, b.len), "");
    npi_buf_free(&b);
    /* What is told is the block, and not its else and end. */
    b = repeated(&mem, "if code\n", 8, "");
    npi_buf_str(&b, " if code\noptional\nend\nelse\nend\nend\nend\nend\nend\nend\nend\nend\n"
                    "end\n");
    check_errors_of(parse_octets(b.data, b.len),
                    "t:10:2: blocks lie in each other more than 8 deep\n"
                    "t:11:1: blocks lie in each other more than 8 deep");
    npi_buf_free(&b);
}

static void octets_that_are_no_text(void **state)
{
    static const char nul[] = P "send a\0b\n", mark[] = "\xef\xbb\xbfprotocol smtp\n";
    (void)state;
    npi_script *s = parse_octets(nul, sizeof nul - 1);
    assert_int_equal(np_script_status(s), NP_OK);
    assert_string_equal(shown(s, last(s)->text), "a\\x00b");
    np_script_free(s);
    check_errors(mark, "t:1:1: '???protocol' is not a verb: see np-script(5)");
    s = np_script_parse(NULL, 5, NULL);
    assert_int_equal(np_script_status(s), NP_OK);
    np_script_free(s);
}

/* ---- includes ------------------------------------------------------------------------------ */

/* A script and what it includes; each "name", "text", NULL at the end. The first is loaded. */
static npi_script *load(const char *const *files)
{
    for (const char *const *f = files; *f; f += 2)
        write_file(f[0], f[1], strlen(f[1]));
    npi_script *s = np_script_load(files[0]);
    for (const char *const *f = files; *f; f += 2)
        unlink(f[0]);
    assert_non_null(s);
    return s;
}

#define LOAD(...) load((const char *const[]){__VA_ARGS__, NULL})

static void includes(void **state)
{
    (void)state;
    npi_script *s = LOAD("m", P "include i # c\nsend ${b}\n", "i",
                         "protocol smtp\nset b 1\nif code\nsend ${host}\nend\n");
    assert_string_equal(np_script_error(s), "");
    assert_int_equal(s->step_count, 7);
    assert_int_equal(s->steps[4].verb, NPI_VERB_SEND);
    assert_int_equal(s->steps[4].file, 1);
    assert_int_equal(s->steps[4].line, 4);
    assert_int_equal(s->steps[3].jump, 5);
    assert_int_equal(s->steps[6].file, 0);
    np_script_free(s);
    check_errors_of(LOAD("m", P "include i\nexpct\nsend ${c}\n", "i",
                         "set b 1\n send ${a}\nif x\n"),
                    "m:3:1: 'expct' is not a verb; did you mean 'expect'?\n"
                    "m:4:8: variable 'c' is never given a value; did you mean 'b'?\n"
                    "./i:2:9: variable 'a' is never given a value; did you mean 'b'?\n"
                    "./i:3:4: 'x' is nothing to ask for: code, text, body, size, lines, enhanced, "
                    "has, header, attr, time, tls, cert, peer or ${name}\n"
                    "./i:3:1: this 'if' has no 'end'");
    check_errors_of(LOAD("m", P "include i\n", "i", "always\n"),
                    "./i:1:1: 'always' has no place in an included file");
    check_errors_of(LOAD("m", P "include i\n", "i", "protocol imap\n"),
                    "./i:1:10: one protocol for a script, and this is the second");
    check_errors_of(LOAD("m", P "if code\ninclude i\nend\n", "i", "end\n"),
                    "./i:1:1: this 'end' has no 'if' or 'optional'");
    check_errors_of(LOAD("m", "include i\n", "i", P),
                    "m:1:1: the first step is 'protocol', as 'protocol smtp'");
}

static void includes_that_fail(void **state)
{
    (void)state;
    check_errors_of(LOAD("m", P "include none\n"),
                    "m:2:9: cannot be read: there is no such file");
    check_errors_of(LOAD("m", P "include .\n"),
                    "m:2:9: cannot be read: not a file that can be read");
    check_errors_of(LOAD("m", P "include i\n", "i", "include i\n"),
                    "./i:1:9: this file is being included already");
    check_errors_of(LOAD("m", P "include i\ninclude i\n", "i", "send x\n"), "");
    static char big[NPI_SCRIPT_MAX + 1];
    memset(big, '\n', sizeof big);
    write_file("big", big, sizeof big);
    check_errors_of(LOAD("m", P "include big\n"), "m:2:9: cannot be read: longer than 1 MiB");
    check_errors_of(np_script_load("big"), "big: longer than 1 MiB");
    write_file("big", big, sizeof big - 1);
    check_errors_of(LOAD("m", P "include big\n"), "");
    unlink("big");
    check_errors_of(np_script_load("none\x1b"), "none\\x1b: there is no such file");
    check_errors_of(np_script_load(NULL), ": there is no such file");
    check_errors_of(np_script_load("."), ".: not a file that can be read");
    char path[5000] = P "include ";
    memset(path + strlen(path), 'a', 4200);
    check_errors_of(LOAD("m", path), "m:2:9: that path is too long");
}

/* Files without steps, which include the next one many times: the whole ends soon. */
static void includes_many(void **state)
{
    static const char ten[] = "include b\ninclude b\ninclude b\ninclude b\ninclude b\n"
                                 "include b\ninclude b\ninclude b\ninclude b\ninclude b\n";
    static const char ten_more[] = "include c\ninclude c\ninclude c\ninclude c\ninclude c\n"
                                       "include c\ninclude c\ninclude c\ninclude c\ninclude c\n";
    char text[2000];
    npi_buf b = npi_buf_in(text, sizeof text);
    (void)state;
    npi_buf_str(&b, P);
    for (int i = 0; i < 10; i++)
        npi_buf_str(&b, "include a\n");
    npi_script *s = LOAD("m", text, "a", ten, "b", ten_more, "c", "# nothing\n");
    assert_string_equal(np_script_error(s), "m:11:9: more than 1000 files");
    assert_int_equal(s->file_count, 1000);
    np_script_free(s);
}

/* Blocks of an included file lie in those around it. */
static void includes_in_blocks(void **state)
{
    (void)state;
    check_errors_of(LOAD("m", P "optional\noptional\ninclude i\nend\nend\n", "i",
                         "if code\nif code\nif code\nif code\nif code\noptional\nend\nend\n"
                         "end\nend\nend\nend\n"),
                    "");
    check_errors_of(LOAD("m", P "optional\noptional\ninclude i\nend\nend\n", "i",
                         "if code\nif code\nif code\nif code\nif code\nif code\n optional\n"
                         "end\nend\nend\nend\nend\nend\nend\n"),
                    "./i:7:2: blocks lie in each other more than 8 deep");
    check_errors_of(LOAD("m", P "optional\noptional\noptional\noptional\ninclude i\nend\nend\n"
                                "end\nend\n",
                         "i", "optional\noptional\ninclude k\nend\nend\n", "k",
                         "optional\noptional\n\toptional\nend\nend\nend\n"),
                    "./k:3:2: blocks lie in each other more than 8 deep");
}

/* Each file includes the next. */
static void includes_deep(void **state)
{
    (void)state;
    for (int deepest = 8; deepest <= 9; deepest++) {
        char name[2] = "0", text[20];
        for (int i = 1; i <= deepest; i++) {
            npi_buf b = npi_buf_in(text, sizeof text);
            name[0] = (char)('0' + i);
            if (i < deepest)
                npi_buf_printf(&b, "include %d\n", i + 1);
            write_file(name, text, b.len);
        }
        check_errors_of(LOAD("m", P "include 1\n"),
                        deepest == 8 ? ""
                                     : "./8:1:9: files include each other more than 8 deep");
        for (int i = 1; i <= deepest; i++) {
            name[0] = (char)('0' + i);
            unlink(name);
        }
    }
}

/* ---- memory ------------------------------------------------------------------------------- */

static const char everything[] =
    "\nneed a\nsecret a\nset c ${a} \"x\n" /* one mistake */
      "connect ${host}:25\ntls name x\nexpect 220 \"b c\" or +OK within 2s\nexpect hex 2b ??\n"
      "send raw \"\\r${a|hex}\"\nsend hex 0d ${a|hex}\nmessage <<E\nhi ${a}\nE\nwait x within 1s\n"
      "check header \"x\" is y\nwarn has AUTH PLAIN\nsave d = code\nif ${d} is 1\nnote ${d}\nelse\n"
      "optional\nend\nend\nauth plain a b\nget / follow 3\npost / <<E\nE\nsend ${nobody}\nexpct\n"
      "expect /(?P<n>a)/\nsave q from /b/\ninclude included\nalways\nsend QUIT\ncheck has LAST";

/* Status and messages in one text; "memory" when it ran out. */
static void tell(const npi_script *s, npi_buf *b)
{
    npi_buf_clear(b);
    if (np_script_status(s) == NP_ERR_NOMEM) {
        npi_buf_str(b, "memory");
        return;
    }
    npi_buf_printf(b, "%d %zu steps\n", np_script_status(s), s->step_count);
    for (int i = 0; i < np_script_error_count(s); i++) {
        npi_buf_str(b, np_script_get_error(s, i));
        npi_buf_char(b, '\n');
    }
    npi_buf_str(b, shown(s, last(s)->cond.argument));
}

/* Each request fails in turn; how often that stopped the parser. */
static unsigned long sweep(const char *script, size_t len)
{
    static char good[4000], text[4000];
    npi_buf told = npi_buf_in(text, sizeof text), whole = npi_buf_in(good, sizeof good);
    unsigned long stopped = 0;
    bool failed = true;
    for (unsigned long at = 0; failed; at++) {
        failmem m = {.fail_at = at};
        npi_mem mem = failmem_allocator(&m);
        npi_script *s = npi_script_new(&mem);
        if (s) {
            npi_script_parse(s, script, len, "t", ".");
            tell(s, at == 0 ? &whole : &told);
            if (at > 0 && strcmp(text, "memory") != 0)
                assert_string_equal(text, good); /* then nothing may be missing */
            stopped += at > 0 && strcmp(text, "memory") == 0;
        }
        failed = at == 0 || m.failed > 0;
        npi_script_drop(s);
        assert_int_equal(m.live, 0);
    }
    return stopped;
}

/* What is longer by one octet grows its buffers at another place. */
static void memory_fails(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    unsigned long stopped = 0;
    write_file("included", "set z 1\nsend ${z}\n", 17);
    for (size_t pad = 0; pad < 300; pad++) {
        npi_buf b = npi_buf_grow(&mem, 8000);
        npi_buf_str(&b, P "note ");
        npi_buf_fill(&b, 'x', pad);
        npi_buf_str(&b, everything);
        stopped += sweep(b.data, b.len);
        npi_buf_free(&b);
    }
    unlink("included");
    assert_true(stopped > 300 * 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(variables_and_mistakes),
        cmocka_unit_test(nesting),
        cmocka_unit_test(octets_that_are_no_text),
        cmocka_unit_test(includes),
        cmocka_unit_test(includes_that_fail),
        cmocka_unit_test(includes_many),
        cmocka_unit_test(includes_in_blocks),
        cmocka_unit_test(includes_deep),
        cmocka_unit_test(memory_fails),
    };
    char folder[] = "/tmp/test_script.XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return 1;
    int result = RUN(tests);
    return rmdir(folder) != 0 || result;
}
