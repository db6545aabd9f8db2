/* SPDX-License-Identifier: MIT */
/*
 * What the calls of a conversation take, refuse and tell: octets beside the steps, settings, and
 * structs of programs that are older and younger, documents. The argument is a folder for those,
 * which the script reads with another reader.
 */
#include "peer.h"

static np_context *ctx;
static const char *folder;

static void keep_document(np_talk *k, const char *name)
{
    char path[512];
    const char *json = np_talk_json(k);
    assert_non_null(json);
    snprintf(path, sizeof path, "%s/%s.json", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(json, f);
    assert_int_equal(fclose(f), 0);
}

/* ---- results while it runs ------------------------------------------------------------------- */

static void results_while_it_runs(void **state)
{
    (void)state;
    np_event ev;
    np_step s;
    peer p = peer_start("127.0.0.1", 0, peer_silent, 0);
    np_talk *k = talk_with(ctx, "smtp", &p);
    np_talk_expect_code(k, "220");
    assert_int_equal(np_talk_start(k), NP_OK);
    while (np_talk_step_count(k) < 2)
        talk_turn(ctx, &ev);
    assert_int_equal(np_talk_get_step(k, 1, &s, sizeof s), NP_OK);
    assert_int_equal(s.state, NP_STEP_RUNNING);
    assert_int_equal(s.duration_ns, -1);
    assert_int_equal(s.first_octet_ns, -1);
    assert_string_equal(s.verb, "expect");
    assert_string_equal(s.label, "expect 220");
    assert_string_equal(s.file, "");
    np_talk_info i = info_of(k);
    assert_int_equal(i.port, p.port);
    assert_string_equal(i.addr, "127.0.0.1");
    assert_string_equal(i.protocol, "smtp");
    assert_true(i.connect_ns >= 0 && i.total_ns >= 0 && i.start_ns > 0);
    assert_int_equal(i.tls_ns, -1);
    assert_int_equal(i.banner_ns, -1);
    keep_document(k, "running");
    np_talk_cancel(k);
    assert_int_equal(talk_until_done(ctx, k), NP_ERR_CANCELLED);
    keep_document(k, "cancelled");
    np_talk_free(k);
    peer_stop(&p);
}

/* ---- octets beside the steps ----------------------------------------------------------------- */

static const char raw_script[] = "protocol raw\n"
                                 "connect ${host}:${port}\n"
                                 "read end\n";
static const char raw_tls_script[] = "protocol raw\n"
                                     "connect ${host}:${port} tls\n"
                                     "read end\n";

static char pattern_at(size_t i)
{
    return (char)(i * 2654435761u >> 13);
}

/* Write as much as is taken, and read what has come back. */
static void exchange(np_talk *k, size_t total)
{
    static char out[100000], in[50000];
    size_t sent = 0, back = 0, n, refused = 0;
    np_event ev;
    while (back < total) {
        while (sent < total) {
            n = total - sent < sizeof out ? total - sent : sizeof out;
            for (size_t i = 0; i < n; i++)
                out[i] = pattern_at(sent + i);
            np_status st = np_talk_write(k, out, n);
            refused += st == NP_ERR_RANGE;
            if (st == NP_ERR_RANGE)
                break; /* 8 MiB wait: later */
            assert_int_equal(st, NP_OK);
            sent += n;
        }
        if (talk_turn(ctx, &ev) && ev.type == NP_EV_DONE)
            fail_msg("%zu octets came back: %s", back, np_talk_error(k));
        while (np_talk_read(k, in, sizeof in, &n) == NP_OK && n > 0)
            for (size_t i = 0; i < n; i++)
                if (in[i] != pattern_at(back++))
                    fail_msg("octet %zu is another", back - 1);
    }
    assert_int_equal(back, total);
    assert_true(refused > 0);
}

static void much_goes_both_ways(void **state)
{
    (void)state;
    enum { TOTAL = 20 << 20 };
    for (int tls = 0; tls <= peer_has_tls(); tls++) {
        peer p = peer_start("127.0.0.1", 0, peer_echo, tls);
        np_talk *k = talk_by(ctx, &p, tls ? raw_tls_script : raw_script);
        assert_int_equal(np_talk_start(k), NP_OK);
        exchange(k, TOTAL);
        np_talk_info i = info_of(k);
        assert_int_equal(i.sent_octets, TOTAL);
        assert_int_equal(i.received_octets, TOTAL);
        np_talk_cancel(k);
        assert_int_equal(talk_until_done(ctx, k), NP_ERR_CANCELLED);
        np_talk_free(k);
        peer_stop(&p);
    }
}

static void pong(wire *w)
{
    if (w->with && !peer_handshake(w))
        return;
    peer_answer(w, "pong\r\n");
    peer_rest(w);
}

/* Whoever writes at once need not know when the connection is there. */
static void written_before_it_is_connected(void **state)
{
    (void)state;
    for (int tls = 0; tls <= peer_has_tls(); tls++) {
        peer p = peer_start("127.0.0.1", 0, pong, tls);
        np_talk *k = talk_with(ctx, tls ? "tls" : "tcp", &p);
        np_talk_expect_code(k, "pong");
        np_talk_set(k, "timeout", "5s");
        assert_int_equal(np_talk_start(k), NP_OK);
        assert_int_equal(np_talk_write(k, "pi", 2), NP_OK);
        assert_int_equal(np_talk_write(k, "ng\r\n", 4), NP_OK);
        expect_end(k, talk_until_done(ctx, k), NP_OK, "", "");
        assert_int_equal(info_of(k).sent_octets, 6);
        np_talk_free(k);
        peer_stop(&p);
    }
}

enum { BIG = 4 << 20 };

/* Takes nothing until it has said "go"; then all, in order: what was written, and the step's line.
 */
static void slow_taker(wire *w)
{
    char data[16384], line[16];
    size_t n = 0;
    if (w->with && !peer_handshake(w))
        return;
    peer_pause(100);
    peer_say(w, "go\n");
    peer_pause(100);
    while (n < BIG) {
        size_t want = BIG - n < sizeof data ? BIG - n : sizeof data;
        size_t got = peer_read(w, data, want);
        if (got == 0)
            return;
        for (size_t i = 0; i < got; i++)
            if (data[i] != pattern_at(n + i)) {
                peer_say(w, "bad\n");
                return;
            }
        n += got;
    }
    bool good = peer_hear(w, line, sizeof line) && strcmp(line, "MARK") == 0;
    peer_say(w, good ? "good\n" : "bad\n");
    peer_rest(w);
}

static void steps_wait_for_what_was_written(void **state)
{
    (void)state;
    char *data = malloc(BIG);
    for (size_t i = 0; i < BIG; i++)
        data[i] = pattern_at(i);
    for (int tls = 0; tls <= peer_has_tls(); tls++) {
        peer p = peer_start("127.0.0.1", 0, slow_taker, tls);
        char script[200];
        snprintf(script, sizeof script,
                 "protocol raw\nconnect ${host}:${port}%s\n"
                 "expect \"go\"\nsend MARK\nexpect \"good\" or \"bad\"\ncheck text contains good\n",
                 tls ? " tls" : "");
        np_talk *k = talk_by(ctx, &p, script);
        assert_int_equal(np_talk_start(k), NP_OK);
        assert_int_equal(np_talk_write(k, data, BIG), NP_OK);
        expect_end(k, talk_until_done(ctx, k), NP_OK, "", "");
        assert_int_equal(info_of(k).sent_octets, BIG + 6);
        np_talk_free(k);
        peer_stop(&p);
    }
    free(data);
}

static void readable_is_told_once(void **state)
{
    (void)state;
    np_event ev;
    char data[16];
    size_t n;
    peer p = peer_start("127.0.0.1", 0, peer_echo, 0);
    np_talk *k = talk_by(ctx, &p, raw_script);
    assert_int_equal(np_talk_set_events(k, 4), NP_OK);
    assert_int_equal(np_talk_start(k), NP_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(np_talk_write(k, "hello", 5), NP_OK);
        assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 10 * NP_SECOND), 1);
        assert_int_equal(ev.type, NP_EV_READABLE);
        assert_ptr_equal(ev.object, k);
        np_talk_write(k, "more", 4); /* not read yet: no news */
        assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 30 * NP_MILLISECOND), 0);
        for (size_t all = 0; all < 9; all += n) {
            if (np_talk_read(k, data, sizeof data, &n) != NP_OK || n > 9 - all)
                fail_msg("%zu octets behind %zu", n, all);
            if (n == 0 && talk_turn(ctx, &ev))
                assert_int_equal(ev.type, NP_EV_READABLE);
        }
    }
    np_talk_cancel(k);
    assert_int_equal(np_next_event(ctx, &ev, sizeof ev, 0), 1);
    assert_int_equal(ev.type, NP_EV_DONE);
    np_talk_free(k);
    peer_stop(&p);
}

