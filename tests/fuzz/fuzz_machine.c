/* SPDX-License-Identifier: MIT */
/*
 * A server that says what the input says, turn by turn, to a whole conversation. It always comes to
 * an end; the same transcript comes of it however the octets of a turn are cut, when the server
 * spoke in its turn; no secret is shown, and none is said in clear or to another host; no control
 * octet is shown; memory that fails does no harm.
 * Input: script, options, seed, then records: a length and so many octets, or what else happens.
 */
#include "../failmem.h"
#include "../unit/stage.h"
#include "fuzz.h"

enum { TIME_PASSES = 251, STREAM_ENDS, STREAM_IS_CUT, ACTS_MAX = 4000 };

#define LOGIN       "need pass\nsecret pass\n"
#define TRANSACTION "send MAIL FROM:<a>\nexpect 250\nmessage <<E\n.a\nE\nexpect 250\nexpect 2xx\n"
#define QUIT        "always\nsend QUIT\nexpect 221\nexpect close\n"

static const struct {
    const char *text;
    bool cuttable; /* raw octets are judged as they come */
} scripts[] = {
    {"protocol smtp\n" LOGIN
     "connect mx\nexpect 220\nsend EHLO ${client}\nexpect 250\nstarttls\nsend "
     "EHLO a\nexpect 250\nif has AUTH CRAM-MD5\nauth cram-md5 u ${pass}\nelse\nauth plain u "
     "${pass}\n"
     "end\n" TRANSACTION QUIT,
     true},
    {"protocol lmtp\n" LOGIN
     "connect mx tls\nexpect 2xx\nsend LHLO ${client}\nexpect 250 \"a\" or 250\n"
     "check enhanced is 2.0.0\noptional\nauth login u ${pass}\nend\n" TRANSACTION QUIT,
     true},
    {"protocol pop3\n" LOGIN
     "connect mx\nexpect +OK\nstarttls\noptional\nauth cram-md5 u ${pass}\nend\n"
     "auth user u ${pass}\nsend LIST\nexpect +OK\nsend RETR 1\nexpect +OK\nwarn size > 10\nsave b "
     "= "
     "body\n" QUIT,
     true},
    {"protocol imap\n" LOGIN
     "connect mx\nexpect OK or PREAUTH\nstarttls\nauth user \303\274 ${pass}\nsend "
     "EXAMINE INBOX\nexpect OK\nsave c = text\nsend X ${c}\nwait OK within 5s\nalways\nsend "
     "LOGOUT\n"
     "expect OK\n",
     true},
    {"protocol http\n" LOGIN
     "connect mx tls\nauth plain u ${pass}\nheader Cookie: ${pass}\nget /a follow "
     "3\nexpect 2xx or 3xx\ncheck body contains \"a\"\nhead /b\nexpect 200\npost /c "
     "<<E\nx\nE\nexpect "
     "201\n",
     true},
    {"protocol http\nconnect mx\nget / follow 2\nexpect 200\nsave l = header Location\nnote "
     "${l}\nget "
     "/\nexpect 200\n",
     true},
    {"protocol line\nconnect mx:1\nexpect \"a\"\nsave x = text\nsend ${x}\nwait \"b\" within "
     "3s\nexpect "
     "close\n",
     true},
    {"protocol raw\n" LOGIN
     "connect mx:1\nexpect hex 00 ?? 01\nread 3\nexpect \"a\" within 2s\nsave x = "
     "text\nsend raw \"${x}\"\nstarttls now\nsend ${pass}\nread end\n",
     false},
#ifdef HAVE_PCRE2
    {"protocol smtp\nconnect mx\nexpect 220 /(?P<who>\\S+)/\nsend EHLO ${who}\nexpect 250 /^SIZE "
     "(\\d*)/i\n"
     "save x from /(.)$/\nsend ${x|url}\nexpect 5xx\nskip ${x}\n" QUIT,
     true},
#endif
};

typedef struct head {
    unsigned script, options, seed;
    const uint8_t *data;
    size_t size;
} head;

