/* SPDX-License-Identifier: MIT */
/*
 * Every mistake in a script, with its place.
 */
#include "scripts.h"

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
    };
    return RUN(tests);
}
