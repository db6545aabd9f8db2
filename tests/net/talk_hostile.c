/* SPDX-License-Identifier: MIT */
/*
 * Peers that mean no good, in each protocol, in clear, in TLS and behind STARTTLS; what must be so
 * of each is in hostile.h.
 */
#include "hostile.h"

enum { BIG = 8 << 20 };

/* ---- what is spoken -------------------------------------------------------------------------- */

typedef enum { SMTP, POP3, IMAP, HTTP, RAW, SPEECHES } speech;
typedef enum { CLEAR, TLS, STARTTLS, COATS } coat;

static const char *const speech_names[] = {"smtp", "pop3", "imap", "http", "raw"};
static const char *const coat_names[] = {"clear", "tls", "starttls"};

/* Which play a peer plays, and in what. */
#define WITH(speech, coat, play) ((long)(play)*100 + (long)(coat)*10 + (long)(speech))

static speech speech_of(const wire *w)
{
    return (speech)(w->with % 10);
}

static coat coat_of(const wire *w)
{
    return (coat)(w->with / 10 % 10);
}

static bool possible(speech s, coat c)
{
    return (c == CLEAR || peer_has_tls()) && !(c == STARTTLS && s >= HTTP);
}

static const char *const greetings[] = {"220 x\r\n", "+OK x\r\n", "* OK x\r\n", "", ""};

/* The peer's side of it: up to where the client has asked for something. */
static bool enter(wire *w)
{
    char line[256];
    speech s = speech_of(w);
    static const char *const offers[] = {"250-x\r\n250 STARTTLS\r\n", "+OK\r\nSTLS\r\n.\r\n",
                                         "* CAPABILITY STARTTLS\r\na1 OK x\r\n"};
    static const char *const go[] = {"220 go\r\n", "+OK go\r\n", "a2 OK go\r\n"};
    if (coat_of(w) == TLS && !peer_handshake(w))
        return false;
    peer_say(w, greetings[s]);
    if (coat_of(w) == STARTTLS &&
        !(peer_answer(w, offers[s]) && peer_answer(w, go[s]) && peer_handshake(w)))
        return false;
    if (s == RAW)
        return true;
    while (peer_hear(w, line, sizeof line))
        if (s != HTTP || !line[0])
            return true;
    return false;
}

/* The client's side; the time limit is that of what it asks for at last. */
static void put_script(char *out, size_t size, speech s, coat c, const char *timeout)
{
    static const char *const begins[] = {"expect 220\n", "expect +OK\n", "expect OK\n", "", ""};
    static const char *const secured[] = {"send EHLO me.test\nexpect 250\nstarttls\n", "starttls\n",
                                          "starttls\n"};
    static const char *const asks[] = {"send NOOP\nexpect 250\n", "send RETR 1\nexpect +OK\n",
                                       "send NOOP\nexpect OK\n", "get /\nexpect 200\n",
                                       "expect \"good\"\n"};
    snprintf(out, size, "protocol %s\nconnect ${host}:${port}%s\n%s%stimeout %s\n%s",
             speech_names[s], c == TLS ? " tls" : "", begins[s], c == STARTTLS ? secured[s] : "",
             timeout, asks[s]);
}

/* ---- plays ----------------------------------------------------------------------------------- */

static void flood(wire *w, const char *text)
{
    static char data[65536];
    size_t len = strlen(text), n = 0;
    while (n + len <= sizeof data) {
        memcpy(data + n, text, len);
        n += len;
    }
    while (peer_send(w, data, n))
        ;
}

static void drip(wire *w)
{
    static const char octets[] = "2+*H";
    do
        peer_pause(20);
    while (peer_send(w, octets + speech_of(w) % 4, 1));
}

static void endless_line(wire *w)
{
    static const char *const begin[] = {"250 ", "+OK ", "* ", "HTTP/1.1 200 ", ""};
    peer_say(w, begin[speech_of(w)]);
    flood(w, "x");
}

