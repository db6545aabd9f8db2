/* SPDX-License-Identifier: MIT */
/*
 * The script language: what each verb becomes.
 */
#include "../failmem.h"
#include "scripts.h"

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
        cmocka_unit_test(steps_with_texts),
        cmocka_unit_test(steps_with_numbers),
        cmocka_unit_test(names_and_values),
        cmocka_unit_test(here_texts),
        cmocka_unit_test(matches),
        cmocka_unit_test(conditions),
        cmocka_unit_test(patterns),
        cmocka_unit_test(blocks),
        cmocka_unit_test(protocols),
        cmocka_unit_test(users),
    };
    return RUN(tests);
}
