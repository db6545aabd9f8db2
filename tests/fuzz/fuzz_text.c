/* SPDX-License-Identifier: MIT */
/*
 * Text of strangers: escaped, in JSON, as an option's name and value, as a target. No control octet
 * comes out, and all of it is UTF-8.
 */
#include <string.h>

#include "base/json.h"
#include "base/option.h"
#include "base/utf8.h"
#include "core/resolver.h"
#include "fuzz.h"

enum { TEXT_MAX = 512 };

typedef struct settings {
    int64_t count, time, mode;
    char *name;
} settings;

static const npi_option table[] = {
    {"count", NPI_OPTION_INT, offsetof(settings, count), 1, 30, 5, NULL},
    {"time", NPI_OPTION_DURATION, offsetof(settings, time), 1000000, 3600000000000, 0, NULL},
    {"mode", NPI_OPTION_ENUM, offsetof(settings, mode), 0, 2, 0, "auto=0 icmp=1 udp=2"},
    {"name", NPI_OPTION_TEXT, offsetof(settings, name), 1, 8, 0, NULL},
};

static void must_be_clean(const char *text, const char *allowed)
{
    const uint8_t *p = (const uint8_t *)text;
    for (size_t left = strlen(text); left > 0;) {
        uint32_t c = 0;
        size_t n = npi_utf8_decode(p, left, &c);
        must(n > 0);
        bool printable = c >= 0x20 && c != 0x7F && (c < 0x80 || c > 0x9F);
        must(printable || (c < 0x80 && strchr(allowed, (int)c)));
        p += n;
        left -= n;
    }
}

static void set_everything(const char *text)
{
    npi_mem mem = npi_mem_libc();
    settings s = {0};
    char sentence[300];
    npi_options_default(table, 4, &mem, &s);
    for (size_t i = 0; i < 5; i++) {
        npi_buf why = npi_buf_in(sentence, sizeof sentence);
        np_status st = npi_option_set(table, 4, &mem, &s, i < 4 ? table[i].name : text, text, &why);
        must(st == NP_OK || sentence[0]);
        must_be_clean(sentence, "");
    }
    must(s.count >= 1 && s.count <= 30 && s.mode >= 0 && s.mode <= 2);
    must(s.time == 0 || (s.time >= 1000000 && s.time <= 3600000000000));
    npi_options_free(table, 4, &mem, &s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1], out[8 * TEXT_MAX];
    size_t len = size < TEXT_MAX ? size : TEXT_MAX;
    npi_buf b = npi_buf_in(out, sizeof out);
    npi_buf_escaped(&b, data, len);
    must(!b.cut);
    must_be_clean(out, "");
    memcpy(text, data, len);
    text[len] = '\0';
    npi_buf_clear(&b);
    npi_json j = npi_json_into(&b);
    npi_json_object(&j, NULL);
    npi_json_str(&j, "key", text);
    npi_json_object_end(&j);
    must_be_clean(out, "\n");
    set_everything(text);
    npi_addr a[2];
    npi_buf_clear(&b);
    int found = npi_resolve_literal(text, 0, a, &b);
    must(found >= -1 && found <= 2);
    must_be_clean(out, "");
    return 0;
}
