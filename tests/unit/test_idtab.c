/* SPDX-License-Identifier: MIT */
/*
 * The table of recent ids.
 */
#include "../check.h"
#include "../failmem.h"
#include "base/idtab.h"

typedef struct entry {
    uint64_t id;
    bool busy;
} entry;

static bool is_busy(const void *e)
{
    return ((const entry *)e)->busy;
}

static entry *add(npi_idtab *t, bool busy)
{
    uint64_t id;
    void *e;
    assert_int_equal(npi_idtab_add(t, &id, &e), NPI_IDTAB_OK);
    assert_int_equal(((entry *)e)->id, 0); /* cleared */
    *(entry *)e = (entry){id, busy};
    return e;
}

static void idle_entries_are_overwritten(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_idtab t;
    npi_idtab_init(&t, &mem, sizeof(entry), 65536, is_busy);
    assert_null(npi_idtab_get(&t, 0));
    for (int i = 0; i < 1000; i++)
        add(&t, false);
    assert_int_equal(t.capacity, 256);
    assert_int_equal(npi_idtab_oldest(&t), 744);
    assert_null(npi_idtab_get(&t, 743));
    assert_int_equal(((entry *)npi_idtab_get(&t, 744))->id, 744);
    assert_null(npi_idtab_get(&t, 1000));
    npi_idtab_free(&t);
}

static void it_grows_only_for_busy_entries(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_idtab t;
    uint64_t id;
    void *e;
    npi_idtab_init(&t, &mem, sizeof(entry), 1024, is_busy);
    for (int i = 0; i < 1024; i++)
        add(&t, true);
    for (uint64_t i = 0; i < 1024; i++)
        assert_int_equal(((entry *)npi_idtab_get(&t, i))->id, i);
    assert_int_equal(npi_idtab_add(&t, &id, &e), NPI_IDTAB_FULL);
    ((entry *)npi_idtab_get(&t, 0))->busy = false;
    assert_int_equal(add(&t, true)->id, 1024);
    assert_int_equal(npi_idtab_add(&t, &id, &e), NPI_IDTAB_FULL);
    npi_idtab_free(&t);
}

/* What was overwritten before the table grew has no entry in the larger one either. */
static void what_is_lost_stays_lost(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_idtab t;
    uint64_t id;
    npi_idtab_init(&t, &mem, sizeof(entry), 65536, is_busy);
    for (int i = 0; i < 1000; i++)
        add(&t, false);
    ((entry *)npi_idtab_get(&t, 744))->busy = true; /* in the way of id 1000 */
    add(&t, false);
    assert_int_equal(t.capacity, 512);
    assert_int_equal(npi_idtab_oldest(&t), 744);
    assert_null(npi_idtab_get(&t, 743));
    assert_false(npi_idtab_find(&t, 743, 16, &id));
    for (uint64_t i = 744; i <= 1000; i++)
        assert_int_equal(((entry *)npi_idtab_get(&t, i))->id, i);
    ((entry *)npi_idtab_get(&t, 744))->busy = false;
    for (int i = 0; i < 500; i++)
        add(&t, false);
    assert_int_equal(npi_idtab_oldest(&t), 1501 - 512);
    npi_idtab_free(&t);
    assert_int_equal(npi_idtab_oldest(&t), 0);
}

static void low_bits_find_the_newest(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    npi_idtab t;
    uint64_t id;
    npi_idtab_init(&t, &mem, sizeof(entry), 65536, is_busy);
    assert_false(npi_idtab_find(&t, 0, 16, &id));
    for (uint64_t i = 0; i < 200000; i++) { /* wraps 16 bits three times */
        add(&t, false);
        assert_true(npi_idtab_find(&t, i & 0xFFFF, 16, &id));
        assert_int_equal(id, i);
        uint64_t old = i > 300 ? i - 300 : 0;
        bool found = npi_idtab_find(&t, old & 0xFFFF, 16, &id);
        assert_int_equal(found, npi_idtab_get(&t, old) != NULL);
    }
    assert_false(npi_idtab_find(&t, 0x10000, 16, &id));
    npi_idtab_free(&t);
}

static void without_memory(void **state)
{
    (void)state;
    failmem m = {.fail_at = 2};
    np_allocator a = failmem_allocator(&m);
    npi_idtab t;
    uint64_t id;
    void *e;
    npi_idtab_init(&t, &a, sizeof(entry), 65536, is_busy);
    for (int i = 0; i < 256; i++)
        add(&t, true);
    assert_int_equal(npi_idtab_add(&t, &id, &e), NPI_IDTAB_NOMEM);
    assert_int_equal(((entry *)npi_idtab_get(&t, 255))->id, 255); /* what was there stays */
    add(&t, true);
    npi_idtab_free(&t);
    assert_int_equal(m.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_entries_are_overwritten),
        cmocka_unit_test(it_grows_only_for_busy_entries),
        cmocka_unit_test(what_is_lost_stays_lost),
        cmocka_unit_test(low_bits_find_the_newest),
        cmocka_unit_test(without_memory),
    };
    return RUN(tests);
}