/* What came of one way to play the input. */
typedef struct course {
    stage s;
    bool early; /* the server spoke before it was asked */
    unsigned acts;
    npi_buf heard; /* all that the server said */
} course;

static void set_up(const head *in, play *p)
{
    static const npi_reply_limits small = {
        .line = 60, .lines = 5, .reply = 200, .body = 60, .head = 150};
    *p = (play){.script = scripts[in->script].text,
                .lines = "",
                .values = "client=me !pass=hushhush",
                .plaintext = in->options & 2 ? NP_CHOICE_NO : NP_CHOICE_AUTO,
                .loopback = in->options & 4};
    if (in->options & 1)
        p->limits = small;
}

static bool holds_secret(const stage *s, const char *text, size_t len)
{
    for (size_t i = 0; i < s->m.values.form_count; i++) {
        const npi_buf *form = &s->m.values.forms[i].octets;
        for (size_t k = 0; k + form->len <= len; k++)
            if (memcmp(text + k, form->data, form->len) == 0)
                return true;
    }
    return false;
}

static size_t waiting(const npi_machine *m)
{
    return m->replies ? npi_replies_waiting(m->replies) : m->raw.len;
}

/* A password goes by TLS or not at all, and to nobody but the host it is for. */
static void check_sent(const course *c)
{
    const stage *s = &c->s;
    const npi_machine *m = &s->m;
    if (!holds_secret(s, npi_buf_text(&m->out), m->out.len) ||
        holds_secret(s, npi_buf_text(&c->heard), c->heard.len)) /* by whom it is known already */
        return;
    must(m->facts.secure || (s->p->loopback && !(s->p->plaintext == NP_CHOICE_NO)));
    must(strcmp(npi_buf_text(&m->target.host), "mx") == 0);
    must(m->target.port != 443 || m->target.tls);
}

/* One act of the machine; true when it has more to do at once. */
static bool act(course *c, npi_act *what)
{
    stage *s = &c->s;
    npi_machine *m = &s->m;
    *what = npi_machine_next(m, s->now);
    must(++c->acts < ACTS_MAX);
    c->early = c->early || (*what != NPI_ACT_WAIT && waiting(m) > 0);
    switch (*what) {
    case NPI_ACT_CONNECT:
        m->facts.loopback = s->p->loopback;
        npi_machine_connected(m, s->now);
        if (m->target.tls && npi_machine_segment(m))
            npi_machine_secured(m, s->now);
        return true;
    case NPI_ACT_SEND:
        check_sent(c);
        npi_buf_bytes(&s->told, npi_buf_text(&m->out), m->out.len);
        npi_machine_sent(m, s->now);
        return true;
    case NPI_ACT_TLS:
        must(waiting(m) == 0); /* nothing that came in clear is read as if it were not */
        npi_buf_str(&s->told, "TLS");
        npi_machine_secured(m, s->now);
        return true;
    case NPI_ACT_CLOSE:
        npi_machine_closed(m, s->now);
        return true;
    default:
        return false;
    }
}

static npi_act acts(course *c)
{
    npi_act what;
    while (act(c, &what))
        ;
    return what;
}

/* The octets of a turn; what is left of them when the machine goes on is early. */
static npi_act serve(course *c, const uint8_t *data, size_t len)
{
    npi_act what = NPI_ACT_WAIT;
    npi_buf_bytes(&c->heard, data, len);
    c->early = c->early || len > c->s.m.limits.reply; /* more than may wait */
    for (size_t at = 0, n; at < len && what == NPI_ACT_WAIT; at += n) {
        n = stage_piece(&c->s, len - at);
        size_t told = c->s.told.len;
        stage_feed(&c->s, (const char *)data + at, n);
        what = acts(c);
        c->early = c->early || (at + n < len && (c->s.told.len != told || what != NPI_ACT_WAIT));
    }
    return what;
}