static void endless_reply(wire *w)
{
    static const char *const begin[] = {"", "+OK\r\n", "", "HTTP/1.1 200 OK\r\n", ""};
    static const char *const lines[] = {"250-x\r\n", "x\r\n", "* 1 EXISTS\r\n", "X-Y: z\r\n", "x"};
    peer_say(w, begin[speech_of(w)]);
    flood(w, lines[speech_of(w)]);
}

static void endless_body(wire *w)
{
    static const char *const begin[] = {"250-x\r\n", "+OK\r\n", "* 1 FETCH (BODY[] {999999999}\r\n",
                                        "HTTP/1.1 200 OK\r\n\r\n", ""};
    peer_say(w, begin[speech_of(w)]);
    flood(w, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n");
}

static void endless_interim(wire *w)
{
    static const char *const begin[] = {"250-\r\n", "+OK\r\n", "* OK x\r\n",
                                        "HTTP/1.1 100 Continue\r\n\r\n", "y"};
    flood(w, begin[speech_of(w)]);
}

static const char evil[] = "\0\033[2J\233\177\b\302\233\342\200\256\377\376\\\"\r";

static void garbage(wire *w)
{
    peer_send(w, evil, sizeof evil - 1);
    peer_say(w, "\r\n\r\n");
    peer_rest(w);
}

static void reset_at_once(wire *w)
{
    peer_reset(w);
}

static void ended_at_once(wire *w)
{
    (void)w; /* the process ends, and with it the connection: in TLS without a goodbye */
}

static void half_closed(wire *w)
{
    peer_half(w);
    peer_rest(w);
}

static void goodbye(wire *w)
{
    if (w->ssl)
        peer_goodbye(w);
    peer_half(w);
    peer_rest(w);
}

static void numbers(wire *w)
{
    static const char *const say[] = {"99999999999999999999 x\r\n", "+O\r\n", "* 999999999999 \r\n",
                                      "HTTP/1.1 99999999999999999999 x\r\n\r\n", "-1"};
    peer_say(w, say[speech_of(w)]);
    peer_half(w);
    peer_rest(w);
}

static void lengths(wire *w)
{
    static const char two[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345";
    static const char *const say[] = {"250-x\r\n251 x\r\n", "-ERR\r\n",
                                      "* 1 FETCH (B {99999999999999999999}\r\n", two, "x"};
    peer_say(w, say[speech_of(w)]);
    peer_half(w);
    peer_rest(w);
}

typedef struct hostility {
    const char *what, *timeout;
    peer_play *play;
    const char *names[SPEECHES]; /* how it ends; "tls.truncated" stands where TLS has no goodbye */
    bool is_end;                 /* what is seen is that the stream ends */
} hostility;

static const hostility hostilities[] = {
    {"mute",
     "60ms",
     peer_rest,
     {"reply.timeout", "reply.timeout", "reply.timeout", "reply.timeout", "reply.timeout"},
     false},
    {"an octet at times",
     "90ms",
     drip,
     {"reply.timeout", "reply.timeout", "reply.timeout", "reply.timeout", "reply.unexpected"},
     false},
    {"a line without end",
     "20s",
     endless_line,
     {"limit.line", "limit.line", "limit.line", "limit.headers", "limit.body"},
     false},
    {"a reply without end",
     "20s",
     endless_reply,
     {"limit.reply", "limit.body", "limit.reply", "limit.headers", "limit.body"},
     false},
    {"a body without end",
     "20s",
     endless_body,
     {"reply.malformed", "limit.body", "limit.body", "limit.body", "limit.body"},
     false},
    {"what precedes an answer without end",
     "20s",
     endless_interim,
     {"limit.reply", "limit.body", "limit.reply", "limit.reply", "limit.body"},
     false},
    {"garbage",
     "200ms",
     garbage,
     {"reply.malformed", "reply.malformed", "reply.malformed", "http.not-http", "reply.unexpected"},
     false},
    {"reset",
     "20s",
     reset_at_once,
     {"reply.closed", "reply.closed", "reply.closed", "reply.closed", "reply.closed"},
     true},
    {"ended",
     "20s",
     ended_at_once,
     {"reply.closed", "reply.closed", "reply.closed", "reply.closed", "reply.closed"},
     true},
    {"half closed",
     "20s",
     half_closed,
     {"reply.closed", "reply.closed", "reply.closed", "reply.closed", "reply.closed"},
     true},
    {"goodbye",
     "20s",
     goodbye,
     {"reply.closed", "reply.closed", "reply.closed", "reply.closed", "reply.closed"},
     false},
    {"numbers",
     "20s",
     numbers,
     {"reply.malformed", "reply.malformed", "", "http.bad-status", ""},
     false},
    {"lengths",
     "20s",
     lengths,
     {"reply.malformed", "reply.unexpected", "", "http.ambiguous-length", ""},
     false},
};

enum { HOSTILITIES = sizeof hostilities / sizeof *hostilities };

static void play_any(wire *w)
{
    if (enter(w))
        hostilities[w->with / 100].play(w);
}

static void each_play(coat c)
{
    for (int s = 0; s < SPEECHES; s++)
        for (int h = 0; possible((speech)s, c) && h < HOSTILITIES; h++) {
            const hostility *o = &hostilities[h];
            char script[400], what[200];
            put_script(script, sizeof script, (speech)s, c, o->timeout);
            snprintf(what, sizeof what, "%s, %s, %s", speech_names[s], coat_names[c], o->what);
            peer p = peer_start("127.0.0.1", 0, play_any, WITH(s, c, h));
            outcome got = outcome_of(&p, script, "20s", NULL);
            peer_stop(&p);
            const char *name = o->is_end && c != CLEAR ? "tls.truncated" : o->names[s];
            if (strcmp(got.name, name) != 0 && name[0])
                fail_msg("%s: %s, %s: %s", what, np_status_name(got.status), got.name,
                         got.sentence);
            assert_true(got.status < 0 && got.name[0] && got.sentence[0]);
        }
}

static void in_clear(void **state)
{
    (void)state;
    each_play(CLEAR);
}

static void in_tls(void **state)
{
    (void)state;
    SKIP_WITHOUT_TLS();
    each_play(TLS);
}

static void behind_starttls(void **state)
{
    (void)state;
    SKIP_WITHOUT_TLS();
    each_play(STARTTLS);
}

/* ---- banners --------------------------------------------------------------------------------- */

static void banner(wire *w)
{
    static const char *const text[] = {"220-x\r\n", "+OK x", "* OK x", "220-\r\n"};
    if (coat_of(w) == TLS && !peer_handshake(w))
        return;
    flood(w, text[speech_of(w)]);
}

static void banners(void **state)
{
    (void)state;
    static const char *const names[] = {"limit.reply", "limit.line", "limit.line"};
    for (int c = CLEAR; c <= (peer_has_tls() ? TLS : CLEAR); c++)
        for (int s = SMTP; s <= IMAP; s++) {
            char script[400];
            put_script(script, sizeof script, (speech)s, (coat)c, "20s");
            peer p = peer_start("127.0.0.1", 0, banner, WITH(s, c, 0));
            outcome got = outcome_of(&p, script, "20s", NULL);
            expect_outcome(&got, NP_ERR_LIMIT, names[s], speech_names[s]);
            peer_stop(&p);
        }
}

/* ---- cut at each octet ----------------------------------------------------------------------- */

static const char *const good[] = {"250-one\r\n250 two\r\n", "+OK\r\none\r\n.\r\n",
                                   "* 1 EXISTS\r\na1 OK done\r\n",
                                   "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "good"};

static const char *good_in(coat c, speech s)
{
    return s == IMAP && c == STARTTLS ? "* 1 EXISTS\r\na3 OK done\r\n" : good[s];
}

enum { BY_END, BY_RESET, BY_GOODBYE, WAYS };

static void cut(wire *w)
{
    const char *text = good_in(coat_of(w), speech_of(w));
    size_t at = (size_t)w->with / 1000;
    long way = w->with / 100 % 10;
    if (!enter(w))
        return;
    peer_send(w, text, at);
    if (way == BY_RESET) {
        peer_pause(at == strlen(text) ? 100 : 0); /* octets that it overtakes are gone */
        peer_reset(w);
        return;
    }
    if (way == BY_GOODBYE && w->ssl)
        peer_goodbye(w);
    peer_half(w);
    peer_rest(w);
}

static void cut_at(speech s, coat c, int way, size_t at)
{
    char script[400], what[100];
    put_script(script, sizeof script, s, c, "20s");
    peer p = peer_start("127.0.0.1", 0, cut, (long)at * 1000 + way * 100 + c * 10 + s);
    outcome got = outcome_of(&p, script, "20s", NULL);
    peer_stop(&p);
    snprintf(what, sizeof what, "%s, %s, way %d, %zu octets", speech_names[s], coat_names[c], way,
             at);
    if (at == strlen(good_in(c, s))) {
        expect_outcome(&got, NP_OK, "", what);
        return;
    }
    bool cut_off = c != CLEAR && way != BY_GOODBYE;
    bool body = s == HTTP && at >= strlen(good[s]) - 3;
    if (cut_off)
        expect_outcome(&got, NP_ERR_TLS, "tls.truncated", what);
    else if (s == RAW && at > 0)
        expect_outcome(&got, NP_ERR_EXPECTATION, "reply.unexpected", what);
    else if (body)
        expect_outcome(&got, NP_ERR_PROTOCOL, "http.truncated", what);
    else
        expect_outcome(&got, NP_ERR_CLOSED, "reply.closed", what);
}

static void cut_at_each_octet(void **state)
{
    (void)state;
    for (int c = CLEAR; c < COATS; c++)
        for (int s = 0; s < SPEECHES; s++)
            for (int way = BY_END; possible((speech)s, (coat)c) && way < WAYS; way++) {
                size_t len = strlen(good_in((coat)c, (speech)s));
                size_t pace = c == CLEAR ? 1 : 5;
                for (size_t at = 0; at < len; at += pace)
                    cut_at((speech)s, (coat)c, way, at);
                cut_at((speech)s, (coat)c, way, len);
            }
}

/* ---- who does not take what is sent ---------------------------------------------------------- */

static char *big_data(void)
{
    static char *data;
    if (!data)
        data = memset(malloc(BIG), 'x', BIG);
    return data;
}

static void send_much(np_talk *k)
{
    assert_int_equal(np_talk_send_bytes(k, big_data(), BIG), NP_OK);
}

static void send_and_wait(np_talk *k)
{
    send_much(k);
    assert_int_equal(np_talk_expect_code(k, "good"), NP_OK);
}

static void dressed(wire *w, peer_play *play)
{
    if (coat_of(w) == CLEAR || peer_handshake(w))
        play(w);
}

static void half_and_still(wire *w)
{
    if (w->ssl)
        peer_goodbye(w);
    peer_half(w);
    peer_still();
}

/* After its goodbye it goes on, and reads nothing. */
static void goodbye_and_more(wire *w)
{
    if (w->ssl) {
        peer_goodbye(w);
        w->ssl = NULL;
        peer_say(w, "more");
    }
    peer_still();
}

static void flood_only(wire *w)
{
    flood(w, "250-x\r\n");
    peer_still();
}

static void read_some_and_end(wire *w)
{
    char data[1000];
    peer_read(w, data, sizeof data);
}

static const struct {
    peer_play *play;
    const char *timeout;
    np_status status;
    const char *name;
    const char *protocol;
} takers[] = {
    {hostile_still, "250ms", NP_ERR_TIMEOUT, "reply.timeout", "raw"},
    {half_and_still, "250ms", NP_ERR_TIMEOUT, "reply.timeout", "raw"},
    {goodbye_and_more, "250ms", NP_ERR_TIMEOUT, "reply.timeout", "raw"},
    {flood_only, "20s", NP_ERR_LIMIT, "limit.body", "raw"},
    {flood_only, "50ms", NP_ERR_TIMEOUT, "reply.timeout", "smtp"},
    {hostile_reset, "20s", NP_ERR_CLOSED, "connect.reset", "raw"},
    {read_some_and_end, "20s", NP_ERR_CLOSED, "connect.reset", "raw"},
};

static void play_taker(wire *w)
{
    dressed(w, takers[w->with / 100].play);
}

static void what_is_sent_is_not_taken(void **state)
{
    (void)state;
    for (int c = CLEAR; c <= (peer_has_tls() ? TLS : CLEAR); c++)
        for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
            char script[200], what[60];
            snprintf(script, sizeof script, "protocol %s\nconnect ${host}:${port}%s\ntimeout %s\n",
                     takers[i].protocol, c == TLS ? " tls" : "", takers[i].timeout);
            peer p = peer_start("127.0.0.1", 0, play_taker, WITH(RAW, c, i));
            outcome got = outcome_of(&p, script, "20s", send_and_wait);
            peer_stop(&p);
            snprintf(what, sizeof what, "taker %zu, %s", i, coat_names[c]);
            if (strcmp(got.name, "tls.truncated") == 0 && takers[i].status == NP_ERR_CLOSED)
                continue; /* in TLS it depends on what is noticed first */
            expect_outcome(&got, takers[i].status, takers[i].name, what);
        }
}

/* ---- a goodbye that nobody hears ----------------------------------------------------------- */

static void answer_and_reset(wire *w)
{
    char line[100];
    if (w->with == TLS && !peer_handshake(w))
        return;
    peer_hear(w, line, sizeof line);
    peer_say(w, "220 x\r\n");
    peer_pause(50);
    peer_reset(w);
}

/* It is none the worse. */
static void closed_after_a_reset(void **state)
{
    (void)state;
    np_context *ctx = np_context_new();
    for (int c = CLEAR; c <= (peer_has_tls() ? TLS : CLEAR); c++) {
        peer p = peer_start("127.0.0.1", 0, answer_and_reset, c);
        np_talk *k = talk_with(ctx, c == TLS ? "smtps" : "smtp", &p);
        np_talk_send_line(k, "HELO x");
        np_talk_expect_code(k, "220");
        expect_end(k, np_talk_run(k), NP_OK, "", "");
        peer_pause(150);
        np_talk_close(k);
        expect_end(k, np_talk_run(k), NP_OK, "", "");
        np_talk_free(k);
        peer_stop(&p);
    }
    np_context_free(ctx);
}

/* ---- replies that are good, and look bad ----------------------------------------------------- */

static void say_evil(wire *w)
{
    static const char *const begin[] = {"250-", "+OK ", "* OK ",
                                        "HTTP/1.1 200 OK\r\nX-Y: ", "good"};
    static const char *const end[] = {"\r\n250 x\r\n", "\r\n.\r\n", "\r\na1 OK x\r\n",
                                      "\r\nContent-Length: 0\r\n\r\n", ""};
    speech s = speech_of(w);
    if (coat_of(w) == STARTTLS || !enter(w))
        return;
    peer_say(w, begin[s]);
    peer_send(w, evil + (s == HTTP), sizeof evil - 2 - (s == HTTP)); /* NUL and CR: see http.* */
    peer_say(w, end[s]);
    peer_rest(w);
}

static void shown_and_harmless(void **state)
{
    (void)state;
    for (int c = CLEAR; c <= (peer_has_tls() ? TLS : CLEAR); c++)
        for (int s = 0; s < SPEECHES; s++) {
            char script[400];
            put_script(script, sizeof script, (speech)s, (coat)c, "20s");
            peer p = peer_start("127.0.0.1", 0, say_evil, WITH(s, c, 0));
            outcome got = outcome_of(&p, script, "20s", NULL);
            expect_outcome(&got, NP_OK, "", speech_names[s]);
            peer_stop(&p);
        }
}

/* ---- as much as is allowed ------------------------------------------------------------------- */

enum { HUGE_BODY = 70 << 20 };

static void huge(wire *w)
{
    static char data[1 << 20];
    char line[256];
    while (peer_hear(w, line, sizeof line) && line[0])
        ;
    snprintf(line, sizeof line, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", HUGE_BODY);
    peer_say(w, line);
    for (int i = 0; i < HUGE_BODY / (1 << 20); i++)
        peer_send(w, data, sizeof data);
    peer_rest(w);
}

/* What the options allow comes whole, or not at all: never a part that looks like all. */
static void bodies_are_whole(void **state)
{
    (void)state;
    size_t len;
    peer p = peer_start("127.0.0.1", 0, huge, 0);
    np_context *ctx = np_context_new();
    np_talk *k = talk_by(ctx, &p, "protocol http\nconnect ${host}:${port}\nget /\nexpect 200\n");
    np_talk_set(k, "max-body", "104857600");
    expect_end(k, np_talk_run(k), NP_OK, "", "");
    np_talk_body(k, &len);
    assert_int_equal(len, HUGE_BODY);
    np_talk_free(k);
    np_context_free(ctx);
    peer_stop(&p);
}

enum { MAILS = 3 };

/* Octets that take four each to be shown: more than a transcript has room for. */
static void mails(wire *w)
{
    static char data[BIG - 100];
    char line[100];
    memset(data, 1, sizeof data);
    peer_say(w, "+OK x\r\n");
    while (peer_hear(w, line, sizeof line)) {
        peer_say(w, "+OK x\r\n");
        peer_send(w, data, sizeof data);
        peer_say(w, "\r\n.\r\n");
    }
}

static void more_than_a_transcript_holds(void **state)
{
    (void)state;
    size_t all = 0;
    peer p = peer_start("127.0.0.1", 0, mails, 0);
    np_context *ctx = np_context_new();
    np_talk *k = talk_with(ctx, "pop3", &p);
    np_talk_expect_code(k, "+OK");
    for (int i = 0; i < MAILS; i++) {
        np_talk_send_line(k, "RETR 1");
        np_talk_expect_code(k, "+OK");
    }
    expect_end(k, np_talk_run(k), NP_OK, "", "");
    for (int i = 0; i < np_talk_line_count(k); i++) {
        np_line l;
        assert_int_equal(np_talk_get_line(k, i, &l, sizeof l), NP_OK);
        assert_int_equal(l.text_len, strlen(l.text));
        all += l.text_len;
    }
    assert_true(all > 60 << 20 && all < 65 << 20);
    assert_non_null(np_talk_json(k));
    np_talk_free(k);
    np_context_free(ctx);
    peer_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_clear),
        cmocka_unit_test(in_tls),
        cmocka_unit_test(behind_starttls),
        cmocka_unit_test(banners),
        cmocka_unit_test(cut_at_each_octet),
        cmocka_unit_test(what_is_sent_is_not_taken),
        cmocka_unit_test(closed_after_a_reset),
        cmocka_unit_test(shown_and_harmless),
        cmocka_unit_test(bodies_are_whole),
        cmocka_unit_test(more_than_a_transcript_holds),
    };
    signal(SIGPIPE, SIG_DFL); /* whatever started us: one of them would end this process */
    peer_tls_up();
    int status = RUN(tests);
    free(big_data());
    peer_tls_down();
    return status;
}
