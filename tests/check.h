/* SPDX-License-Identifier: MIT */
/*
 * cmocka with what it needs before it.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* cmocka's result is the number of failures: 256 of them would be a success to the shell. */
#define RUN(tests) (cmocka_run_group_tests(tests, NULL, NULL) != 0)

#define assert_close(a, b, relative)                                                              \
    do {                                                                                          \
        double a_ = (a), b_ = (b), d_ = a_ > b_ ? a_ - b_ : b_ - a_;                               \
        if (!(d_ <= (relative) * (b_ < 0 ? -b_ : b_)) && d_ != 0)                                  \
            fail_msg("%.17g is not %.17g", a_, b_);                                               \
    } while (0)

#endif
