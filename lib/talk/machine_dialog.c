/* SPDX-License-Identifier: MIT */
/*
 * Decides how the short exchanges go that starttls and auth stand for. Nothing falls back to clear
 * text, and no password goes without TLS unasked.
 */
#include <string.h>

#include "talk/digest.h"
#include "talk/machine.h"

enum { FILLED_MAX = 8 << 20 };

/* ---- short exchanges ----------------------------------------------------------------------- */

static void dialog_begin(npi_machine *m)
{
    npi_dialog *d = &m->dialog;
    for (int i = 0; i < NPI_DIALOG; i++) {
        if (!d->lines[i].mem)
            d->lines[i] = npi_buf_grow(&m->mem, FILLED_MAX);
        npi_buf_clear(&d->lines[i]);
        d->shown[i][0] = '\0';
    }
    d->count = d->at = 0;
    d->asked = d->cram = false;
}

/* One more line, and the word or code that its answer must have. `shown` NULL: as it is. */
static npi_buf *dialog_line(npi_machine *m, const char *wanted, const char *shown)
{
    npi_dialog *d = &m->dialog;
    npi_buf b = npi_buf_in(d->shown[d->count], sizeof d->shown[d->count]);
    npi_buf_str(&b, shown);
    d->wanted[d->count] = wanted;
    return &d->lines[d->count++];
}

/* Whether all lines could be made: half an exchange must not be sent. */
static bool dialog_ready(const npi_dialog *d)
{
    for (int i = 0; i < d->count; i++)
        if (d->lines[i].nomem || d->lines[i].cut)
            return false;
    return true;
}

static bool answer_is(const npi_machine *m, const char *wanted)
{
    if (*wanted >= '0' && *wanted <= '9')
        return m->code == (wanted[0] - '0') * 100 + (wanted[1] - '0') * 10 + (wanted[2] - '0');
    return strcmp(m->word, wanted) == 0;
}

/* How a server asks for more of the same command. */
static const char *go_on(const npi_machine *m)
{
    return m->speech == NPI_SPEECH_SMTP || m->speech == NPI_SPEECH_LMTP ? "334" : "+";
}

/* A continuation of IMAP or of SASL is no command: it has no tag and nothing to learn. */
static bool is_command(const npi_machine *m)
{
    const npi_dialog *d = &m->dialog;
    return d->at == 0 || m->speech == NPI_SPEECH_POP3 ||
           strcmp(d->wanted[d->at - 1], go_on(m)) != 0;
}

static npi_outcome dialog_send(npi_machine *m)
{
    npi_dialog *d = &m->dialog;
    npi_buf *line = &d->lines[d->at];
    const char *shown = d->shown[d->at][0] ? d->shown[d->at] : NULL;
    npi_outcome o = NPI_OUTCOME_BROKEN;
    if (!npi_machine_can_send(m, &o))
        return o;
    d->asked = true;
    if (is_command(m))
        return npi_machine_send_line(m, npi_buf_text(line), line->len, shown);
    npi_buf_str(line, "\r\n");
    if (line->nomem || line->cut)
        return npi_machine_no_memory(m);
    return npi_machine_send(m, &(npi_sent){.octets = npi_buf_text(line),
                                           .len = line->len,
                                           .text = npi_buf_text(line),
                                           .text_len = line->len,
                                           .safe = shown});
}

static npi_outcome answer_challenge(npi_machine *m, npi_buf *line)
{
    switch (npi_cram_answer(line, &m->text)) {
    case NP_OK:
        return NPI_OUTCOME_DONE;
    case NP_ERR_PROTOCOL:
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_PROTOCOL, "reply.malformed",
                                   "the challenge of the server is no base64");
    case NP_ERR_UNSUPPORTED:
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_UNSUPPORTED, "unsupported",
                                   "CRAM-MD5 needs OpenSSL with MD5");
    default:
        return npi_machine_no_memory(m);
    }
}

