/* SPDX-License-Identifier: MIT */
/*
 * The script language: what each verb becomes, every mistake with its place, limits, includes.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "../failmem.h"
#include "hex.h"
#include "netprobe/talk.h"
#include "talk/machine.h"
#include "talk/script.h"

#ifdef HAVE_PCRE2
enum { HAS_PATTERNS = 1 };
#else
enum { HAS_PATTERNS = 0 };
#endif

#define P "protocol smtp\n"
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- helpers ------------------------------------------------------------------------------ */

static npi_script *parse_octets(const void *text, size_t len)
{
    char *copy = (char *)exact_copy(text, len); /* so that a sanitizer sees every step past */
    npi_script *s = np_script_parse(copy, len, "t");
    free(copy);
    assert_non_null(s);
    return s;
}

static npi_script *parse(const char *text)
{
    return parse_octets(text, strlen(text));
}

static void check_errors_of(npi_script *s, const char *expected)
{
    static char text[20000];
    npi_buf b = npi_buf_in(text, sizeof text);
    for (int i = 0; i < np_script_error_count(s); i++) {
        npi_buf_str(&b, i > 0 ? "\n" : "");
        npi_buf_str(&b, np_script_get_error(s, i));
    }
    assert_string_equal(text, expected);
    assert_int_equal(np_script_status(s), *expected ? NP_ERR_INVALID : NP_OK);
    np_script_free(s);
}

static void check_errors(const char *script, const char *expected)
{
    check_errors_of(parse(script), expected);
}

typedef struct row {
    const char *script, *errors;
} row;

static void check_rows(const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_errors(rows[i].script, rows[i].errors);
}

/* A text as it was written, but for its escapes; filters as their numbers. */
static const char *shown(const npi_script *s, npi_template t)
{
    static char text[2000];
    npi_buf b = npi_buf_in(text, sizeof text);
    for (uint32_t i = 0; i < t.count; i++) {
        const npi_part *p = &s->parts[t.first + i];
        npi_span span = p->name < 0 ? p->literal : s->variables[p->name].name;
        npi_buf_str(&b, p->name < 0 ? "" : "{");
        npi_buf_escaped(&b, npi_script_at(s, span), span.len);
        if (p->name >= 0)
            npi_buf_printf(&b, "|%d}", p->filter);
    }
    return text;
}

/* A script whose last step is this line. */
static npi_script *parse_line(const char *line)
{
    char text[2000];
    npi_buf b = npi_buf_in(text, sizeof text);
    npi_buf_printf(&b, "protocol raw\n%s\n", line);
    npi_script *s = parse(text);
    assert_string_equal(np_script_error(s), "");
    assert_int_equal(np_script_status(s), NP_OK);
    assert_true(s->step_count > 1);
    assert_int_equal(s->steps[s->step_count - 1].line, 2);
    return s;
}

static const npi_script_step *last(const npi_script *s)
{
    return &s->steps[s->step_count - 1];
}

/* ---- mistakes ----------------------------------------------------------------------------- */