static void two_mails(wire *w)
{
    peer_say(w, "+OK hello\r\n");
    peer_answer(w, "+OK first\r\n0123456789\r\nabc\r\n.\r\n");
    peer_answer(w, "+OK second\r\nxyz\r\n.\r\n");
    peer_rest(w);
}

static void bodies_are_read_in_parts(void **state)
{
    (void)state;
    char data[64];
    size_t n;
    peer p = peer_start("127.0.0.1", 0, two_mails, 0);
    np_talk *k = talk_by(ctx, &p,
                         "protocol pop3\nconnect ${host}:${port}\nexpect +OK\n"
                         "send RETR 1\nsend RETR 2\nexpect +OK\n");
    assert_int_equal(np_talk_read(k, data, sizeof data, &n), NP_OK);
    assert_int_equal(n, 0);
    assert_int_equal(np_talk_run(k), NP_OK);
    assert_memory_equal(np_talk_body(k, &n), "0123456789", 10);
    size_t whole = n;
    assert_int_equal(np_talk_read(k, data, 4, &n), NP_OK);
    assert_int_equal(n, 4);
    assert_memory_equal(data, "0123", 4);
    assert_int_equal(np_talk_read(k, data, sizeof data, &n), NP_OK);
    assert_int_equal(n, whole - 4);
    assert_int_equal(np_talk_read(k, data, sizeof data, &n), NP_OK);
    assert_int_equal(n, 0);
    assert_int_equal(np_talk_expect_code(k, "+OK"), NP_OK); /* that to RETR 2, and shorter */
    assert_int_equal(np_talk_run(k), NP_OK);
    assert_int_equal(np_talk_read(k, data, sizeof data, &n), NP_OK);
    assert_true(n >= 3);
    assert_memory_equal(data, "xyz", 3);
    assert_int_equal(np_talk_read(k, NULL, 1, &n), NP_ERR_INVALID);
    assert_int_equal(np_talk_read(k, data, 1, NULL), NP_ERR_INVALID);
    np_talk_free(k);
    peer_stop(&p);
}