/* Say one line, or judge its answer: DONE, or UNMET with the reply that was another. */
static npi_outcome dialog_turn(npi_machine *m, npi_mono now, const char *problem)
{
    npi_dialog *d = &m->dialog;
    char got[600];
    if (!d->asked)
        return dialog_send(m);
    npi_outcome o = npi_machine_reply(m, now);
    if (o != NPI_OUTCOME_DONE)
        return o;
    if (!answer_is(m, d->wanted[d->at])) {
        npi_buf b = npi_buf_in(got, sizeof got);
        npi_machine_put_reply(m, &b);
        /* Asked for more than we have to say, it waits for us: no goodbye would be understood. */
        bool waits = answer_is(m, go_on(m));
        return npi_machine_problem(m, waits ? NPI_OUTCOME_BROKEN : NPI_OUTCOME_UNMET,
                                   NP_ERR_EXPECTATION, problem, "the server refused: %s", got);
    }
    d->at++;
    d->asked = false;
    return d->cram && d->at < d->count ? answer_challenge(m, &d->lines[d->at]) : NPI_OUTCOME_DONE;
}

/* DONE when all lines have had their answers. */
static npi_outcome dialog_run(npi_machine *m, npi_mono now, const char *problem)
{
    npi_outcome o = NPI_OUTCOME_DONE;
    while (o == NPI_OUTCOME_DONE && m->dialog.at < m->dialog.count)
        o = dialog_turn(m, now, problem);
    return o;
}

/* ---- starttls ------------------------------------------------------------------------------ */

static const char *tls_word(const npi_machine *m)
{
    return m->speech == NPI_SPEECH_POP3 ? "STLS" : "STARTTLS";
}

static const char *good_word(const npi_machine *m, const char *code)
{
    return m->speech == NPI_SPEECH_POP3 ? "+OK" : m->speech == NPI_SPEECH_IMAP ? "OK" : code;
}

/* Octets that came before the handshake are in clear, whoever sent them. */
static npi_outcome refuse_leftovers(npi_machine *m)
{
    size_t left = m->replies ? npi_replies_waiting(m->replies) : m->raw.len;
    if (left == 0)
        return NPI_OUTCOME_TLS;
    return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_TLS, "starttls.injected",
                               "%zu octets came in clear before the handshake: somebody has put "
                               "them there",
                               left);
}

/* Ask for TLS, and before that, where it is not known yet, whether it is offered. */
static bool prepare_starttls(npi_machine *m)
{
    bool known = npi_features_count(m->features) > 0;
    bool asks = m->speech == NPI_SPEECH_POP3 || m->speech == NPI_SPEECH_IMAP;
    dialog_begin(m);
    if (!known && asks && npi_machine_step(m)->option == NPI_STARTTLS_OFFERED)
        npi_buf_str(dialog_line(m, good_word(m, ""), NULL),
                    m->speech == NPI_SPEECH_POP3 ? "CAPA" : "CAPABILITY");
    npi_buf_str(dialog_line(m, good_word(m, "220"), NULL), tls_word(m));
    return dialog_ready(&m->dialog);
}

static npi_outcome ask_for_tls(npi_machine *m, npi_mono now)
{
    npi_dialog *d = &m->dialog;
    npi_outcome o = NPI_OUTCOME_DONE;
    while (o == NPI_OUTCOME_DONE && d->at < d->count) {
        bool asks = d->at + 1 == d->count && !d->asked;
        if (asks && npi_machine_step(m)->option == NPI_STARTTLS_OFFERED &&
            !npi_features_has(m->features, tls_word(m)))
            return npi_machine_problem(m, NPI_OUTCOME_UNMET, NP_ERR_TLS, "starttls.not-offered",
                                       "the server does not offer %s", tls_word(m));
        o = dialog_turn(m, now, "starttls.refused");
    }
    if (o == NPI_OUTCOME_UNMET)
        m->trouble.status = NP_ERR_TLS;
    return o == NPI_OUTCOME_DONE ? refuse_leftovers(m) : o;
}

npi_outcome npi_machine_run_starttls(npi_machine *m, npi_mono now)
{
    npi_outcome o = NPI_OUTCOME_BROKEN;
    bool at_once = npi_machine_step(m)->option == NPI_STARTTLS_NOW;
    if (m->asked)
        return m->facts.secure ? NPI_OUTCOME_DONE : ask_for_tls(m, now);
    if (!npi_machine_can_send(m, &o))
        return o;
    if (m->facts.secure)
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "script.syntax",
                                   "TLS is on already");
    if (!at_once && m->speech == NPI_SPEECH_IMAP && strcmp(m->word, "PREAUTH") == 0)
        return npi_machine_problem(m, NPI_OUTCOME_UNMET, NP_ERR_TLS, "starttls.preauth",
                                   "the server has logged us in already: no STARTTLS is possible");
    m->asked = true;
    if (at_once)
        return refuse_leftovers(m);
    return prepare_starttls(m) ? ask_for_tls(m, now) : npi_machine_no_memory(m);
}