static void of_the_whole(void **state)
{
    static const row rows[] = {
        {"", ""},
        {"# only a comment\n\n  \t# and another\n", ""},
        {"protocol smtp", ""},
        {"protocol smtp\r\nsend x\r\n", ""},
        {"\tprotocol\tsmtp\t# c\n", ""},
        {"send x\nsend y\n", "t:1:1: the first step is 'protocol', as 'protocol smtp'"},
        {"protocol\n", "t:1:9: a protocol, as smtp is missing here"},
        {"protocol smpt\nsend x\n",
         "t:1:10: 'smpt' is not a protocol: smtp, lmtp, pop3, imap, http, line or raw"},
        {"protocol SMTP",
         "t:1:10: 'SMTP' is not a protocol: smtp, lmtp, pop3, imap, http, line or raw"},
        {P "protocol smtp\n", "t:2:10: one protocol for a script, and this is the second"},
        {"protocol smtp now", "t:1:15: 'now' is too much here"},
        {P "\n expct 250\n", "t:3:2: 'expct' is not a verb; did you mean 'expect'?"},
        {P "frobnicate\n", "t:2:1: 'frobnicate' is not a verb: see np-script(5)"},
        {P "EXPECT 250\n", "t:2:1: 'EXPECT' is not a verb: see np-script(5)"},
        {P "\x1b[31m\n", "t:2:1: '?[31m' is not a verb: see np-script(5)"},
        {P "include x\n", "t:2:9: a script that is no file has no folder to include from"},
        {P "include\n", "t:2:8: a file is missing here"},
        {P "include a b\n", "t:2:11: 'b' is too much here"},
        /* Columns count characters. */
        {P "connect \xc3\xa4\xe2\x82\xac soon\n", "t:2:12: 'soon' is too much here"},
        /* One message a line, and all lines. */
        {P "expct ${a\nset 1 ${b\ntimeout soon later\n",
         "t:2:1: 'expct' is not a verb; did you mean 'expect'?\n"
         "t:3:5: '1' is not a name: a letter or _, then letters, digits, _\n"
         "t:4:9: 'soon' is not a duration (write 500ms, 10s or 2m)"},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void of_blocks(void **state)
{
    static const row rows[] = {
        {P "if code\n", "t:2:1: this 'if' has no 'end'"},
        {P "  optional\nsend x\n", "t:2:3: this 'optional' has no 'end'"},
        {P "if code\nelse\n", "t:2:1: this 'if' has no 'end'"},
        {P "if code\nif code\nend\n", "t:2:1: this 'if' has no 'end'"},
        {P " end\n", "t:2:2: this 'end' has no 'if' or 'optional'"},
        {P "else\n", "t:2:1: this 'else' has no 'if'"},
        {P "optional\nelse\nend\n", "t:3:1: this 'else' has no 'if'"},
        {P "if code\nelse\nelse\nend\n", "t:4:1: this 'else' has no 'if'"},
        {P "if code\nelse x\nend x\n",
         "t:3:6: 'x' is too much here\nt:4:5: 'x' is too much here"},
        {P "optional x\nend\n", "t:2:10: 'x' is too much here"},
        {P "if\nend\n", "t:2:3: a condition is missing here, as 'code is 250'"},
        {P "always\nalways\n", "t:3:1: 'always' is the last section, and only one"},
        {P "if code\nalways\nend\n", "t:3:1: 'always' stands outside of all blocks"},
        {P "always now\n", "t:2:8: 'now' is too much here"},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void of_words(void **state)
{
    static const row rows[] = {
        {P "send \"a\n", "t:2:6: this string has no closing '\"'"},
        {P "send \"a\\\"\n", "t:2:6: this string has no closing '\"'"},
        {P "send \"\\q\"\n", "t:2:7: unknown escape: \\r \\n \\t \\0 \\\" \\\\ or \\xHH"},
        {P "send \"\\x4\"\n", "t:2:7: unknown escape: \\r \\n \\t \\0 \\\" \\\\ or \\xHH"},
        {P "send \"\\xag\"\n", "t:2:7: unknown escape: \\r \\n \\t \\0 \\\" \\\\ or \\xHH"},
        {P "auth plain \"a\\", "t:2:14: unknown escape: \\r \\n \\t \\0 \\\" \\\\ or \\xHH"},
        {P "send QUIT # bye\n",
         "t:2:11: '#' here would be sent to the server: put the comment on a line of its own, or "
         "quote the text"},
        {P "send #1\n",
         "t:2:6: '#' here would be sent to the server: put the comment on a line of its own, or "
         "quote the text"},
        {P "send a#1\nsend \"a # b\" # c\n", ""},
        {P "send ${a b}\n",
         "t:2:6: this '${' has no '}' behind its name; write '$${' for the two characters "
         "themselves"},
        {P "send ${host\n",
         "t:2:6: this '${' has no '}' behind its name; write '$${' for the two characters "
         "themselves"},
        {P "send \"x ${host\"\n",
         "t:2:9: this '${' has no '}' behind its name; write '$${' for the two characters "
         "themselves"},
        {P "send ${}\n", "t:2:8: '' is not a name: a letter or _, then letters, digits, _"},
        {P "send ${host|rot13}\n",
         "t:2:13: 'rot13' is not a filter: base64, hex, url, imap, redis or dn"},
        {P "send ${host|}\n", "t:2:13: '' is not a filter: base64, hex, url, imap, redis or dn"},
        {P "message END\n",
         "t:2:9: a text is missing here: '<<END', its lines, and a line END"},
        {P "message\n", "t:2:8: a text is missing here: '<<END', its lines, and a line END"},
        {P "message <<\n", "t:2:9: a text is missing here: '<<END', its lines, and a line END"},
        {P "message <<END\nsend x\n END\n", "t:2:9: the line that ends this text never comes"},
        {P "message << END\na\nEND\n", ""},
        {P "message <<END\n${host|x} ${\nHello\n ${\nEND\nexpct\n",
         "t:3:8: 'x' is not a filter: base64, hex, url, imap, redis or dn\n"
         "t:5:2: this '${' has no '}' behind its name; write '$${' for the two characters "
         "themselves\n"
         "t:7:1: 'expct' is not a verb; did you mean 'expect'?"},
        {P "message <<END\n${\n",
         "t:2:9: the line that ends this text never comes\n"
         "t:3:1: this '${' has no '}' behind its name; write '$${' for the two characters "
         "themselves"},
        {P "timeout soon\n", "t:2:9: 'soon' is not a duration (write 500ms, 10s or 2m)"},
        {P "timeout 5\n", "t:2:9: '5' is not a duration (write 500ms, 10s or 2m)"},
        {P "timeout 5h\n", "t:2:9: '5h' is not a duration (write 500ms, 10s or 2m)"},
        {P "timeout 5ns\n", "t:2:9: '5ns' is not a duration (write 500ms, 10s or 2m)"},
        {P "timeout 5us\n", "t:2:9: '5us' is not a duration (write 500ms, 10s or 2m)"},
        {P "timeout -5s\n", "t:2:9: '-5s' is not a duration (write 500ms, 10s or 2m)"},
        {P "timeout 99999999999999999s\n",
         "t:2:9: '99999999999999999s' is not a duration (write 500ms, 10s or 2m)"},
        {P "timeout 000000000000000000000005s\n",
         "t:2:9: '000000000000000000000005s' is not a duration (write 500ms, 10s or 2m)"},
        {P "deadline\n", "t:2:9: a time as 500ms, 10s or 2m is missing here"},
        {P "timeout 5s 6s\n", "t:2:12: '6s' is too much here"},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void of_variables(void **state)
{
    static const row rows[] = {
        {P "send ${hst}\n", "t:2:8: variable 'hst' is never given a value; did you mean 'host'?"},
        {P "send ${pear}\n",
         "t:2:8: variable 'pear' is never given a value: add 'need pear'"},
        {P "set pear 1\nsend ${paer}\n",
         "t:3:8: variable 'paer' is never given a value; did you mean 'pear'?"},
        {P "send ${later}\nset later 1\n", ""},
        {P "send ${host}${port}${client}${url}${user}${path}\n", ""},
        {P "secret token\n", "t:2:8: variable 'token' is never given a value: add 'need token'"},
        {P "need pass\nsecret pass\n", ""},
        {P "if ${pear} is 1\nend\n",
         "t:2:6: variable 'pear' is never given a value: add 'need pear'"},
        {P "if ${pear|hex}\nend\n",
         "t:2:6: 'pear|hex' is not a name: a letter or _, then letters, digits, _"},
        {P "check ${x\n", "t:2:7: a variable is ${name} here"},
        /* Where it stands, in the order of lines. */
        {P "send ${pear}\nexpct\nsend ${plum} ${pear}\n",
         "t:2:8: variable 'pear' is never given a value: add 'need pear'\n"
         "t:3:1: 'expct' is not a verb; did you mean 'expect'?\n"
         "t:4:8: variable 'plum' is never given a value: add 'need plum'"},
        {P "need\n", "t:2:5: names are missing here"},
        {P "secret # x\n", "t:2:8: names are missing here"},
        {P "need a 9b\n", "t:2:8: '9b' is not a name: a letter or _, then letters, digits, _"},
        {P "need a-b\n", "t:2:6: 'a-b' is not a name: a letter or _, then letters, digits, _"},
        {P "set\n", "t:2:4: a name is missing here"},
        {P "default a.b 1\n",
         "t:2:9: 'a.b' is not a name: a letter or _, then letters, digits, _"},
        {P "set a 1 # b\n",
         "t:2:9: '#' here would be sent to the server: put the comment on a line of its own, or "
         "quote the text"},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void of_connections(void **state)
{
    static const row rows[] = {
        {P "connect\n", "t:2:8: where to: HOST, HOST:PORT or unix:PATH"},
        {P "connect # there\n", "t:2:9: where to: HOST, HOST:PORT or unix:PATH"},
        {P "connect \"a\n", "t:2:9: this string has no closing '\"'"},
        {P "connect a b\n", "t:2:11: 'b' is too much here"},
        {P "connect a tls b\n", "t:2:15: 'b' is too much here"},
        {P "connect unix:/run/x tls\n", "t:2:21: 'tls' is too much here"},
        {P "tls\n",
         "t:2:4: what of TLS: verify, name, ca, cert, key, min, max, alpn is missing here"},
        {P "tls version 1.2\n",
         "t:2:5: 'version' is not of TLS: verify, name, ca, cert, key, min, max, alpn or "
         "plaintext"},
        {P "tls verify  maybe\n", "t:2:13: on or off"},
        {P "tls plaintext no\n",
         "t:2:15: 'tls plaintext ok' lets passwords go without TLS"},
        {P "tls verify off on\n", "t:2:16: 'on' is too much here"},
        {P "tls min\n", "t:2:8: its value is missing here"},
        {P "starttls later\n", "t:2:10: 'later' is too much here"},
        {P "starttls now anyway\n", "t:2:14: 'anyway' is too much here"},
        {P "auth\n",
         "t:2:5: how to log in: plain, login, cram-md5, xoauth2, oauthbearer, user is missing "
         "here"},
        {P "auth md5 a b\n",
         "t:2:6: 'md5' is no way to log in: plain, login, cram-md5, xoauth2, oauthbearer or user"},
        {P "auth plain\n", "t:2:11: the user is missing here"},
        {P "auth plain a\n", "t:2:13: the password is missing here"},
        {P "auth plain a b c\n", "t:2:16: 'c' is too much here"},
        {P "close now\n", "t:2:7: 'now' is too much here"},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void of_octets(void **state)
{
    static const row rows[] = {
        {P "send raw QUIT\n", "t:2:10: octets stand in quotes here: send raw \"...\""},
        {P "send raw\n", "t:2:9: octets stand in quotes here: send raw \"...\""},
        {P "send raw \"a\" b\n", "t:2:14: 'b' is too much here"},
        {P "send raw \"a\" # b\n", ""},
        {P "send raw \"a\"\"b\"\n", "t:2:13: '\"b\"' is too much here"},
        {P "send hex\n", "t:2:9: octets are missing here, as '0d 0a'"},
        {P "send hex 0d 0\n", "t:2:13: octets are two hexadecimal digits each, as '0d 0a'"},
        {P "send hex 0g\n", "t:2:10: octets are two hexadecimal digits each, as '0d 0a'"},
        {P "send hex ${host}\n", "t:2:17: octets of a variable are ${name|hex} here"},
        {P "send hex ${host\n",
         "t:2:10: this '${' has no '}' behind its name; write '$${' for the two characters "
         "themselves"},
        {P "expect hex\n", "t:2:11: octets are missing here"},
        {P "expect hex within 5s\n", "t:2:21: octets are missing here"},
        {P "expect hex 2b 0\n", "t:2:15: octets are two hexadecimal digits each, or ??"},
        {P "expect hex 2b0d\n", "t:2:12: octets are two hexadecimal digits each, or ??"},
        {P "expect hex \x12\x13\n", "t:2:12: octets are two hexadecimal digits each, or ??"},
        {P "expect hex ???\n", "t:2:12: octets are two hexadecimal digits each, or ??"},
        {P "expect hex 2b ?\n", "t:2:15: octets are two hexadecimal digits each, or ??"},
        {P "expect hex 2b within\n", "t:2:21: a time as 500ms, 10s or 2m is missing here"},
        {P "expect hex 2b within 5s 2b\n", "t:2:25: '2b' is too much here"},
        {P "read\n", "t:2:5: how many octets, or 'end' is missing here"},
        {P "read -1\n", "t:2:6: '-1' is not a number"},
        {P "read 18446744073709551616\n", "t:2:6: '18446744073709551616' is not a number"},
        {P "read 1111111111111111111111111\n",
         "t:2:6: '1111111111111111111111111' is not a number"},
        {P "read end 5\n", "t:2:10: '5' is too much here"},
        {P "get\n", "t:2:4: a path, as / is missing here"},
        {P "get / follow\n", "t:2:13: how many redirects is missing here"},
        {P "get / follow all\n", "t:2:14: 'all' is not a number"},
        {P "head / 3\n", "t:2:8: '3' is too much here"},
        {P "header\n", "t:2:7: a header is missing here: NAME: VALUE"},
        {P "header \"\"\n", "t:2:10: a header is missing here: NAME: VALUE"},
        {P "post /\n", "t:2:7: a text is missing here: '<<END', its lines, and a line END"},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void of_matches(void **state)
{
    static const row rows[] = {
        {P "expect\n", "t:2:7: what is expected is missing here"},
        {P "expect # 250\n", "t:2:8: what is expected is missing here"},
        {P "expect or 250\n", "t:2:8: 'or' stands between two things that may come"},
        {P "expect 250 or\n", "t:2:14: what is expected is missing here"},
        {P "expect 250 or or 251\n", "t:2:15: 'or' stands between two things that may come"},
        {P "expect within 5s\n", "t:2:8: what is expected is missing before 'within'"},
        {P "expect 250 within\n",
         "t:2:12: 'within' after the pattern: join alternatives with 'or', give a time as "
         "'within 5s'"},
        {P "expect 250 or within 5s\n", "t:2:15: what is expected is missing before 'within'"},
        {P "expect 250 within soon\n",
         "t:2:19: 'soon' is not a duration (write 500ms, 10s or 2m)"},
        {P "expect 250 within 5s 251\n", "t:2:22: '251' is too much here"},
        {P "expect +OK lines 5\n", "t:2:18: '5' is too much here"},
        {P "expect close now\n", "t:2:14: 'now' is too much here"},
        {P "expect close within\n", "t:2:20: a time as 500ms, 10s or 2m is missing here"},
        {P "wait 250\n", "t:2:9: 'wait' needs its time: within 5s"},
        {P "wait within 5s\n", "t:2:6: what is expected is missing before 'within'"},
        {P "expect /a\n", "t:2:8: this pattern has no closing '/'"},
        {P "expect /a\\/\n", "t:2:8: this pattern has no closing '/'"},
        {P "expect /a\\", "t:2:8: this pattern has no closing '/'"},
        {P "expect /a/x\n", "t:2:11: only 'i' may follow the closing '/'"},
        {P "expect /a/ix\n", "t:2:12: only 'i' may follow the closing '/'"},
        {P "save x\n", "t:2:7: 'from /(...)/' or '= code' must follow the name"},
        {P "save\n", "t:2:5: a name is missing here"},
        {P "save 1 from /a/\n", "t:2:6: '1' is not a name: a letter or _, then letters, digits, _"},
        {P "save x from\n", "t:2:12: a pattern is missing here"},
        {P "save x from \"a\"\n", "t:2:13: a pattern with a group must follow: /(...)/"},
        {P "save x from   a\n", "t:2:15: a pattern with a group must follow: /(...)/"},
        {P "save x = code is 1\n", "t:2:15: 'is 1' is too much here"},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void of_conditions(void **state)
{
#define NOTHING                                                                                    \
    "' is nothing to ask for: code, text, body, size, lines, enhanced, has, header, attr, time, "  \
    "tls, cert, peer or ${name}"
    static const row rows[] = {
        {P "check\n", "t:2:6: a condition is missing here, as 'code is 250'"},
        {P "warn not\n", "t:2:9: a condition is missing here, as 'code is 250'"},
        {P "check not not code\n", "t:2:11: 'not" NOTHING},
        {P "check weather\n", "t:2:7: 'weather" NOTHING},
        {P "check code = 250\n",
         "t:2:12: '=' is no comparison: is, is not, <, >, <=, >=, contains, starts or matches"},
        {P "check code is\n", "t:2:14: what it is compared with is missing here"},
        {P "check code is not\n", "t:2:18: what it is compared with is missing here"},
        {P "check code is 250 or 251\n", "t:2:19: 'or 251' is too much here"},
        {P "check size < many\n", "t:2:14: 'many' is not a number"},
        {P "check size >\n", "t:2:13: a number is missing here"},
        {P "check size > 9223372036854775808\n", "t:2:33: that number is too large"},
        {P "check time reply < 5\n", "t:2:20: '5' is not a duration (write 500ms, 10s or 2m)"},
        {P "check time lunch\n",
         "t:2:12: 'lunch' is not one of: resolve connect tls ack reply step total"},
        {P "check time re\n",
         "t:2:12: 're' is not one of: resolve connect tls ack reply step total"},
        {P "check time\n",
         "t:2:11: resolve connect tls ack reply step total is missing here"},
        {P "check tls on\n", "t:2:11: 'on' is not one of: version cipher group alpn resumed"},
        {P "check cert ok\n",
         "t:2:12: 'ok' is not one of: days subject issuer names key chain trusted"},
        {P "check peer name\n", "t:2:12: 'name' is not one of: address port"},
        {P "check has\n", "t:2:10: a keyword, as STARTTLS is missing here"},
        {P "check header\n", "t:2:13: a name is missing here"},
        {P "check attr\n", "t:2:11: a name is missing here"},
        {P "check text matches a\n", "t:2:20: 'matches' takes a pattern: /.../"},
        {P "check text matches  a\n", "t:2:21: 'matches' takes a pattern: /.../"},
    };
    (void)state;
    check_rows(rows, COUNT(rows));
}

static void of_patterns(void **state)
{
    static const row with[] = {
        {P "expect /(/\n", "t:2:10: missing closing parenthesis"},
        {P "expect 250 /a[/\n", "t:2:15: missing terminating ] for character class"},
        {P "check text is /a/\n", "t:2:15: a pattern is asked for with 'matches'"},
        {P "expect /(?P<max>\\d+)/\nsend ${max}\n", ""},
        {P "save x from /(a)/ y\n", "t:2:19: 'y' is too much here"},
    };
    static const row without[] = {
        {P "expect /a/\n", "t:2:9: this build has no PCRE2, which patterns need"},
        {P "save x from /a/i\n", "t:2:14: this build has no PCRE2, which patterns need"},
        {P "check text matches /a/\n", "t:2:21: this build has no PCRE2, which patterns need"},
    };
    (void)state;
    if (HAS_PATTERNS)
        check_rows(with, COUNT(with));
    else
        check_rows(without, COUNT(without));
}

static void shows_the_place(void **state)
{
    (void)state;
    npi_script *s = parse(P "\ttimeout \xc3\xa4 soon\n");
    assert_string_equal(np_script_get_excerpt(s, 0), "    \\x09timeout \xc3\xa4 soon\n"
                                                     "    \t        ^\n");
    assert_int_equal(np_script_error_line(s, 0), 2);
    assert_string_equal(np_script_error(s), np_script_get_error(s, 0));
    assert_string_equal(np_script_get_error(s, 1), "");
    assert_string_equal(np_script_get_error(s, -1), "");
    assert_string_equal(np_script_get_excerpt(s, 1), "");
    assert_int_equal(np_script_error_line(s, 1), 0);
    np_script_free(s);
    s = parse("protocol smtp\nif code\n"); /* about the whole block: no place in a line */
    assert_string_equal(np_script_get_excerpt(s, 0), "");
    np_script_free(s);
    assert_int_equal(np_script_status(NULL), NP_ERR_NOMEM);
    assert_int_equal(np_script_error_count(NULL), 0);
    assert_string_equal(np_script_error(NULL), "out of memory");
    np_script_free(NULL);
}

/* The example of np-script(5) and of the notes it came from. */
static void all_at_once(void **state)
{
    (void)state;
    check_errors("# errors.talk\nprotocol smtp\nconnect ${hst}:25\nexpct   220\n"
                 "expect  220 within\nif code\ntimeout soon\n",
                 "t:3:11: variable 'hst' is never given a value; did you mean 'host'?\n"
                 "t:4:1: 'expct' is not a verb; did you mean 'expect'?\n"
                 "t:5:13: 'within' after the pattern: join alternatives with 'or', give a time as "
                 "'within 5s'\n"
                 "t:6:1: this 'if' has no 'end'\n"
                 "t:7:9: 'soon' is not a duration (write 500ms, 10s or 2m)");
}

/* ---- what steps become --------------------------------------------------------------------- */

typedef struct step_row {
    const char *line;
    npi_verb verb;
    int option;
    const char *text, *more;
} step_row;

static void steps_with_texts(void **state)
{
    static const step_row rows[] = {
        {"connect ${host}:25", NPI_VERB_CONNECT, NPI_CONNECT_PLAIN, "{host|0}:25", ""},
        {"connect \"[::1]:25\" tls", NPI_VERB_CONNECT, NPI_CONNECT_TLS, "[::1]:25", ""},
        {"connect unix:/run/${user}", NPI_VERB_CONNECT, NPI_CONNECT_UNIX, "unix:/run/{user|0}",
         ""},
        {"tls name a b", NPI_VERB_TLS, NPI_TLS_KEY_NAME, "a b", ""},
        {"tls ca /x", NPI_VERB_TLS, NPI_TLS_KEY_CA, "/x", ""},
        {"tls cert \"/x y\"", NPI_VERB_TLS, NPI_TLS_KEY_CERT, "/x y", ""},
        {"tls key /k", NPI_VERB_TLS, NPI_TLS_KEY_KEY, "/k", ""},
        {"tls min 1.2", NPI_VERB_TLS, NPI_TLS_KEY_MIN, "1.2", ""},
        {"tls max 1.3", NPI_VERB_TLS, NPI_TLS_KEY_MAX, "1.3", ""},
        {"tls alpn h2,http/1.1", NPI_VERB_TLS, NPI_TLS_KEY_ALPN, "h2,http/1.1", ""},
        {"tls plaintext ok # yes", NPI_VERB_TLS, NPI_TLS_KEY_PLAINTEXT, "", ""},
        {"starttls", NPI_VERB_STARTTLS, NPI_STARTTLS_OFFERED, "", ""},
        {"starttls now", NPI_VERB_STARTTLS, NPI_STARTTLS_NOW, "", ""},
        {"starttls anyway", NPI_VERB_STARTTLS, NPI_STARTTLS_ANYWAY, "", ""},
        {"send  EHLO  ${client} \t", NPI_VERB_SEND, NPI_SEND_LINE, "EHLO  {client|0}", ""},
        {"send", NPI_VERB_SEND, NPI_SEND_LINE, "", ""},
        {"send \"\"", NPI_VERB_SEND, NPI_SEND_LINE, "", ""},
        {"send \" a\\t\\\\\\\"\\x41 \"", NPI_VERB_SEND, NPI_SEND_LINE, " a\\x09\\\\\"A ", ""},
        {"send \"a\" \"b\"", NPI_VERB_SEND, NPI_SEND_LINE, "\"a\" \"b\"", ""},
        {"send \"a\"#b", NPI_VERB_SEND, NPI_SEND_LINE, "\"a\"#b", ""},
        {"send $${host} $$ $x ${host}$", NPI_VERB_SEND, NPI_SEND_LINE, "${host} $$ $x {host|0}$",
         ""},
        {"send $$${host}", NPI_VERB_SEND, NPI_SEND_LINE, "$${host}", ""},
        {"send rawer", NPI_VERB_SEND, NPI_SEND_LINE, "rawer", ""},
        {"send raw \"a\\0\\r\\n\"", NPI_VERB_SEND, NPI_SEND_RAW, "a\\x00\\x0d\\x0a", ""},
        {"send hex 4a4B 0d ${user|hex}0a # c", NPI_VERB_SEND, NPI_SEND_HEX, "JK\\x0d{user|7}\\x0a",
         ""},
        {"send ${user|base64}${user|hex}${user|url}", NPI_VERB_SEND, NPI_SEND_LINE,
         "{user|1}{user|2}{user|3}", ""},
        {"send ${user|imap}${user|redis}${user|dn}", NPI_VERB_SEND, NPI_SEND_LINE,
         "{user|4}{user|5}{user|6}", ""},
        {"auth plain ${user} \"a b\"", NPI_VERB_AUTH, NPI_AUTH_PLAIN, "{user|0}", "a b"},
        {"auth login a b", NPI_VERB_AUTH, NPI_AUTH_LOGIN, "a", "b"},
        {"auth cram-md5 a b", NPI_VERB_AUTH, NPI_AUTH_CRAM_MD5, "a", "b"},
        {"auth xoauth2 a b", NPI_VERB_AUTH, NPI_AUTH_XOAUTH2, "a", "b"},
        {"auth oauthbearer a b", NPI_VERB_AUTH, NPI_AUTH_OAUTHBEARER, "a", "b"},
        {"auth user a b", NPI_VERB_AUTH, NPI_AUTH_USER, "a", "b"},
        {"get ${path}", NPI_VERB_GET, 0, "{path|0}", ""},
        {"head /a", NPI_VERB_HEAD, 0, "/a", ""},
        {"header A:  b", NPI_VERB_HEADER, 0, "A:  b", ""},
        {"step log in", NPI_VERB_STEP, 0, "log in", ""},
        {"note ${host} it is", NPI_VERB_NOTE, 0, "{host|0} it is", ""},
        {"skip no", NPI_VERB_SKIP, 0, "no", ""},
        {"fail", NPI_VERB_FAIL, 0, "", ""},
        {"close", NPI_VERB_CLOSE, 0, "", ""},
        {"data passive # what not", NPI_VERB_DATA, 0, "", ""},
        {"ldap search base \"\" scope base", NPI_VERB_LDAP, 0, "", ""},
        {"expect close", NPI_VERB_EXPECT, NPI_EXPECT_CLOSE, "", ""},
        {"read end", NPI_VERB_READ, NPI_READ_END, "", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        npi_script *s = parse_line(rows[i].line);
        assert_int_equal(last(s)->verb, rows[i].verb);
        assert_int_equal(last(s)->option, rows[i].option);
        assert_string_equal(shown(s, last(s)->text), rows[i].text);
        assert_string_equal(shown(s, last(s)->more), rows[i].more);
        npi_span source = last(s)->source;
        assert_int_equal(source.len, strlen(rows[i].line));
        assert_memory_equal(npi_script_at(s, source), rows[i].line, source.len);
        np_script_free(s);
    }
}

static void steps_with_numbers(void **state)
{
    static const struct {
        const char *line;
        npi_verb verb;
        uint64_t number;
        int64_t duration;
    } rows[] = {
        {"tls verify on", NPI_VERB_TLS, 1, 0},
        {"tls verify off", NPI_VERB_TLS, 0, 0},
        {"get / follow 3", NPI_VERB_GET, 3, 0},
        {"head / follow 18446744073709551615", NPI_VERB_HEAD, UINT64_MAX, 0},
        {"read 0", NPI_VERB_READ, 0, 0},
        {"read 70000 # c", NPI_VERB_READ, 70000, 0},
        {"timeout 500ms", NPI_VERB_TIMEOUT, 0, 500000000},
        {"timeout 1.5s", NPI_VERB_TIMEOUT, 0, 1500000000},
        {"timeout 0s", NPI_VERB_TIMEOUT, 0, 0},
        {"deadline 2m", NPI_VERB_DEADLINE, 0, 120000000000},
        {"expect 250 within 0.25s", NPI_VERB_EXPECT, 0, 250000000},
        {"expect close within 7s", NPI_VERB_EXPECT, 0, 7000000000},
        {"expect hex 2b within 7s", NPI_VERB_EXPECT, 0, 7000000000},
        {"wait 220 within 3s", NPI_VERB_WAIT, 0, 3000000000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        npi_script *s = parse_line(rows[i].line);
        assert_int_equal(last(s)->verb, rows[i].verb);
        assert_int_equal(last(s)->number, rows[i].number);
        assert_int_equal(last(s)->duration, rows[i].duration);
        np_script_free(s);
    }
}

static void names_and_values(void **state)
{
    (void)state;
    npi_script *s = parse("protocol pop3\nneed a _b9\ndefault c  x y \nset d \"\"\nsecret a d\n"
                          "save e = time reply\nsend ${e}\n");
    assert_string_equal(np_script_error(s), "");
    assert_int_equal(s->speech, NPI_SPEECH_POP3);
    static const char *const names[] = {"a", "_b9", "c", "d", "e"};
    static const bool needed[] = {true, true, false, false, false};
    static const bool secret[] = {true, false, false, true, false};
    for (size_t i = 0; i < COUNT(names); i++) {
        int32_t v = npi_script_find_variable(s, names[i], strlen(names[i]));
        assert_true(v >= 0 && s->variables[v].given);
        assert_int_equal(s->variables[v].needed, needed[i]);
        assert_int_equal(s->variables[v].secret, secret[i]);
    }
    assert_int_equal(npi_script_find_variable(s, "f", 1), -1);
    assert_string_equal(shown(s, s->steps[2].text), "x y");
    assert_int_equal(s->steps[2].verb, NPI_VERB_DEFAULT);
    assert_int_equal(s->steps[3].verb, NPI_VERB_SET);
    assert_int_equal(s->steps[3].text.count, 0);
    assert_int_equal(s->steps[5].option, NPI_SAVE_SUBJECT);
    assert_int_equal(s->steps[5].cond.subject, NPI_SUBJECT_TIME);
    assert_int_equal(s->steps[5].cond.which, NPI_TIME_REPLY);
    assert_int_equal(s->always, s->step_count);
    np_script_free(s);
}

static void here_texts(void **state)
{
    (void)state;
    npi_script *s = parse(P "message <<E.ND\r\nSubject: ${host|url}\r\n\r\n # no comment\n.\n"
                            "E.ND \n E.ND\nE.ND\nsend x\n");
    assert_string_equal(np_script_error(s), "");
    assert_string_equal(shown(s, s->steps[1].text),
                        "Subject: {host|3}\\x0a\\x0a # no comment\\x0a.\\x0aE.ND \\x0a "
                        "E.ND\\x0a");
    assert_int_equal(s->steps[2].line, 10);
    np_script_free(s);
    s = parse("protocol http\npost \"/a b\" <<X\nX");
    assert_string_equal(np_script_error(s), "");
    assert_string_equal(shown(s, s->steps[1].text), "/a b");
    assert_int_equal(s->steps[1].more.count, 0);
    np_script_free(s);
}

static void matches(void **state)
{
    (void)state;
    npi_script *s = parse_line("expect 250 \"a b\" or +OK or \"${host}\" lines within 2s # c");
    static const npi_value_kind kinds[] = {NPI_VALUE_WORD, NPI_VALUE_STRING, NPI_VALUE_WORD,
                                           NPI_VALUE_STRING};
    static const bool alternatives[] = {false, false, true, true};
    static const char *const texts[] = {"250", "a b", "+OK", "{host|0}"};
    assert_int_equal(last(s)->option, NPI_EXPECT_LINES);
    assert_int_equal(last(s)->value_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        const npi_value *v = &s->values[last(s)->first_value + i];
        assert_int_equal(v->kind, kinds[i]);
        assert_int_equal(v->alternative, alternatives[i]);
        assert_string_equal(shown(s, v->text), texts[i]);
    }
    np_script_free(s);
    s = parse_line("expect +OK line");
    assert_int_equal(last(s)->option, NPI_EXPECT_LINE);
    np_script_free(s);
    s = parse_line("wait lines within 1s"); /* a word like others here */
    assert_int_equal(last(s)->option, NPI_EXPECT_REPLY);
    assert_int_equal(last(s)->value_count, 1);
    np_script_free(s);
    s = parse_line("expect hex 2B ?? 0d");
    assert_int_equal(last(s)->option, NPI_EXPECT_HEX);
    assert_int_equal(last(s)->octets.len, 3);
    assert_memory_equal(npi_script_at(s, last(s)->octets), "\x2b\0\x0d", 3);
    assert_memory_equal(npi_script_at(s, last(s)->mask), "\xff\0\xff", 3);
    np_script_free(s);
}

static void conditions(void **state)
{
    static const struct {
        const char *text;
        bool negated;
        npi_subject subject;
        int which;
        npi_operator op;
        const char *argument;
        int64_t number;
    } rows[] = {
        {"code", false, NPI_SUBJECT_CODE, 0, NPI_OP_TRUE, "", 0},
        {"not code is 250", true, NPI_SUBJECT_CODE, 0, NPI_OP_IS, "", 0},
        {"text is not \"a b\"", false, NPI_SUBJECT_TEXT, 0, NPI_OP_IS_NOT, "", 0},
        {"body contains x", false, NPI_SUBJECT_BODY, 0, NPI_OP_CONTAINS, "", 0},
        {"size < 10", false, NPI_SUBJECT_SIZE, 0, NPI_OP_LESS, "", 10},
        {"lines >= 2", false, NPI_SUBJECT_LINES, 0, NPI_OP_AT_LEAST, "", 2},
        {"lines <= 2", false, NPI_SUBJECT_LINES, 0, NPI_OP_AT_MOST, "", 2},
        {"size > 9223372036854775807", false, NPI_SUBJECT_SIZE, 0, NPI_OP_GREATER, "", INT64_MAX},
        {"enhanced starts 5.", false, NPI_SUBJECT_ENHANCED, 0, NPI_OP_STARTS, "", 0},
        {"has  AUTH \t PLAIN # c", false, NPI_SUBJECT_HAS, 0, NPI_OP_TRUE, "AUTH PLAIN", 0},
        {"not has STARTTLS", true, NPI_SUBJECT_HAS, 0, NPI_OP_TRUE, "STARTTLS", 0},
        {"header content-type", false, NPI_SUBJECT_HEADER, 0, NPI_OP_TRUE, "content-type", 0},
        {"attr \"${host}\" is x", false, NPI_SUBJECT_ATTR, 0, NPI_OP_IS, "{host|0}", 0},
        {"${host} is x", false, NPI_SUBJECT_VARIABLE, 0, NPI_OP_IS, "", 0},
        {"time resolve < 1ms", false, NPI_SUBJECT_TIME, NPI_TIME_RESOLVE, NPI_OP_LESS, "",
         1000000},
        {"time total > 2m", false, NPI_SUBJECT_TIME, NPI_TIME_TOTAL, NPI_OP_GREATER, "",
         120000000000},
        {"tls version", false, NPI_SUBJECT_TLS, NPI_TLS_VERSION, NPI_OP_TRUE, "", 0},
        {"tls resumed is no", false, NPI_SUBJECT_TLS, NPI_TLS_RESUMED, NPI_OP_IS, "", 0},
        {"cert days > 14", false, NPI_SUBJECT_CERT, NPI_CERT_DAYS, NPI_OP_GREATER, "", 14},
        {"cert trusted", false, NPI_SUBJECT_CERT, NPI_CERT_TRUSTED, NPI_OP_TRUE, "", 0},
        {"peer port is 25", false, NPI_SUBJECT_PEER, NPI_PEER_PORT, NPI_OP_IS, "", 0},
    };
    static const char *const verbs[] = {"check ", "warn "};
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        char line[100];
        npi_buf b = npi_buf_in(line, sizeof line);
        const size_t k = i / 2;
        npi_buf_printf(&b, "%s%s", verbs[i % 2], rows[k].text);
        npi_script *s = parse_line(line);
        const npi_cond *c = &last(s)->cond;
        assert_int_equal(last(s)->verb, i % 2 ? NPI_VERB_WARN : NPI_VERB_CHECK);
        assert_int_equal(c->negated, rows[k].negated);
        assert_int_equal(c->subject, rows[k].subject);
        assert_int_equal(c->which, rows[k].which);
        assert_int_equal(c->op, rows[k].op);
        assert_string_equal(shown(s, c->argument), rows[k].argument);
        assert_int_equal(c->number, rows[k].number);
        assert_int_equal(c->name >= 0, c->subject == NPI_SUBJECT_VARIABLE);
        np_script_free(s);
    }
}

static void patterns(void **state)
{
    (void)state;
    if (!HAS_PATTERNS)
        skip();
    npi_script *s = parse(P "expect 220 /a\\/(?P<max>\\d+) b$/i or /c/ within 1s\n"
                            "check text matches /x/\nsave id from /id=(\\S+)/\nsend ${id}${max}\n");
    npi_group groups[NPI_GROUPS];
    assert_string_equal(np_script_error(s), "");
    assert_int_equal(s->pattern_count, 4);
    assert_int_equal(s->steps[1].value_count, 3);
    assert_int_equal(s->values[1].kind, NPI_VALUE_PATTERN);
    assert_int_equal(s->values[2].alternative, true);
    assert_string_equal(npi_pattern_name(s->patterns[0], 0), "max");
    assert_int_equal(npi_pattern_match(s->patterns[0], "zA/12 B\nx", 9, groups), NPI_MATCHED_YES);
    assert_int_equal(groups[npi_pattern_group(s->patterns[0], 0)].at, 3);
    assert_int_equal(groups[npi_pattern_group(s->patterns[0], 0)].len, 2);
    assert_int_equal(npi_pattern_match(s->patterns[1], "C", 1, groups), NPI_MATCHED_NO);
    assert_int_equal(s->steps[2].cond.op, NPI_OP_MATCHES);
    assert_int_equal(s->steps[2].cond.value.pattern, 2);
    assert_int_equal(s->steps[3].value_count, 1);
    assert_int_equal(s->values[s->steps[3].first_value].pattern, 3);
    np_script_free(s);
}

static void blocks(void **state)
{
    (void)state;
    npi_script *s = parse(P "if code is 1\n optional\n end\nelse\n note x\nend\nif code\nend\n"
                            "always\nsend QUIT\n");
    static const uint32_t jumps[] = {0, 4, 3, 0, 6, 0, 0, 8, 0, 0, 0};
    assert_string_equal(np_script_error(s), "");
    assert_int_equal(s->step_count, COUNT(jumps));
    for (size_t i = 0; i < COUNT(jumps); i++)
        assert_int_equal(s->steps[i].jump, jumps[i]);
    assert_int_equal(s->always, 9);
    np_script_free(s);
}

static void protocols(void **state)
{
    static const struct {
        const char *name;
        npi_speech speech;
        unsigned port, tls_port;
    } rows[] = {{"smtp", NPI_SPEECH_SMTP, 25, 465},
                {"lmtp", NPI_SPEECH_LMTP, 24, 0},
                {"pop3", NPI_SPEECH_POP3, 110, 995},
                {"imap", NPI_SPEECH_IMAP, 143, 993},
                {"http", NPI_SPEECH_HTTP, 80, 443},
                {"line", NPI_SPEECH_LINE, 0, 0},
                {"raw", NPI_SPEECH_RAW, 0, 0},
                {"ftp", NPI_SPEECH_FTP, 21, 990},
                {"ldap", NPI_SPEECH_LDAP, 389, 636},
                {"redis", NPI_SPEECH_REDIS, 6379, 6379},
                {"xmpp", NPI_SPEECH_XMPP, 5222, 5223},
                {"nntp", NPI_SPEECH_NNTP, 119, 563},
                {"sieve", NPI_SPEECH_SIEVE, 4190, 0},
                {"postgres", NPI_SPEECH_POSTGRES, 5432, 5432},
                {"mysql", NPI_SPEECH_MYSQL, 3306, 3306}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[40];
        npi_buf b = npi_buf_in(text, sizeof text);
        npi_buf_printf(&b, "protocol %s", rows[i].name);
        npi_script *s = parse(text);
        assert_int_equal(np_script_status(s), NP_OK);
        assert_int_equal(s->speech, rows[i].speech);
        assert_string_equal(npi_speech_name(s->speech), rows[i].name);
        assert_int_equal(npi_speech_port(s->speech, false), rows[i].port);
        assert_int_equal(npi_speech_port(s->speech, true), rows[i].tls_port);
        np_script_free(s);
    }
    assert_int_equal(COUNT(rows), NPI_SPEECH_COUNT - 1);
    assert_int_equal(npi_speech_of("", 0), NPI_SPEECH_NONE);
    assert_int_equal(npi_speech_of("smtps", 5), NPI_SPEECH_NONE);
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

static void write_file(const char *name, const char *text, size_t len)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

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

/* ---- where a run goes ----------------------------------------------------------------------- */

/* What is sent, one behind the other, to a server that answers each line with 250. */
static void check_sent(const char *script, const char *expected)
{
    char sent[500];
    npi_mem mem = npi_mem_libc();
    npi_machine m;
    npi_mono now = {NP_SECOND};
    npi_script *s = parse(script);
    npi_buf b = npi_buf_in(sent, sizeof sent);
    npi_act act = NPI_ACT_REST;
    assert_string_equal(np_script_error(s), "");
    assert_true(npi_machine_init(&m, &mem));
    assert_true(npi_machine_add(&m, s, 0, (uint32_t)s->step_count));
    npi_machine_begin(&m, now);
    assert_true(npi_machine_check(&m));
    for (int turns = 0; turns < 100; turns++) {
        act = npi_machine_next(&m, now);
        if (act == NPI_ACT_CONNECT) {
            npi_machine_connected(&m, now);
        } else if (act == NPI_ACT_SEND) {
            npi_buf_bytes(&b, m.out.data, m.out.len);
            npi_machine_sent(&m, now);
            assert_true(npi_machine_feed(&m, now, "250 x\r\n", 7));
        } else {
            break;
        }
    }
    assert_true(act == NPI_ACT_REST || act == NPI_ACT_END);
    assert_string_equal(sent, expected);
    npi_machine_free(&m);
}

static void skips(void **state)
{
    (void)state;
    check_sent(P "connect a:1\nsend A\nskip x\nsend B\n", "A\r\n");
    check_sent(P "connect a:1\nsend A\nskip x\nsend B\nalways\nsend Q\n", "A\r\nQ\r\n");
    check_sent(P "connect a:1\nalways\nsend Q\nskip x\nsend B\n", "Q\r\n");
    /* An expectation of the goodbye leads back into no block. */
    check_sent(P "connect a:1\noptional\nskip x\nend\nsend B\nalways\nsend Q\nexpect 221\n",
               "Q\r\n");
}

/* What did not happen took no time, neither long nor short. */
static void bounds(void **state)
{
    (void)state;
    check_sent(P "connect a:1\nif time tls < 1s\nsend A\nend\nsend B\n", "B\r\n");
    check_sent(P "connect a:1\nif time tls <= 1s\nsend A\nend\n"
                 "if not time tls > 0s\nsend B\nend\n",
               "B\r\n");
    check_sent(P "connect a:1\nif cert days < 14\nsend A\nend\n", "");
    check_sent(P "connect a:1\nsend A\nexpect 250\nif time reply < 1s\nsend B\nend\n",
               "A\r\nB\r\n");
}

static void headers(void **state)
{
    (void)state;
    check_sent("protocol http\nset h\nconnect a:80\nheader ${h}\nheader User-Agent: x\n"
               "header Accept: y\nget /\n",
               "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: x\r\nAccept: y\r\n"
               "Connection: close\r\n\r\n");
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

static void users(void **state)
{
    (void)state;
    failmem m = {0};
    npi_mem mem = failmem_allocator(&m);
    npi_script *s = npi_script_new(&mem);
    assert_ptr_equal(npi_script_use(s), s);
    npi_script_drop(s);
    assert_true(m.live > 0);
    npi_script_drop(s);
    assert_int_equal(m.live, 0);
    assert_null(npi_script_use(NULL));
    npi_script_drop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_the_whole),
        cmocka_unit_test(of_blocks),
        cmocka_unit_test(of_words),
        cmocka_unit_test(of_variables),
        cmocka_unit_test(of_connections),
        cmocka_unit_test(of_octets),
        cmocka_unit_test(of_matches),
        cmocka_unit_test(of_conditions),
        cmocka_unit_test(of_patterns),
        cmocka_unit_test(shows_the_place),
        cmocka_unit_test(all_at_once),
        cmocka_unit_test(steps_with_texts),
        cmocka_unit_test(steps_with_numbers),
        cmocka_unit_test(names_and_values),
        cmocka_unit_test(here_texts),
        cmocka_unit_test(matches),
        cmocka_unit_test(conditions),
        cmocka_unit_test(patterns),
        cmocka_unit_test(blocks),
        cmocka_unit_test(protocols),
        cmocka_unit_test(sizes),
        cmocka_unit_test(variables_and_mistakes),
        cmocka_unit_test(nesting),
        cmocka_unit_test(octets_that_are_no_text),
        cmocka_unit_test(includes),
        cmocka_unit_test(includes_that_fail),
        cmocka_unit_test(includes_many),
        cmocka_unit_test(includes_in_blocks),
        cmocka_unit_test(includes_deep),
        cmocka_unit_test(skips),
        cmocka_unit_test(bounds),
        cmocka_unit_test(headers),
        cmocka_unit_test(memory_fails),
        cmocka_unit_test(users),
    };
    char folder[] = "/tmp/test_script.XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return 1;
    int result = RUN(tests);
    return rmdir(folder) != 0 || result;
}
