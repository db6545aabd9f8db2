/* SPDX-License-Identifier: MIT */
/*
 * Text of /proc: names that hold anything, lines cut at every length, and what a cgroup's path
 * says of units and containers.
 */
#include "../check.h"
#include "hex.h"
#include "listen/procfs.h"
#include "listen/unit.h"

/* ---- processes ---------------------------------------------------------------------------- */

#define REST " S 1 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 4711 100 200"

static void stat_with_any_name(void **state)
{
    (void)state;
    static const char *const names[] = {"cat", "a) S 1 1 (", "new\nline", "\x1b[2J", "((()", "",
                                        ")", "\xff\xfe"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[256];
        npi_buf b = npi_buf_in(text, sizeof text);
        npi_buf_printf(&b, "42 (%s)" REST "\n", names[i]);
        npi_proc_stat s;
        assert_true(npi_proc_stat_parse(text, b.len, &s));
        assert_int_equal(s.state, 'S');
        assert_int_equal(s.threads, 3);
        assert_int_equal(s.start_ticks, 4711);
    }
}

static void stat_cut_everywhere(void **state)
{
    (void)state;
    static const char text[] = "42 (a) b)" REST;
    size_t needed = (size_t)(strstr(text, "4711") - text);
    for (size_t n = 0; n < sizeof text; n++) {
        char *copy = (char *)exact_copy(text, n);
        npi_proc_stat s;
        bool ok = npi_proc_stat_parse(copy, n, &s);
        assert_int_equal(ok, n > needed);
        free(copy);
    }
}

static void status_tells_the_effective_user(void **state)
{
    (void)state;
    static const char text[] = "Name:\tUid: 9 9\nUmask:\t0022\nUid:\t1000\t65534\t0\t0\nGid:\t0\n";
    uint32_t uid = 1;
    assert_true(npi_proc_status_uid(text, sizeof text - 1, &uid));
    assert_int_equal(uid, 65534);
    for (size_t n = 0; n < sizeof text - 1; n++) {
        char *copy = (char *)exact_copy(text, n);
        npi_proc_status_uid(copy, n, &uid);
        free(copy);
    }
    assert_false(npi_proc_status_uid("Uid:\tx\t0\n", 9, &uid));
}

static void links(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t inode;
    } all[] = {{"socket:[4711]", 4711}, {"socket:[4294967295]", 4294967295u},
               {"socket:[4294967296]", 0}, {"socket:[]", 0}, {"socket:[12", 0}, {"socket:[1a]", 0},
               {"pipe:[4711]", 0}, {"socket:", 0}, {"", 0}, {"/tmp/socket:[1]", 0}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t n = strlen(all[i].text);
        char *copy = (char *)exact_copy(all[i].text, n);
        assert_int_equal(npi_proc_link_inode(copy, n), all[i].inode);
        free(copy);
    }
}

static void lines(void **state)
{
    (void)state;
    npi_text rest = {"one\n\nthree", 10}, line;
    assert_true(npi_proc_line(&rest, &line));
    assert_memory_equal(line.at, "one", line.len);
    assert_true(npi_proc_line(&rest, &line));
    assert_int_equal(line.len, 0);
    assert_true(npi_proc_line(&rest, &line));
    assert_memory_equal(line.at, "three", line.len);
    assert_false(npi_proc_line(&rest, &line));
}

/* ---- /proc/net ---------------------------------------------------------------------------- */

static npi_text text_of(const char *text)
{
    return (npi_text){text, strlen(text)};
}

static const char tcp4[] = "   0: 0100007F:1538 00000000:0000 0A 00000007:00000003 00:00000000 "
                           "00000000   106        0 21177 1 0000000000000000 100 0 0 10 0";
static const char tcp6[] = "   1: 000080FE00000000FF00FC00010000FE:07F2 "
                           "00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 "
                           "00000000     0        0 21178 2 0000000000000000 0";

static void inet_lines(void **state)
{
    (void)state;
    npi_sock s;
    assert_true(npi_proc_net_inet(text_of(tcp4), NP_PROTOCOL_TCP, 4, &s));
    assert_memory_equal(s.local.octets, "\x7f\0\0\1", 4);
    assert_int_equal(s.local.port, 5432);
    assert_int_equal(s.state, NPI_LISTEN);
    assert_int_equal(s.queue, 3);
    assert_int_equal(s.limit, 7);
    assert_int_equal(s.uid, 106);
    assert_int_equal(s.inode, 21177);
    assert_true(s.procfs && s.cookie == 0);
    assert_true(npi_proc_net_inet(text_of(tcp6), NP_PROTOCOL_UDP, 6, &s));
    assert_memory_equal(s.local.octets, "\xfe\x80\0\0\0\0\0\0\0\xfc\0\xff\xfe\0\0\1", 16);
    assert_int_equal(s.local.port, 2034);
}

