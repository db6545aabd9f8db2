/* SPDX-License-Identifier: MIT */
/*
 * A script, read and then run by a machine against a server that answers whatever it likes: the
 * parser says where it is wrong, or all that it points to lies within; the run ends, what it sends
 * is bounded, and its secret is in no text that people see.
 * Input: seed of the answers, then the script.
 */
#include <string.h>

#include "../unit/hex.h"
#include "fuzz.h"
#include "talk/machine.h"

enum { TURNS = 2000, STEPS = 300 };

static const char secret[] = "sEcReT-7f3a";

static void check_template(const npi_script *s, npi_template t)
{
    must(t.count == 0 || t.first + t.count <= s->part_count);
    for (uint32_t i = 0; i < t.count; i++) {
        const npi_part *p = &s->parts[t.first + i];
        must(p->name < (int32_t)s->variable_count && p->filter <= NPI_FILTER_OCTETS);
        must(p->name >= 0 || p->literal.at + p->literal.len <= s->text.len);
    }
}

static void check_step(const npi_script *s, uint32_t index)
{
    const npi_script_step *step = &s->steps[index];
    must(step->verb < NPI_VERB_COUNT && step->verb != NPI_VERB_INCLUDE);
    must(step->file < s->file_count && step->line > 0 && step->column > 0);
    must(step->source.at + step->source.len <= s->text.len);
    must(step->first_value + step->value_count <= s->value_count);
    must(step->octets.len == step->mask.len && step->octets.at + step->octets.len <= s->text.len);
    must(step->name < (int32_t)s->variable_count && step->duration >= 0);
    if (step->verb == NPI_VERB_IF || step->verb == NPI_VERB_ELSE ||
        step->verb == NPI_VERB_OPTIONAL)
        must(step->jump > index && step->jump < s->step_count);
    check_template(s, step->text);
    check_template(s, step->more);
    check_template(s, step->cond.argument);
}

static void check_script(const npi_script *s)
{
    must(s->status == NP_OK || s->status == NP_ERR_INVALID);
    must((s->status == NP_OK) == (s->fault_count == 0));
    must(s->variable_count <= NPI_SCRIPT_VARIABLES && s->fault_count <= NPI_SCRIPT_FAULTS);
    for (size_t i = 0; i < s->fault_count; i++) {
        const char *sentence = np_script_get_error(s, (int)i);
        must(strncmp(sentence, "t:", 2) == 0 && strlen(sentence) > 8);
        for (const char *p = sentence; *p; p++)
            must((unsigned char)*p >= ' ' && *p != 0x7f);
    }
    for (uint32_t i = 0; s->status == NP_OK && i < s->step_count; i++)
        check_step(s, i);
}

/* ---- the run ------------------------------------------------------------------------------ */

static uint32_t next(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)(*seed >> 4) * below) >> 28);
}

/* One of the things that servers say, whatever was asked. */
static bool answer(npi_machine *m, npi_mono now, uint32_t *seed)
{
    static const char *const lines[] = {
        "220 mx\r\n",       "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n",
        "250 2.0.0 ok\r\n", "354 go\r\n",
        "235 in\r\n",       "334 PDEyM0B4Pg==\r\n",
        "550 5.1.1 no\r\n", "421 bye\r\n",
        "+OK 3 x\r\n",      "+OK\r\nSTLS\r\n.\r\n",
        "-ERR\r\n",         "* OK [CAPABILITY STARTTLS AUTH=PLAIN] x\r\n",
        "a1 OK x\r\n",      "* 3 EXISTS\r\na2 OK x\r\n",
        "a3 NO\r\n",        "+ \r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: ../c?d\r\n\r\n",
        "HTTP/1.1 307 x\r\nContent-Length: 0\r\nLocation: https://[::1]:1/\r\n\r\n",
        "\x1b[2J\r\n",      "\xff\0\x80",
    };
    static const size_t count = sizeof lines / sizeof *lines;
    const char *text = lines[next(seed, (uint32_t)count)];
    return npi_machine_feed(m, now, text, strlen(text));
}

static void check_hidden(const npi_machine *m)
{
    for (size_t i = 0; i + strlen(secret) <= m->texts.len; i++)
        must(memcmp(m->texts.data + i, secret, strlen(secret)) != 0);
    must(!strstr(m->verdict.sentence, secret) && !strstr(m->trouble.sentence, secret));
}

/* What came of an act; the time goes on, so that whatever waits is over some day. */
static void act_on(npi_machine *m, npi_act act, npi_mono now, uint32_t *seed)
{
    if (act == NPI_ACT_CONNECT && next(seed, 8) > 0)
        npi_machine_connected(m, now);
    else if (act == NPI_ACT_CONNECT)
        npi_machine_fail(m, now, NP_ERR_REFUSED, "connect.refused", "refused");
    else if (act == NPI_ACT_TLS)
        npi_machine_secured(m, now);
    else if (act == NPI_ACT_SEND)
        npi_machine_sent(m, now);
    else if (act == NPI_ACT_CLOSE)
        npi_machine_closed(m, now);
    if (m->connected && !m->ended && next(seed, 16) == 0)
        npi_machine_ended(m, next(seed, 2));
    else if (m->connected && !m->ended && (act == NPI_ACT_WAIT || next(seed, 2)))
        (void)answer(m, now, seed);
}

static void run(npi_script *s, uint32_t seed)
{
    npi_mem mem = npi_mem_libc();
    npi_mono now = {NP_SECOND};
    npi_machine m;
    npi_act act = NPI_ACT_REST;
    must(npi_machine_init(&m, &mem));
    must(npi_values_hide(&m.values, "user", 4));
    must(npi_values_set(&m.values, "user", 4, secret, strlen(secret)));
    must(npi_values_set(&m.values, "host", 4, "::1", 3));
    must(npi_values_set(&m.values, "port", 4, "25", 2));
    must(npi_machine_add(&m, npi_script_use(s), 0, (uint32_t)s->step_count));
    m.facts.loopback = seed & 1;
    npi_machine_begin(&m, now);
    int turns = 0;
    if (npi_machine_check(&m))
        for (; turns < TURNS; turns++) {
            act = npi_machine_next(&m, now);
            if (act == NPI_ACT_REST || act == NPI_ACT_END)
                break;
            now = npi_mono_add(now, act == NPI_ACT_WAIT ? NP_SECOND : 1000);
            act_on(&m, act, now, &seed);
        }
    must(turns < TURNS);
    must(m.failed == (m.verdict.sentence[0] != '\0'));
    check_hidden(&m);
    npi_machine_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npi_mem mem = npi_mem_libc();
    npi_script *s = npi_script_new(&mem);
    must(s != NULL);
    if (size > 0) {
        uint8_t *text = exact_copy(data + 1, size - 1);
        bool good = npi_script_parse(s, (const char *)text, size - 1, "t", NULL);
        free(text);
        must(good == (s->status == NP_OK));
        check_script(s);
        for (uint32_t i = 0; good && s->step_count > 0 && s->step_count < STEPS && i < 4; i++)
            run(s, data[0] * 4 + i);
    }
    npi_script_drop(s);
    return 0;
}