/* ---- TLS ------------------------------------------------------------------------------------- */

static void keys_only_when_asked(void **state)
{
    (void)state;
    SKIP_WITHOUT_TLS();
    peer p = peer_start("127.0.0.1", 0, peer_mail, 0);
    np_talk *k = talk_by(ctx, &p, mail_script);
    assert_int_equal(np_talk_run(k), NP_OK);
    assert_string_equal(np_talk_keylog(k), "");
    np_talk_free(k);
    k = talk_by(ctx, &p, mail_script);
    np_talk_set(k, "keylog", "yes");
    assert_string_equal(np_talk_keylog(k), "");
    assert_int_equal(np_talk_run(k), NP_OK);
    assert_non_null(strstr(np_talk_keylog(k), "CLIENT_TRAFFIC_SECRET_0 "));
    assert_non_null(strstr(np_talk_keylog(k), "SERVER_HANDSHAKE_TRAFFIC_SECRET "));
    np_certificate c;
    assert_int_equal(np_talk_certificate_count(k), 1);
    assert_int_equal(np_talk_get_certificate(k, 0, &c, sizeof c), NP_OK);
    assert_string_equal(c.subject, "CN=peer");
    assert_string_equal(c.issuer, "CN=lab CA");
    assert_string_equal(c.names, "DNS:peer.test, IP:127.0.0.1, IP:::1");
    assert_true(c.der_len > 100 && c.days_left > 0 && strlen(c.sha256) >= 64);
    keep_document(k, "tls");
    assert_int_equal(np_talk_clear(k), NP_OK);
    assert_string_equal(np_talk_keylog(k), "");
    assert_int_equal(np_talk_certificate_count(k), 0);
    np_talk_free(k);
    peer_stop(&p);
}