/* ---- auth ---------------------------------------------------------------------------------- */

/* What is said before the octets of a mechanism, and what its last answer must be. */
static const char *auth_verb(const npi_machine *m)
{
    return m->speech == NPI_SPEECH_IMAP ? "AUTHENTICATE" : "AUTH";
}

/* Base64 of `plain`, which is the secret in another coat. */
static bool put_secret(npi_machine *m, npi_buf *line, const npi_buf *plain)
{
    size_t at = line->len;
    if (plain->nomem || plain->cut)
        return false;
    npi_put_base64(line, npi_buf_text(plain), plain->len);
    return !line->nomem && !line->cut &&
           npi_values_add_form(&m->values, line->data + at, line->len - at);
}

static void put_plain(npi_buf *b, const npi_buf *user, const npi_buf *pass)
{
    npi_buf_char(b, '\0');
    npi_buf_bytes(b, npi_buf_text(user), user->len);
    npi_buf_char(b, '\0');
    npi_buf_bytes(b, npi_buf_text(pass), pass->len);
}

static void put_bearer(npi_machine *m, npi_buf *b, const npi_buf *user, const npi_buf *pass,
                       bool oauthbearer)
{
    npi_buf_str(b, oauthbearer ? "n,a=" : "user=");
    npi_buf_bytes(b, npi_buf_text(user), user->len);
    if (oauthbearer) {
        npi_buf_str(b, ",\001host=");
        npi_buf_str(b, npi_buf_text(&m->target.host));
        npi_buf_printf(b, "\001port=%u", m->target.port);
    }
    npi_buf_str(b, "\001auth=Bearer ");
    npi_buf_bytes(b, npi_buf_text(pass), pass->len);
    npi_buf_str(b, "\001\001");
}

/* One message of the client: sent with the command where that is allowed, else when asked. */
static bool one_message(npi_machine *m, const char *name, const npi_buf *message)
{
    bool at_once = m->speech != NPI_SPEECH_IMAP;
    char shown[64];
    npi_buf s = npi_buf_in(shown, sizeof shown);
    npi_buf_printf(&s, "%s %s%s", auth_verb(m), name, at_once ? " <secret>" : "");
    npi_buf *line = dialog_line(m, at_once ? good_word(m, "235") : go_on(m), shown);
    npi_buf_printf(line, "%s %s", auth_verb(m), name);
    if (at_once)
        npi_buf_char(line, ' ');
    else
        line = dialog_line(m, "OK", "<secret>");
    return put_secret(m, line, message);
}

static bool two_messages(npi_machine *m, const npi_buf *user, const npi_buf *pass)
{
    npi_buf_printf(dialog_line(m, go_on(m), NULL), "%s LOGIN", auth_verb(m));
    npi_put_base64(dialog_line(m, go_on(m), NULL), npi_buf_text(user), user->len);
    return put_secret(m, dialog_line(m, good_word(m, "235"), "<secret>"), pass);
}

/* Quoted strings of IMAP hold ASCII. */
static bool fits_quotes(const npi_buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if ((unsigned char)b->data[i] > 0x7f)
            return false;
    return true;
}

/* IMAP's LOGIN, POP3's USER and PASS. */
static bool by_command(npi_machine *m, const npi_buf *user, const npi_buf *pass)
{
    if (m->speech == NPI_SPEECH_POP3) {
        npi_buf *line = dialog_line(m, "+OK", NULL);
        npi_buf_str(line, "USER ");
        npi_buf_bytes(line, npi_buf_text(user), user->len);
        line = dialog_line(m, "+OK", "PASS <secret>");
        npi_buf_str(line, "PASS ");
        npi_buf_bytes(line, npi_buf_text(pass), pass->len);
        return !line->nomem;
    }
    if (fits_quotes(user) && fits_quotes(pass)) {
        npi_buf *line = dialog_line(m, "OK", "LOGIN ... <secret>");
        npi_buf_str(line, "LOGIN ");
        npi_values_put_filtered(line, npi_buf_text(user), user->len, NPI_FILTER_IMAP);
        npi_buf_char(line, ' ');
        npi_values_put_filtered(line, npi_buf_text(pass), pass->len, NPI_FILTER_IMAP);
        return !line->nomem;
    }
    npi_buf_printf(dialog_line(m, "+", NULL), "LOGIN {%zu}",
                   user->len); /* literals, RFC 9051 4.3 */
    npi_buf *line = dialog_line(m, "+", NULL);
    npi_buf_bytes(line, npi_buf_text(user), user->len);
    npi_buf_printf(line, " {%zu}", pass->len);
    line = dialog_line(m, "OK", "<secret>");
    npi_buf_bytes(line, npi_buf_text(pass), pass->len);
    return !line->nomem;
}

