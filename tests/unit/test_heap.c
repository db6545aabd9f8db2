/* SPDX-License-Identifier: MIT */
/*
 * The timer heap against a model that looks through an array.
 */
#include "../check.h"
#include "base/heap.h"

enum { TIMERS = 64, STEPS = 20000 };

static uint32_t seed = 1;

static uint32_t next_random(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* The armed timer with the least time, the earliest armed among equals. */
static npi_timer *model_first(npi_timer *t)
{
    npi_timer *first = NULL;
    for (int i = 0; i < TIMERS; i++) {
        if (!t[i].armed)
            continue;
        if (!first || t[i].at.ns < first->at.ns ||
            (t[i].at.ns == first->at.ns && t[i].order < first->order))
            first = &t[i];
    }
    return first;
}

static void random_operations(void **state)
{
    (void)state;
    npi_heap h = {0};
    npi_timer t[TIMERS] = {0};
    for (int step = 0; step < STEPS; step++) {
        npi_timer *one = &t[next_random(TIMERS)];
        switch (next_random(4)) {
        case 0:
            npi_heap_disarm(&h, one);
            break;
        case 1:
            if (npi_heap_first(&h))
                npi_heap_disarm(&h, npi_heap_first(&h));
            break;
        default:
            npi_heap_arm(&h, one, (npi_mono){next_random(100)});
        }
        assert_ptr_equal(npi_heap_first(&h), model_first(t));
    }
}

static void ties_come_in_order_of_arming(void **state)
{
    (void)state;
    npi_heap h = {0};
    npi_timer t[TIMERS] = {0};
    for (int i = 0; i < TIMERS; i++)
        npi_heap_arm(&h, &t[i], (npi_mono){7});
    npi_heap_arm(&h, &t[0], (npi_mono){7}); /* again: now the last */
    for (int i = 1; i <= TIMERS; i++) {
        assert_ptr_equal(npi_heap_first(&h), &t[i % TIMERS]);
        npi_heap_disarm(&h, npi_heap_first(&h));
    }
    assert_null(npi_heap_first(&h));
}

static void never_is_not_armed(void **state)
{
    (void)state;
    npi_heap h = {0};
    npi_timer t = {0};
    npi_heap_arm(&h, &t, (npi_mono){1});
    npi_heap_arm(&h, &t, NPI_NEVER);
    assert_false(t.armed);
    assert_null(npi_heap_first(&h));
    npi_heap_disarm(&h, &t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations),
        cmocka_unit_test(ties_come_in_order_of_arming),
        cmocka_unit_test(never_is_not_armed),
    };
    return RUN(tests);
}