/* ---- refusals -------------------------------------------------------------------------------- */

typedef struct refusal {
    const char *name, *value, *sentence;
    np_status status;
} refusal;

static np_status set_as(np_talk *k, const char *name, const char *value)
{
    if (strcmp(name, "(url)") == 0)
        return np_talk_set_url(k, value);
    if (strcmp(name, "(line)") == 0)
        return np_talk_send_line(k, value);
    if (strcmp(name, "(code)") == 0)
        return np_talk_expect_code(k, value);
    if (strcmp(name, "(match)") == 0)
        return np_talk_expect_match(k, value);
    if (strncmp(name, "(var)", 5) == 0)
        return np_talk_set_variable(k, name + 5, value);
    if (strncmp(name, "(secret)", 8) == 0)
        return np_talk_set_secret(k, name + 8, value);
    return np_talk_set(k, name, value);
}

static const refusal refusals[] = {
    {"timout", "1s", "timeout", NP_ERR_INVALID},
    {"", "1s", "", NP_ERR_INVALID},
    {"timeout", "50", "needs its unit", NP_ERR_INVALID},
    {"timeout", "2h", "1h", NP_ERR_RANGE},
    {"timeout", NULL, "", NP_ERR_INVALID},
    {"family", "5", "6", NP_ERR_INVALID},
    {"verify", "maybe", "yes", NP_ERR_INVALID},
    {"keylog", "auto", "no", NP_ERR_INVALID},
    {"max-line", "511", "512", NP_ERR_RANGE},
    {"max-body", "0", "1", NP_ERR_RANGE},
    {"max-lines", "many", "number", NP_ERR_INVALID},
    {"tls-min", "1", "", NP_ERR_RANGE},
    {"interface", "a-name-that-is-too-long", "", NP_ERR_RANGE},
    {"(url)", "", "", NP_ERR_INVALID},
    {"(url)", "gopher://x", "gopher", NP_ERR_INVALID},
    {"(url)", "smtp://", "", NP_ERR_INVALID},
    {"(url)", "smtp://mail.test:0", "", NP_ERR_INVALID},
    {"(url)", "smtp://mail.test:65536", "", NP_ERR_INVALID},
    {"(url)", "smtp://ma\nil.test", "", NP_ERR_INVALID},
    {"(url)", NULL, "", NP_ERR_INVALID},
    {"(line)", "two\r\nlines", "line end", NP_ERR_INVALID},
    {"(line)", "iac\377", "255", NP_ERR_INVALID},
    {"(line)", NULL, "line", NP_ERR_INVALID},
    {"(code)", "", "a code", NP_ERR_INVALID},
    {"(code)", "250 ok", "one word", NP_ERR_INVALID},
    {"(code)", NULL, "a code", NP_ERR_INVALID},
    {"(var)", "x", "variable", NP_ERR_INVALID},
    {"(var)1a", "x", "variable", NP_ERR_INVALID},
    {"(var)a-b", "x", "variable", NP_ERR_INVALID},
    {"(var)a", NULL, "variable", NP_ERR_INVALID},
    {"(secret)a b", "x", "variable", NP_ERR_INVALID},
};