static void headings_are_no_sockets(void **state)
{
    (void)state;
    npi_sock s;
    npi_text name;
    assert_false(npi_proc_net_inet(text_of("  sl  local_address rem_address   st tx_queue rx_queue "
                                           "tr tm->when retrnsmt   uid  timeout inode"),
                                   NP_PROTOCOL_TCP, 4, &s));
    assert_false(npi_proc_net_unix(text_of("Num RefCount Protocol Flags Type St Inode Path"), &s,
                                   &name));
    assert_false(npi_proc_net_inet(text_of(tcp4), NP_PROTOCOL_TCP, 6, &s));
}

static void inet_line_cut_everywhere(void **state)
{
    (void)state;
    size_t needed = (size_t)(strstr(tcp4, "21177") - tcp4);
    for (size_t n = 0; n < sizeof tcp4; n++) {
        char *copy = (char *)exact_copy(tcp4, n);
        npi_sock s;
        bool ok = npi_proc_net_inet((npi_text){copy, n}, NP_PROTOCOL_TCP, 4, &s);
        assert_int_equal(ok, n > needed);
        free(copy);
    }
}

static void unix_lines(void **state)
{
    (void)state;
    npi_sock s;
    npi_text name;
    static const char path[] =
        "0000000000000000: 00000002 00000000 00010000 0001 01 21179 /tmp/a b";
    assert_true(npi_proc_net_unix(text_of(path), &s, &name));
    assert_int_equal(s.state, NPI_LISTEN);
    assert_int_equal(s.type, 1);
    assert_int_equal(s.inode, 21179);
    assert_int_equal(name.len, 8);
    assert_memory_equal(name.at, "/tmp/a b", 8);
    assert_true(npi_proc_net_unix(text_of("0000000000000000: 00000003 00000000 00000000 0002 03 7"),
                                  &s, &name));
    assert_int_equal(s.state, NPI_ESTABLISHED);
    assert_int_equal(name.len, 0);
    for (size_t n = 0; n < sizeof path; n++) {
        char *copy = (char *)exact_copy(path, n);
        if (npi_proc_net_unix((npi_text){copy, n}, &s, &name))
            assert_true(name.at + name.len <= copy + n);
        free(copy);
    }
}

/* ---- cgroups ------------------------------------------------------------------------------ */

static void cgroup_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path;
    } all[] = {
        {"0::/system.slice/ssh.service\n", "/system.slice/ssh.service"},
        {"2:cpu,cpuacct:/x\n1:name=systemd:/system.slice/a.service\n0::/\n",
         "/system.slice/a.service"},
        {"5:memory:/docker/1\n", ""},
        {"0::/a:b\n", "/a:b"},
        {"no colons", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        npi_text got = npi_proc_cgroup(all[i].text, strlen(all[i].text));
        assert_int_equal(got.len, strlen(all[i].path));
        assert_memory_equal(got.at, all[i].path, got.len);
    }
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void units_and_containers(void **state)
{
    (void)state;
    static const struct {
        const char *path, *unit, *container;
    } all[] = {
        {"/system.slice/ssh.service", "ssh.service", ""},
        {"/system.slice/system-postgresql.slice/postgresql@15-main.service",
         "postgresql@15-main.service", ""},
        {"/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", "web.service", ""},
        {"/user.slice/user-1000.slice/session-3.scope", "session-3.scope", ""},
        {"/system.slice/ssh.socket", "ssh.socket", ""},
        {"/system.slice/ssh.service/inner.service", "ssh.service", ""},
        {"/system.slice/docker-" ID ".scope", "docker-" ID ".scope", ID},
        {"/docker/" ID, "", ID},
        {"/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope",
         "cri-containerd-" ID ".scope", ID},
        {"/machine.slice/libpod-" ID ".scope/container", "libpod-" ID ".scope", ID},
        {"/lxc/web1/system.slice/nginx.service", "nginx.service", "web1"},
        {"/lxc.payload.web2", "", "web2"},
        {"/machine.slice/systemd-nspawn@box.service", "systemd-nspawn@box.service", "box"},
        {"/_cpu.service", "cpu.service", ""},
        {"/docker/0123", "", ""},
        {"/", "", ""},
        {"", "", ""},
        {"////", "", ""},
        {"/\x1b.service", "\x1b.service", ""},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        size_t n = strlen(all[i].path);
        char *copy = (char *)exact_copy(all[i].path, n);
        npi_text unit = npi_unit_of_cgroup((npi_text){copy, n});
        npi_text container = npi_container_of_cgroup((npi_text){copy, n});
        assert_int_equal(unit.len, strlen(all[i].unit));
        assert_memory_equal(unit.at, all[i].unit, unit.len);
        assert_int_equal(container.len, strlen(all[i].container));
        assert_memory_equal(container.at, all[i].container, container.len);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_with_any_name),
        cmocka_unit_test(stat_cut_everywhere),
        cmocka_unit_test(status_tells_the_effective_user),
        cmocka_unit_test(links),
        cmocka_unit_test(lines),
        cmocka_unit_test(inet_lines),
        cmocka_unit_test(headings_are_no_sockets),
        cmocka_unit_test(inet_line_cut_everywhere),
        cmocka_unit_test(unix_lines),
        cmocka_unit_test(cgroup_files),
        cmocka_unit_test(units_and_containers),
    };
    return RUN(tests);
}
