/* SPDX-License-Identifier: MIT */
/*
 * URLs taken apart (RFC 3986), and where redirects lead.
 */
#include "../check.h"
#include "../failmem.h"
#include "hex.h"
#include "talk/location.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* "protocol tls host port user path", "-" for what is empty; or what is wrong. */
static const char *told(const char *url)
{
    static char text[1000];
    char sentence[500];
    npi_buf b = npi_buf_in(text, sizeof text), why = npi_buf_in(sentence, sizeof sentence);
    npi_location l;
    if (!npi_location_parse(&l, url, &why)) {
        npi_buf_str(&b, sentence);
        return text;
    }
    const npi_location_part parts[] = {l.host, l.user, l.path};
    assert_string_equal(sentence, "");
    npi_buf_printf(&b, "%s%s %u", npi_speech_name(l.speech), l.tls ? "+tls" : "", l.port);
    for (size_t i = 0; i < COUNT(parts); i++) {
        npi_buf_char(&b, ' ');
        npi_buf_bytes(&b, parts[i].len ? parts[i].at : "-", parts[i].len ? parts[i].len : 1);
    }
    return text;
}

static void good(void **state)
{
    static const char *const rows[][2] = {
        {"smtp://mx", "smtp 25 mx - -"},
        {"smtps://mx", "smtp+tls 465 mx - -"},
        {"submission://mx", "smtp 587 mx - -"},
        {"submissions://mx", "smtp+tls 465 mx - -"},
        {"lmtp://mx", "lmtp 24 mx - -"},
        {"pop3://m", "pop3 110 m - -"},
        {"pop3s://m", "pop3+tls 995 m - -"},
        {"imap://m", "imap 143 m - -"},
        {"imaps://joe@mail.example:1993/INBOX", "imap+tls 1993 mail.example joe /INBOX"},
        {"http://w", "http 80 w - -"},
        {"https://w/", "http+tls 443 w - /"},
        {"HTTPS://w:80/", "http+tls 80 w - /"},
        {"tcp://h:7", "raw 7 h - -"},
        {"tcp://h", "raw 0 h - -"},
        {"telnet://h", "raw 23 h - -"},
        {"tls://h", "raw+tls 443 h - -"},
        {"http://[::1]", "http 80 ::1 - -"},
        {"http://[::1]:8080/a", "http 8080 ::1 - /a"},
        {"smtp://[fe80::1%25eth0]:25", "smtp 25 fe80::1%25eth0 - -"},
        {"http://u@[::1]:1/", "http 1 ::1 u /"},
        {"http://u%40v@w/", "http 80 w u%40v /"},
        {"http://@w/", "http 80 w - /"},
        {"http://w/a%20b?q=1&r=%2F#top", "http 80 w - /a%20b?q=1&r=%2F"},
        {"http://w?q", "http 80 w - ?q"},
        {"http://w#f", "http 80 w - -"},
        {"http://w/@x:y", "http 80 w - /@x:y"},
        {"http://w/?u=http://x:0/", "http 80 w - /?u=http://x:0/"},
        {"http://w:65535", "http 65535 w - -"},
        {"http://w:1", "http 1 w - -"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(told(rows[i][0]), rows[i][1]);
}

#define HOST "the URL needs a host, and a port from 1 to 65535 if any: "
#define SCHEME                                                                                     \
    "no scheme that is known (smtp, smtps, submission, submissions, lmtp, pop3, pop3s, imap, "     \
    "imaps, http, https, tcp, tls): "
#define CLEAN "a URL holds no blanks, and other letters as %HH: "
#define NONE "not a URL, which begins like smtp://: "

static void bad(void **state)
{
    static const char *const rows[][2] = {
        {"", NONE},
        {"mx", NONE "mx"},
        {"http:/w", NONE "http:/w"},
        {"unix:/run/x", NONE "unix:/run/x"},
        {"://w", SCHEME "://w"},
        {"ftp://w", SCHEME "ftp://w"},
        {"httpsx://w", SCHEME "httpsx://w"},
        {"http ://w", SCHEME "http ://w"},
        {"w?x=http://y", SCHEME "w?x=http://y"},
        {"http://", HOST "http://"},
        {"http:///x", HOST "http:///x"},
        {"http://u@", HOST "http://u@"},
        {"http://u@good@evil/", HOST "http://u@good@evil/"},
        {"http://:80", HOST "http://:80"},
        {"http://w:", HOST "http://w:"},
        {"http://w:0", HOST "http://w:0"},
        {"http://w:65536", HOST "http://w:65536"},
        {"http://w:99999999999", HOST "http://w:99999999999"},
        {"http://w:-1", HOST "http://w:-1"},
        {"http://w:+1", HOST "http://w:+1"},
        {"http://w:8a", HOST "http://w:8a"},
        {"http://::1", HOST "http://::1"},
        {"http://[::1", HOST "http://[::1"},
        {"http://[]", HOST "http://[]"},
        {"http://[]:80", HOST "http://[]:80"},
        {"http://[::1]80", HOST "http://[::1]80"},
        {"http://[::1]:", HOST "http://[::1]:"},
        {"http://w/a b", CLEAN "http://w/a b"},
        {"http://w/\t", CLEAN "http://w/\\x09"},
        {"http://w\r\nEVIL: 1", CLEAN "http://w\\x0d\\x0aEVIL: 1"},
        {"http://w/\x7f", CLEAN "http://w/\\x7f"},
        {"http://w/\xc3\xa4", CLEAN "http://w/\xc3\xa4"},
        /* Nobody repeats the password. */
        {"http://u:secret@w", "a password in a URL is seen by everybody: give it by a file"},
        {"http://u:@w", "a password in a URL is seen by everybody: give it by a file"},
        {"http://:secret@w", "a password in a URL is seen by everybody: give it by a file"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(told(rows[i][0]), rows[i][1]);
}

/* Cut anywhere, and with any octet in the place of another: parts lie within the text. */
static void every_cut(void **state)
{
    static const char url[] = "https://joe@[fe80::1%25eth0]:8443/a/b?c=d#e";
    (void)state;
    for (size_t len = 0; len < sizeof url; len++)
        for (int octet = -1; octet < 256; octet += octet < 0 ? 1 : 5) {
            char why_text[300];
            npi_buf why = npi_buf_in(why_text, sizeof why_text);
            npi_location l;
            char *copy = (char *)exact_copy(url, len + 1);
            copy[len] = '\0';
            if (octet >= 0 && len > 0)
                copy[len / 2] = (char)octet;
            if (npi_location_parse(&l, copy, &why)) {
                const npi_location_part parts[] = {l.host, l.user, l.path};
                assert_true(l.host.len > 0);
                for (size_t i = 0; i < COUNT(parts); i++)
                    assert_true(parts[i].len == 0 ||
                                (parts[i].at >= copy && parts[i].at + parts[i].len <= copy + len));
            } else {
                assert_true(why.len > 0);
            }
            free(copy);
        }
}

static bool resolve(npi_buf *out, const char *base, const char *reference)
{
    char sentence[300];
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    npi_location l;
    npi_buf_clear(out);
    assert_true(npi_location_parse(&l, base, &why));
    return npi_location_resolve(out, &l, reference, strlen(reference));
}

static void redirects(void **state)
{
    static const char *const rows[][3] = {
        {"http://w/a/b?q", "/c", "http://w:80/c"},
        {"http://w/a/b?q", "c", "http://w:80/a/c"},
        {"http://w/a/b?q", "c/d?r#f", "http://w:80/a/c/d?r#f"},
        {"http://w/a/b?q", "?r", "http://w:80/a/b?r"},
        {"http://w/a/b?x/y", "c", "http://w:80/a/c"},
        {"http://w", "c", "http://w:80/c"},
        {"http://w", "/", "http://w:80/"},
        {"http://w?q", "c", "http://w:80/c"},
        {"https://w:8443/a", "/c", "https://w:8443/c"},
        {"https://[::1]:8443/a", "/c", "https://[::1]:8443/c"},
        {"https://w/a", "//x/c", "https://x/c"},
        {"http://w/a", "//x:81/c", "http://x:81/c"},
        {"http://w/a", "https://x/c", "https://x/c"},
        {"http://w/a", "HTTP://x", "HTTP://x"},
        {"http://w/a", "/x:y", "http://w:80/x:y"},
        {"http://w/a/b?q", "#top", "http://w:80/a/b?q#top"},
        /* RFC 3986 5.4, as far as they are references of http. */
        {"http://a/b/c/d;p?q", ".", "http://a:80/b/c/"},
        {"http://a/b/c/d;p?q", "./", "http://a:80/b/c/"},
        {"http://a/b/c/d;p?q", "./g", "http://a:80/b/c/g"},
        {"http://a/b/c/d;p?q", "g/", "http://a:80/b/c/g/"},
        {"http://a/b/c/d;p?q", "g?y/./x", "http://a:80/b/c/g?y/./x"},
        {"http://a/b/c/d;p?q", "g#s/../x", "http://a:80/b/c/g#s/../x"},
        {"http://a/b/c/d;p?q", ";x", "http://a:80/b/c/;x"},
        {"http://a/b/c/d;p?q", "..", "http://a:80/b/"},
        {"http://a/b/c/d;p?q", "../", "http://a:80/b/"},
        {"http://a/b/c/d;p?q", "../g", "http://a:80/b/g"},
        {"http://a/b/c/d;p?q", "../..", "http://a:80/"},
        {"http://a/b/c/d;p?q", "../../g", "http://a:80/g"},
        {"http://a/b/c/d;p?q", "../../../../g", "http://a:80/g"},
        {"http://a/b/c/d;p?q", "/./g", "http://a:80/g"},
        {"http://a/b/c/d;p?q", "/../g", "http://a:80/g"},
        {"http://a/b/c/d;p?q", "g.", "http://a:80/b/c/g."},
        {"http://a/b/c/d;p?q", ".g", "http://a:80/b/c/.g"},
        {"http://a/b/c/d;p?q", "g..", "http://a:80/b/c/g.."},
        {"http://a/b/c/d;p?q", "..g", "http://a:80/b/c/..g"},
        {"http://a/b/c/d;p?q", "./../g", "http://a:80/b/g"},
        {"http://a/b/c/d;p?q", "./g/.", "http://a:80/b/c/g/"},
        {"http://a/b/c/d;p?q", "g/./h", "http://a:80/b/c/g/h"},
        {"http://a/b/c/d;p?q", "g/../h", "http://a:80/b/c/h"},
        {"http://a/b/c/d;p?q", "g;x=1/../y", "http://a:80/b/c/y"},
        {"http://a/b/c/d;p?q", "g//../h", "http://a:80/b/c/g/h"},
        /* Credentials of the page do not travel. */
        {"http://joe@w/a", "c", "http://w:80/c"},
    };
    static const char *const refused[] = {"",         "ftp://x/",     "javascript:alert(1)",
                                          "smtp://x", "mailto:a@b",   "a b",
                                          "/\r\nX: y", "/\xc3\xa4",    "file:///etc/passwd",
                                          "data:,x",  "/a\x7f",
                                          "h323:x",   "view-source:http://w/",       "tcp://x:25"};
    char text[300];
    npi_buf out = npi_buf_in(text, sizeof text);
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(resolve(&out, rows[i][0], rows[i][1]));
        assert_string_equal(text, rows[i][2]);
    }
    for (size_t i = 0; i < COUNT(refused); i++)
        assert_false(resolve(&out, "http://w/a/b", refused[i]));
}

static void too_long_or_no_memory(void **state)
{
    char text[20];
    npi_buf out = npi_buf_in(text, sizeof text);
    (void)state;
    assert_true(resolve(&out, "http://w/", "/12345"));
    assert_false(resolve(&out, "http://w/", "/12345678901234567890"));
    bool failed = true;
    unsigned long refused = 0;
    for (unsigned long at = 1; failed; at++) {
        failmem m = {.fail_at = at};
        npi_mem mem = failmem_allocator(&m);
        npi_buf b = npi_buf_grow(&mem, 4096);
        bool fine = resolve(&b, "http://w/", "/1234567890123456789012345678901234567890123456789"
                                             "0123456789012345678901234567890");
        failed = m.failed > 0;
        assert_int_equal(fine, !failed);
        refused += !fine;
        npi_buf_free(&b);
        assert_int_equal(m.live, 0);
    }
    assert_true(refused >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good),      cmocka_unit_test(bad),
        cmocka_unit_test(every_cut), cmocka_unit_test(redirects),
        cmocka_unit_test(too_long_or_no_memory),
    };
    return RUN(tests);
}