static void errors_latch(void **state)
{
    (void)state;
    peer p = peer_start("127.0.0.1", 0, peer_mail, 0);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const refusal *r = &refusals[i];
        np_talk *k = talk_by(ctx, &p, greeting_script);
        np_status st = set_as(k, r->name, r->value);
        if (st != r->status || !strstr(np_talk_error(k), r->sentence) || !np_talk_error(k)[0])
            fail_msg("%s %s: %s, %s", r->name, r->value, np_status_name(st), np_talk_error(k));
        char first[512];
        snprintf(first, sizeof first, "%s", np_talk_error(k));
        np_talk_set(k, "nonsense", "too"); /* the first one stays */
        assert_int_equal(np_talk_run(k), r->status);
        assert_string_equal(np_talk_error(k), first);
        assert_int_equal(np_talk_step_count(k) + np_talk_line_count(k), 0);
        assert_int_equal(np_talk_reset(k), NP_OK);
        assert_string_equal(np_talk_error(k), "");
        assert_int_equal(np_talk_run(k), NP_OK);
        np_talk_free(k);
    }
    peer_stop(&p);
}

static void refused_without_a_text(void **state)
{
    (void)state;
    np_talk *k = np_talk_new(ctx);
    assert_int_equal(np_talk_set_events(k, -1), NP_ERR_RANGE);
    assert_int_equal(np_talk_set_events(k, 65537), NP_ERR_RANGE);
    assert_int_equal(np_talk_send_bytes(k, NULL, 1), NP_ERR_RANGE);
    assert_int_equal(np_talk_send_bytes(k, "", (8 << 20) + 1), NP_ERR_RANGE);
    assert_int_equal(np_talk_run(k), NP_ERR_RANGE);
    assert_non_null(strstr(np_talk_error(k), "65536"));
    assert_int_equal(np_talk_reset(k), NP_OK);
    np_status st = np_talk_expect_match(k, "(");
    assert_true(st == NP_ERR_INVALID);
    assert_non_null(strstr(np_talk_error(k), "pattern: "));
    np_talk_reset(k);
    np_script *s = np_script_parse("protocol smtp\nexpct 220\n", 24, "bad.talk");
    assert_int_equal(np_script_status(s), NP_ERR_INVALID);
    assert_int_equal(np_talk_add_script(k, s), NP_ERR_INVALID);
    assert_non_null(strstr(np_talk_error(k), "bad.talk:2:1: 'expct' is not a verb"));
    np_script_free(s);
    np_talk_reset(k);
    np_talk_send_line(k, "hello"); /* nobody has said where to */
    expect_end(k, np_talk_run(k), NP_ERR_CLOSED, "reply.closed", "no connection yet");
    np_talk_free(k);
}

static void no_object(void **state)
{
    (void)state;
    np_step step;
    np_line line;
    np_attempt attempt;
    np_certificate cert;
    np_talk_info info;
    size_t n = 1;
    assert_null(np_talk_new(NULL));
    np_talk_free(NULL);
    np_script_free(NULL);
    np_status (*const verbs[])(np_talk *) = {np_talk_start,  np_talk_run,    np_talk_pause,
                                             np_talk_resume, np_talk_cancel, np_talk_clear,
                                             np_talk_reset,  np_talk_close,  np_talk_start_tls};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        assert_int_equal(verbs[i](NULL), NP_ERR_NOMEM);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        assert_int_equal(set_as(NULL, refusals[i].name, refusals[i].value), NP_ERR_NOMEM);
    assert_int_equal(np_talk_set_events(NULL, 1), NP_ERR_NOMEM);
    assert_int_equal(np_talk_set_user(NULL, &n), NP_ERR_NOMEM);
    assert_int_equal(np_talk_add_script(NULL, NULL), NP_ERR_NOMEM);
    assert_int_equal(np_talk_send_bytes(NULL, "x", 1), NP_ERR_NOMEM);
    assert_int_equal(np_talk_write(NULL, "x", 1), NP_ERR_NOMEM);
    assert_int_equal(np_talk_read(NULL, &step, 1, &n), NP_ERR_NOMEM);
    assert_int_equal(n, 0);
    assert_int_equal(np_talk_get_step(NULL, 0, &step, sizeof step), NP_ERR_NOMEM);
    assert_int_equal(np_talk_get_line(NULL, 0, &line, sizeof line), NP_ERR_NOMEM);
    assert_int_equal(np_talk_get_attempt(NULL, 0, &attempt, sizeof attempt), NP_ERR_NOMEM);
    assert_int_equal(np_talk_get_certificate(NULL, 0, &cert, sizeof cert), NP_ERR_NOMEM);
    assert_int_equal(np_talk_get_info(NULL, &info, sizeof info), NP_ERR_NOMEM);
    assert_int_equal(np_talk_step_count(NULL) + np_talk_line_count(NULL) +
                         np_talk_attempt_count(NULL) + np_talk_certificate_count(NULL) +
                         np_talk_fault_count(NULL) + np_talk_header_count(NULL) +
                         np_talk_has_feature(NULL, "SIZE"),
                     0);
    assert_string_equal(np_talk_fault(NULL, 0), "");
    assert_string_equal(np_talk_header(NULL, 0), "");
    assert_string_equal(np_talk_keylog(NULL), "");
    assert_string_equal(np_talk_reply(NULL, &n), "");
    assert_string_equal(np_talk_body(NULL, NULL), "");
    assert_null(np_talk_json(NULL));
    assert_non_null(strstr(np_talk_error(NULL), "no object"));
}