static npi_act happen(course *c, npi_reader *r)
{
    stage *s = &c->s;
    unsigned kind = npi_reader_u8(r);
    if (r->failed || kind == STREAM_ENDS || kind == STREAM_IS_CUT || kind > STREAM_IS_CUT) {
        npi_machine_ended(&s->m, kind == STREAM_IS_CUT);
    } else if (kind == TIME_PASSES) {
        s->now = npi_mono_add(s->now, NP_SECOND);
    } else {
        size_t len = kind < npi_reader_left(r) ? kind : npi_reader_left(r);
        return serve(c, npi_reader_take(r, len), len);
    }
    return acts(c);
}

static void check_shown(const stage *s)
{
    const npi_machine *m = &s->m;
    for (size_t i = 0; i < m->texts.len; i++) {
        uint8_t octet = (uint8_t)m->texts.data[i];
        must(octet == 0 || (octet >= ' ' && octet != 0x7f));
    }
    must(!holds_secret(s, npi_buf_text(&m->texts), m->texts.len));
    for (size_t i = 0; i < m->saying_count; i++) {
        const npi_saying *l = &m->sayings[i];
        must(l->text + l->len <= m->texts.len && l->octets + l->octets_len <= m->octets.len);
        if (l->octets_len > 0)
            must(!holds_secret(s, m->octets.data + l->octets, l->octets_len));
    }
    must(!holds_secret(s, npi_buf_text(&s->end), s->end.len));
}

static void run_course(course *c, const head *in, const play *p, const staging *how)
{
    stage *s = &c->s;
    npi_reader r = npi_reader_over(in->data, in->size);
    c->early = false;
    c->acts = 0;
    stage_begin(s, p, how);
    c->heard = npi_buf_grow(&s->libc, STAGE_TEXT_MAX);
    if (!stage_set(s))
        return;
    npi_machine_begin(&s->m, s->now);
    npi_machine_check(&s->m);
    for (npi_act what = acts(c); what == NPI_ACT_WAIT;) {
        bool at_end = s->m.ended;
        if (at_end) /* nothing but time is left */
            s->now = npi_mono_min(s->m.until, s->m.over);
        what = at_end ? acts(c) : happen(c, &r);
    }
    stage_tell(s);
    stage_tell_end(s);
    check_shown(s);
}

static void end_course(course *c)
{
    npi_buf_free(&c->heard);
    stage_free(&c->s);
}

static bool same(const npi_buf *a, const npi_buf *b)
{
    return a->len == b->len && memcmp(npi_buf_text(a), npi_buf_text(b), a->len) == 0;
}

/* With less memory the client says the same, up to where it gives up. */
static void fail_once(const head *in, const play *p, const course *whole)
{
    failmem f = {.fail_at = 1 + in->seed * 2};
    npi_mem mem = failmem_allocator(&f);
    course c;
    run_course(&c, in, p, &(staging){.mem = &mem});
    must(c.s.told.len <= whole->s.told.len);
    must(memcmp(npi_buf_text(&c.s.told), npi_buf_text(&whole->s.told), c.s.told.len) == 0);
    must(f.failed > 0 || same(&c.s.story, &whole->s.story));
    end_course(&c);
    must(f.live == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npi_reader r = npi_reader_over(data, size);
    head in = {npi_reader_u8(&r) % (sizeof scripts / sizeof *scripts), npi_reader_u8(&r),
               npi_reader_u8(&r), NULL, 0};
    course whole, cut;
    play p;
    if (r.failed)
        return 0;
    in.data = r.at;
    in.size = npi_reader_left(&r);
    set_up(&in, &p);
    run_course(&whole, &in, &p, &(staging){0});
    for (unsigned way = 1; way < 3; way++) {
        run_course(&cut, &in, &p, &(staging){.pieces = way == 1 ? 1 : in.seed | 2});
        if (scripts[in.script].cuttable && !whole.early && !cut.early)
            must(same(&whole.s.story, &cut.s.story) && same(&whole.s.end, &cut.s.end) &&
                 same(&whole.s.told, &cut.s.told));
        end_course(&cut);
    }
    fail_once(&in, &p, &whole);
    end_course(&whole);
    return 0;
}
