/* SPDX-License-Identifier: MIT */
/*
 * The JSON document of a conversation, schema netprobe.talk/1, described field by field in
 * netprobe(3). Written from the public results, so that both say the same.
 */
#include "base/json.h"
#include "talk/talk.h"

static const char *state_name(int state)
{
    static const char *const names[] = {"unknown", "ok", "failed", "warned", "unmet", "running"};
    return names[state];
}

static const char *direction_name(int direction)
{
    static const char *const names[] = {"note", "sent", "received"};
    return names[direction];
}

static void put_attempts(npi_json *j, const np_talk *k)
{
    npi_json_array(j, "attempts");
    for (int i = 0; i < np_talk_attempt_count(k); i++) {
        np_attempt a;
        np_talk_get_attempt(k, i, &a, sizeof a);
        npi_json_object(j, NULL);
        npi_json_text(j, "addr", a.addr);
        npi_json_i64(j, "port", a.port);
        npi_json_str(j, "status", np_status_name((np_status)a.status));
        npi_json_known(j, "start_ns", a.start_ns);
        npi_json_known(j, "duration_ns", a.duration_ns);
        npi_json_text(j, "error", a.error);
        npi_json_object_end(j);
    }
    npi_json_array_end(j);
}

static void put_certificate(npi_json *j, const np_certificate *c)
{
    npi_json_object(j, NULL);
    npi_json_str(j, "subject", c->subject);
    npi_json_str(j, "issuer", c->issuer);
    npi_json_str(j, "names", c->names);
    npi_json_str(j, "serial", c->serial);
    npi_json_str(j, "key", c->key);
    npi_json_str(j, "signature", c->signature);
    npi_json_str(j, "sha256", c->sha256);
    npi_json_i64(j, "not_before_ns", c->not_before_ns);
    npi_json_i64(j, "not_after_ns", c->not_after_ns);
    npi_json_i64(j, "days_left", c->days_left);
    npi_json_object_end(j);
}

static void put_tls(npi_json *j, const np_talk *k, const np_talk_info *i)
{
    if (!i->secure && np_talk_certificate_count(k) == 0) {
        npi_json_null(j, "tls");
        return;
    }
    npi_json_object(j, "tls");
    npi_json_text(j, "version", i->tls_version);
    npi_json_text(j, "cipher", i->tls_cipher);
    npi_json_text(j, "group", i->tls_group);
    npi_json_text(j, "alpn", i->tls_alpn);
    npi_json_bool(j, "resumed", i->resumed != 0);
    npi_json_bool(j, "verified", i->verified != 0);
    npi_json_array(j, "certificates");
    for (int n = 0; n < np_talk_certificate_count(k); n++) {
        np_certificate c;
        np_talk_get_certificate(k, n, &c, sizeof c);
        put_certificate(j, &c);
    }
    npi_json_array_end(j);
    npi_json_array(j, "faults");
    for (int n = 0; n < np_talk_fault_count(k); n++)
        npi_json_str(j, NULL, np_talk_fault(k, n));
    npi_json_array_end(j);
    npi_json_object_end(j);
}

static void put_steps(npi_json *j, const np_talk *k)
{
    npi_json_array(j, "steps");
    for (int i = 0; i < np_talk_step_count(k); i++) {
        np_step s;
        np_talk_get_step(k, i, &s, sizeof s);
        npi_json_object(j, NULL);
        npi_json_text(j, "file", s.file);
        npi_json_known(j, "line", s.line ? s.line : -1);
        npi_json_str(j, "verb", s.verb);
        npi_json_str(j, "step", s.label);
        npi_json_str(j, "state", state_name(s.state));
        npi_json_known(j, "code", s.code ? s.code : -1);
        npi_json_text(j, "reply", s.reply);
        npi_json_text(j, "note", s.note);
        npi_json_known(j, "start_ns", s.start_ns);
        npi_json_known(j, "first_octet_ns", s.first_octet_ns);
        npi_json_known(j, "duration_ns", s.duration_ns);
        npi_json_object_end(j);
    }
    npi_json_array_end(j);
}

static void put_transcript(npi_json *j, const np_talk *k)
{
    npi_json_array(j, "transcript");
    for (int i = 0; i < np_talk_line_count(k); i++) {
        np_line l;
        np_talk_get_line(k, i, &l, sizeof l);
        npi_json_object(j, NULL);
        npi_json_known(j, "time_ns", l.time_ns);
        npi_json_str(j, "direction", direction_name(l.direction));
        npi_json_known(j, "step", l.step);
        npi_json_str(j, "text", l.text);
        npi_json_object_end(j);
    }
    npi_json_array_end(j);
}

static void put_times(npi_json *j, const np_talk_info *i)
{
    npi_json_object(j, "times");
    npi_json_known(j, "resolve_ns", i->resolve_ns);
    npi_json_known(j, "connect_ns", i->connect_ns);
    npi_json_known(j, "tls_ns", i->tls_ns);
    npi_json_known(j, "banner_ns", i->banner_ns);
    npi_json_known(j, "total_ns", i->total_ns);
    npi_json_object_end(j);
}

const char *np_talk_json(np_talk *k)
{
    np_talk_info i;
    if (np_talk_get_info(k, &i, sizeof i) < 0)
        return NULL;
    npi_buf_clear(&k->json);
    npi_json j = npi_json_into(&k->json);
    npi_json_object(&j, NULL);
    npi_json_str(&j, "schema", "netprobe.talk/1");
    npi_json_text(&j, "protocol", i.protocol);
    npi_json_text(&j, "host", i.host);
    npi_json_text(&j, "addr", i.addr);
    npi_json_known(&j, "port", i.port ? i.port : -1);
    npi_json_text(&j, "source", i.source);
    npi_json_known(&j, "started_ns", i.start_ns);
    npi_json_str(&j, "status", np_status_name(npi_object_status(&k->o)));
    npi_json_text(&j, "error", k->o.error);
    npi_json_text(&j, "error_name", i.error_name);
    npi_json_known(&j, "code", i.code ? i.code : -1);
    npi_json_bool(&j, "skipped", i.skipped != 0);
    npi_json_i64(&j, "warnings", i.warnings);
    npi_json_i64(&j, "redirects", i.redirects);
    npi_json_u64(&j, "sent_octets", i.sent_octets);
    npi_json_u64(&j, "received_octets", i.received_octets);
    put_times(&j, &i);
    put_attempts(&j, k);
    put_tls(&j, k, &i);
    put_steps(&j, k);
    put_transcript(&j, k);
    npi_json_object_end(&j);
    return k->json.nomem || k->json.cut ? NULL : npi_buf_text(&k->json);
}