/* ---- structs of programs that are older, and younger ----------------------------------------- */

/* All sizes from none to more than there is: what fits is written, and what is beyond is zero. */
#define EVERY_SIZE(type, call)                                                                     \
    do {                                                                                           \
        union {                                                                                    \
            type whole;                                                                            \
            unsigned char octets[sizeof(type) + 24];                                               \
        } want, out;                                                                               \
        size_t out_size = sizeof(type);                                                            \
        memset(&want, 0, sizeof want);                                                             \
        memset(&out, 0x5a, sizeof out);                                                            \
        assert_int_equal(call, NP_OK);                                                             \
        memcpy(&want, &out, sizeof(type));                                                         \
        for (out_size = 0; out_size <= sizeof out.octets; out_size++) {                            \
            memset(&out, 0x5a, sizeof out);                                                        \
            assert_int_equal(call, NP_OK);                                                         \
            assert_memory_equal(out.octets, want.octets, out_size);                                \
            for (size_t i_ = out_size; i_ < sizeof out.octets; i_++)                               \
                assert_int_equal(out.octets[i_], 0x5a);                                            \
        }                                                                                          \
    } while (0)

static void sizes_of_structs(void **state)
{
    (void)state;
    peer p = peer_start("127.0.0.1", 0, peer_mail, 0);
    np_talk *k = talk_by(ctx, &p, mail_script);
    assert_int_equal(np_talk_run(k), NP_OK);
    EVERY_SIZE(np_step, np_talk_get_step(k, 1, &out.whole, out_size));
    EVERY_SIZE(np_line, np_talk_get_line(k, 1, &out.whole, out_size));
    EVERY_SIZE(np_attempt, np_talk_get_attempt(k, 0, &out.whole, out_size));
    EVERY_SIZE(np_talk_info, np_talk_get_info(k, &out.whole, out_size));
    if (peer_has_tls())
        EVERY_SIZE(np_certificate, np_talk_get_certificate(k, 0, &out.whole, out_size));
    assert_int_equal(np_talk_get_step(k, 0, NULL, 0), NP_ERR_INVALID);
    assert_int_equal(np_talk_get_line(k, 0, NULL, 0), NP_ERR_INVALID);
    assert_int_equal(np_talk_get_attempt(k, 0, NULL, 0), NP_ERR_INVALID);
    assert_int_equal(np_talk_get_certificate(k, 0, NULL, 0), NP_ERR_INVALID);
    assert_int_equal(np_talk_get_info(k, NULL, 0), NP_ERR_INVALID);
    np_talk_free(k);
    peer_stop(&p);
}

