/* SPDX-License-Identifier: MIT */
/*
 * The hunt in a proc tree of files: however few reads a step has, every holder is found.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "base/mem.h"
#include "listen/hunt.h"
#include "listen/process.h"

enum { PROCESSES = 40, DESCRIPTORS = 5, SHARED = 9000, LAST_PID = 99 + PROCESSES };

static char root[24];

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* Process 100 + p holds the sockets 1000 + 10 p up to that + 4, and one that all hold. */
static int make_tree(void **state)
{
    char path[200], text[200];
    (void)state;
    snprintf(root, sizeof root, "/tmp/np-hunt-XXXXXX");
    assert_non_null(mkdtemp(root));
    for (int pid = 100; pid <= LAST_PID; pid++) {
        snprintf(path, sizeof path, "%s/%d", root, pid);
        mkdir(path, 0755);
        snprintf(path, sizeof path, "%s/%d/stat", root, pid);
        snprintf(text, sizeof text, "%d (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0\n", pid,
                 pid);
        write_file(path, text);
        snprintf(path, sizeof path, "%s/%d/fd", root, pid);
        mkdir(path, 0755);
        for (int fd = 0; fd <= DESCRIPTORS; fd++) {
            snprintf(path, sizeof path, "%s/%d/fd/%d", root, pid, fd);
            snprintf(text, sizeof text, "socket:[%d]",
                     fd == DESCRIPTORS ? SHARED : 1000 + 10 * (pid - 100) + fd);
            assert_int_equal(symlink(text, path), 0);
        }
    }
    return 0;
}

static int remove_tree(void **state)
{
    char command[100];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

static void want_all(npi_socks *s, const npi_mem *mem)
{
    npi_socks_init(s, mem);
    npi_diag_answer a = {.has_info = false};
    for (uint32_t p = 0; p < PROCESSES; p++)
        for (uint32_t fd = 0; fd < DESCRIPTORS; fd++) {
            a.sock.inode = 1000 + 10 * p + fd;
            a.sock.cookie = a.sock.inode;
            assert_true(npi_socks_add(s, &a, 1));
        }
    a.sock.inode = SHARED;
    a.sock.cookie = SHARED;
    assert_true(npi_socks_add(s, &a, 1));
}

static void check_owners(const npi_hunt *h, const npi_socks *s, bool all)
{
    for (size_t i = 0; i + 1 < s->count; i++) {
        assert_int_equal(s->rows[i].owners, 1);
        const npi_holder *holder = &h->holders[s->rows[i].owner];
        assert_int_equal(h->processes[holder->process].pid, 100 + i / DESCRIPTORS);
        assert_int_equal(holder->fd, i % DESCRIPTORS);
    }
    assert_int_equal(s->rows[s->count - 1].owners, all ? PROCESSES : 1);
    assert_int_equal(h->looked_into, PROCESSES);
}

static void hunt(int proc, int reads, bool all)
{
    npi_mem mem = npi_mem_libc();
    npi_socks s;
    npi_hunt h;
    int steps = 0;
    want_all(&s, &mem);
    npi_hunt_init(&h, &mem);
    assert_int_equal(npi_hunt_begin(&h, proc, -1, &s, all, false), NP_OK);
    while (!npi_hunt_step(&h, reads))
        assert_true(++steps < 100000);
    assert_int_equal(h.failed, NP_OK);
    npi_hunt_settle(&h, &s);
    check_owners(&h, &s, all);
    npi_hunt_free(&h);
    npi_socks_free(&s);
}

static void steps_of_any_size(void **state)
{
    (void)state;
    int proc = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(proc >= 0);
    for (int reads = 1; reads <= 200; reads++) {
        hunt(proc, reads, true);
        hunt(proc, reads, false);
    }
    close(proc);
}

/* Texts that have no room: no length says that they are there. */
static void texts_without_room(void **state)
{
    (void)state;
    char path[200];
    npi_mem mem = npi_mem_libc();
    int proc = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof path, "%s/100/comm", root);
    write_file(path, "a long name\n");
    snprintf(path, sizeof path, "%s/100/cmdline", root);
    write_file(path, "a long command line");
    for (size_t room = 1; room < 100; room++) {
        npi_process p;
        npi_buf texts = npi_buf_grow(&mem, room + 1);
        npi_buf_char(&texts, '\0');
        assert_int_equal(npi_process_read(&p, &texts, proc, 100, true), 0);
        assert_true(p.comm + p.comm_len < texts.len);
        assert_true(p.arguments + p.arguments_len < texts.len);
        assert_true(p.process < texts.len && p.command < texts.len);
        assert_int_equal(texts.cut, p.arguments_len == 0 || !texts.data[p.command]);
        npi_buf_free(&texts);
    }
    close(proc);
}

/* ---- cgroups ------------------------------------------------------------------------------ */

enum { CGROUPS = 400, SLACK = 32 };

static char tree[] = "/tmp/netprobe-tree-XXXXXX";

static int make_cgroups(void **state)
{
    char path[200];
    (void)state;
    assert_non_null(mkdtemp(tree));
    for (int i = 0; i < CGROUPS; i++) {
        snprintf(path, sizeof path, "%s/%d.service", tree, i);
        assert_int_equal(mkdir(path, 0755), 0);
        snprintf(path, sizeof path, "%s/%d.service/cgroup.procs", tree, i);
        write_file(path, "99999\n");
    }
    return make_tree(state);
}

static int remove_cgroups(void **state)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", tree);
    return system(command) | remove_tree(state);
}

/* A socket of each cgroup of the folder, which is too large for a step. */
static void want_cgroups(npi_socks *s, const npi_mem *mem)
{
    char path[200];
    struct stat st;
    npi_socks_init(s, mem);
    npi_diag_answer a = {.has_info = false};
    for (int i = 0; i < CGROUPS; i++) {
        snprintf(path, sizeof path, "%s/%d.service", tree, i);
        assert_int_equal(stat(path, &st), 0);
        a.sock.cgroup = st.st_ino;
        a.sock.inode = a.sock.cookie = 700000 + (uint32_t)i;
        assert_true(npi_socks_add(s, &a, 1));
    }
}

static void many_cgroups_in_a_folder(void **state)
{
    (void)state;
    npi_mem mem = npi_mem_libc();
    int proc = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int cgroups = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    static const int sizes[] = {1, 2, 50, 1024};
    for (int i = 0; i < 4; i++) {
        npi_socks s;
        npi_hunt h;
        char unit[32];
        want_cgroups(&s, &mem);
        npi_hunt_init(&h, &mem);
        assert_int_equal(npi_hunt_begin(&h, proc, cgroups, &s, true, false), NP_OK);
        do
            assert_true(h.left > -SLACK);
        while (!npi_hunt_step(&h, sizes[i]));
        for (int k = 0; k < CGROUPS; k++) {
            snprintf(unit, sizeof unit, "%d.service", k);
            assert_string_equal(npi_hunt_cgroup_unit(&h, s.rows[k].cgroup), unit);
        }
        npi_hunt_free(&h);
        npi_socks_free(&s);
    }
    close(proc);
    close(cgroups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(steps_of_any_size, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(texts_without_room, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(many_cgroups_in_a_folder, make_cgroups, remove_cgroups),
    };
    return RUN(tests);
}
