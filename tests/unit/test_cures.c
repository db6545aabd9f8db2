/* SPDX-License-Identifier: MIT */
/*
 * What helps: every row of the table is reached by what it says that it is for, and none hides
 * another.
 */
#include "../check.h"

#include "../../tools/talk/cures.h"
#include "../../tools/talk/report.h"

typedef struct row {
    const char *problem, *protocol;
    int code;
    const char *text, *what;
} row;

#define X(problem, protocol, code, text, what) {problem, protocol, code, text, what},
static const row rows[] = {TALK_CURES};
#undef X

static void every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        const char *protocol = *r->protocol ? r->protocol : "imap";
        assert_string_equal(talk_report_cure(r->problem, protocol, r->code, r->text), r->what);
    }
}

static void what_is_not_known(void **state)
{
    (void)state;
    assert_string_equal(talk_report_cure("reply.unexpected", "smtp", 250, ""), "");
    assert_string_equal(talk_report_cure("no.such-thing", "", 0, ""), "");
}

static void lmtp_is_mail_as_well(void **state)
{
    (void)state;
    assert_string_equal(talk_report_cure("reply.unexpected", "lmtp", 452, "4.2.2 full"),
                        talk_report_cure("reply.unexpected", "smtp", 452, ""));
}

static void text_decides_without_case(void **state)
{
    (void)state;
    const char *a = talk_report_cure("reply.unexpected", "smtp", 550, "5.7.1 RELAYING denied");
    const char *b = talk_report_cure("reply.unexpected", "smtp", 550, "5.1.1 no such user");
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(what_is_not_known),
        cmocka_unit_test(lmtp_is_mail_as_well),
        cmocka_unit_test(text_decides_without_case),
    };
    return RUN(tests);
}