static void beyond_the_counts(void **state)
{
    (void)state;
    np_step step = {.line = 9};
    np_line line = {.step = 9};
    np_attempt attempt = {.port = 9};
    np_certificate cert = {.days_left = 9};
    peer p = peer_start("127.0.0.1", 0, peer_mail, 0);
    np_talk *k = talk_by(ctx, &p, mail_script);
    assert_int_equal(np_talk_run(k), NP_OK);
    const int counts[] = {np_talk_step_count(k), np_talk_line_count(k), np_talk_attempt_count(k),
                          np_talk_certificate_count(k)};
    for (int below = 0; below <= 1; below++) {
        int at[4];
        for (int i = 0; i < 4; i++)
            at[i] = below ? -1 : counts[i];
        assert_int_equal(np_talk_get_step(k, at[0], &step, sizeof step), NP_ERR_RANGE);
        assert_int_equal(np_talk_get_line(k, at[1], &line, sizeof line), NP_ERR_RANGE);
        assert_int_equal(np_talk_get_attempt(k, at[2], &attempt, sizeof attempt), NP_ERR_RANGE);
        assert_int_equal(np_talk_get_certificate(k, at[3], &cert, sizeof cert), NP_ERR_RANGE);
        assert_int_equal(step.line + line.step + attempt.port + (int)cert.days_left, 0);
        assert_string_equal(np_talk_fault(k, below ? -1 : 99), "");
        assert_string_equal(np_talk_header(k, below ? -1 : 99), "");
    }
    assert_int_equal(np_talk_has_feature(k, NULL), 0);
    np_talk_free(k);
    peer_stop(&p);
}

/* ---- the document ---------------------------------------------------------------------------- */

static void page(wire *w)
{
    char line[256];
    while (peer_hear(w, line, sizeof line) && line[0])
        ;
    peer_say(w, "HTTP/1.1 200 OK\r\nX-Odd: \"\\\033[31m\303\244\377\r\n"
                "Content-Length: 3\r\n\r\nabc");
    peer_rest(w);
}

static void documents(void **state)
{
    (void)state;
    np_talk *k = np_talk_new(ctx);
    keep_document(k, "idle");
    np_talk_free(k);
    peer p = peer_start("127.0.0.1", 0, page, 0);
    k = talk_by(ctx, &p,
                "protocol http\nneed token\nconnect ${host}:${port}\n"
                "header X-Token: ${token}\nget /a\nexpect 200\n");
    np_talk_set_secret(k, "token", "s3cr3t\"quoted");
    expect_end(k, np_talk_run(k), NP_OK, "", "");
    assert_string_equal(np_talk_header(k, 0), "X-Odd: \"\\\\\\x1b[31m\303\244\\xff");
    keep_document(k, "http");
    assert_null(strstr(np_talk_json(k), "s3cr3t"));
    np_talk_free(k);
    peer_stop(&p);
    p = peer_start("127.0.0.1", 0, peer_mail, 0);
    k = talk_by(ctx, &p,
                "protocol smtp\nconnect ${host}:${port}\nexpect 220\nwarn code is 554\n"
                "send FROB\nexpect 250\n");
    assert_int_equal(np_talk_run(k), NP_ERR_EXPECTATION);
    keep_document(k, "unmet");
    np_talk_free(k);
    peer_stop(&p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_while_it_runs),
        cmocka_unit_test(much_goes_both_ways),
        cmocka_unit_test(written_before_it_is_connected),
        cmocka_unit_test(steps_wait_for_what_was_written),
        cmocka_unit_test(readable_is_told_once),
        cmocka_unit_test(bodies_are_read_in_parts),
        cmocka_unit_test(keys_only_when_asked),
        cmocka_unit_test(errors_latch),
        cmocka_unit_test(refused_without_a_text),
        cmocka_unit_test(no_object),
        cmocka_unit_test(sizes_of_structs),
        cmocka_unit_test(beyond_the_counts),
        cmocka_unit_test(documents),
    };
    folder = argc > 1 ? argv[1] : "/tmp";
    signal(SIGPIPE, SIG_DFL); /* whatever started us: one of them would end this process */
    peer_tls_up();
    ctx = np_context_new();
    int status = RUN(tests);
    np_context_free(ctx);
    peer_tls_down();
    return status;
}