/* CRAM-MD5, whose second line is made from the server's challenge. */
static bool by_challenge(npi_machine *m, const npi_buf *user, const npi_buf *pass)
{
    npi_buf_printf(dialog_line(m, go_on(m), NULL), "%s CRAM-MD5", auth_verb(m));
    m->dialog.cram = true;
    return npi_cram_prepare(dialog_line(m, good_word(m, "235"), "<secret>"), user, pass);
}

static bool prepare_auth(npi_machine *m, const npi_buf *user, const npi_buf *pass)
{
    const npi_script_step *step = npi_machine_step(m);
    npi_buf message = npi_buf_grow(&m->mem, FILLED_MAX);
    bool ok = true;
    dialog_begin(m);
    switch ((npi_mechanism)step->option) {
    case NPI_AUTH_PLAIN:
        put_plain(&message, user, pass);
        ok = one_message(m, "PLAIN", &message);
        break;
    case NPI_AUTH_LOGIN:
        ok = two_messages(m, user, pass);
        break;
    case NPI_AUTH_CRAM_MD5:
        ok = by_challenge(m, user, pass);
        break;
    case NPI_AUTH_XOAUTH2:
    case NPI_AUTH_OAUTHBEARER: {
        bool oauthbearer = step->option == NPI_AUTH_OAUTHBEARER;
        put_bearer(m, &message, user, pass, oauthbearer);
        ok = one_message(m, oauthbearer ? "OAUTHBEARER" : "XOAUTH2", &message);
        break;
    }
    case NPI_AUTH_USER:
        ok = by_command(m, user, pass);
        break;
    }
    ok = ok && dialog_ready(&m->dialog);
    npi_buf_free(&message);
    return ok;
}

/* HTTP has no exchange of its own: the next request carries it. */
static bool keep_basic(npi_machine *m, const npi_buf *user, const npi_buf *pass)
{
    npi_buf both = npi_buf_grow(&m->mem, FILLED_MAX);
    npi_buf_bytes(&both, npi_buf_text(user), user->len);
    npi_buf_char(&both, ':');
    npi_buf_bytes(&both, npi_buf_text(pass), pass->len);
    npi_buf_clear(&m->basic);
    bool ok = put_secret(m, &m->basic, &both);
    npi_buf_free(&both);
    return ok;
}

/* A setting that says no counts more than a script that says yes. */
static bool may_send_password(const npi_machine *m)
{
    return m->facts.secure || m->plaintext == NP_CHOICE_YES ||
           (m->plaintext == NP_CHOICE_AUTO && (m->facts.loopback || m->tls.plaintext_ok));
}

npi_outcome npi_machine_run_auth(npi_machine *m, npi_mono now)
{
    const npi_script_step *step = npi_machine_step(m);
    npi_outcome o = NPI_OUTCOME_BROKEN;
    bool http = m->speech == NPI_SPEECH_HTTP;
    if (!may_send_password(m))
        return npi_machine_problem(m, NPI_OUTCOME_BROKEN, NP_ERR_INVALID, "auth.plaintext",
                                   "the password would go in clear: 'starttls' before 'auth', or "
                                   "'tls plaintext ok'");
    if (!m->asked && !http && !npi_machine_can_send(m, &o))
        return o;
    if (!m->asked) {
        npi_buf user = npi_buf_grow(&m->mem, FILLED_MAX), pass = npi_buf_grow(&m->mem, FILLED_MAX);
        bool filled =
            npi_machine_fill(m, step->text, &user) && npi_machine_fill(m, step->more, &pass);
        bool ready = filled && (http ? keep_basic(m, &user, &pass) : prepare_auth(m, &user, &pass));
        npi_buf_free(&user);
        npi_buf_free(&pass);
        if (!ready)
            return filled ? npi_machine_no_memory(m) : NPI_OUTCOME_BROKEN;
        npi_features_clear(m->features); /* what it can do may differ after a login */
        m->asked = true;
    }
    if (http)
        return NPI_OUTCOME_DONE;
    return dialog_run(m, now, "auth.refused");
}
