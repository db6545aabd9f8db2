/* SPDX-License-Identifier: MIT */
/*
 * Reads the files of one process. The command line is read only when asked for: the memory of a
 * process that hangs can make its reader hang too.
 */
#include "listen/process.h"

#include <errno.h>
#include <string.h>

#include "listen/procfs.h"
#include "listen/unit.h"

enum { FILE_MAX = 4096 };

/* A process that is being read. */
typedef struct reading {
    npi_process *p;
    npi_buf *texts;
    int proc;
    int error; /* EMFILE or ENFILE: what is missing is there, and we could not open it */
} reading;

static void note(reading *r, int64_t result)
{
    if (result == -EMFILE || result == -ENFILE)
        r->error = (int)-result;
}

static int64_t read_file(reading *r, const char *name, char *out, size_t size)
{
    char path[64];
    npi_buf b = npi_buf_in(path, sizeof path);
    npi_buf_printf(&b, "%lld/%s", (long long)r->p->pid, name);
    int64_t n = npi_proc_read(r->proc, path, out, size);
    note(r, n);
    return n;
}

/* 0 or an errno; EPROTO: it is not what a process has. */
static int read_stat(reading *r, npi_proc_stat *out)
{
    char text[FILE_MAX];
    int64_t n = read_file(r, "stat", text, sizeof text);
    if (n < 0)
        return (int)-n;
    return npi_proc_stat_parse(text, (size_t)n, out) ? 0 : EPROTO;
}

int npi_process_same(const npi_process *p, int proc)
{
    npi_process same = *p;
    npi_proc_stat now;
    int err = read_stat(&(reading){&same, NULL, proc, 0}, &now);
    return err ? err : now.start_ticks == p->start_ticks ? 0 : ESRCH;
}

/* A text as it may be shown; where it begins. */
static uint32_t put_escaped(npi_buf *texts, npi_text t)
{
    size_t at = texts->len;
    npi_buf_escaped(texts, t.at, t.len);
    npi_buf_char(texts, '\0');
    return texts->cut ? 0 : (uint32_t)at;
}

/* Octets as they are, with a NUL behind them; where they begin, and how many there are. */
static uint32_t put_octets(npi_buf *texts, npi_text t, uint32_t *len)
{
    size_t at = texts->len;
    npi_buf_bytes(texts, t.at, t.len);
    npi_buf_char(texts, '\0');
    *len = texts->cut ? 0 : (uint32_t)t.len;
    return texts->cut ? 0 : (uint32_t)at;
}

static void read_name(reading *r)
{
    char text[64];
    int64_t n = read_file(r, "comm", text, sizeof text);
    npi_text name = {text, n > 0 ? (size_t)n : 0};
    if (name.len > 0 && text[name.len - 1] == '\n') /* the kernel's; others are the name's */
        name.len--;
    r->p->comm = put_octets(r->texts, name, &r->p->comm_len);
    r->p->process = put_escaped(r->texts, name);
}

static void read_exe(reading *r)
{
    static const char gone[] = " (deleted)";
    char path[64], text[FILE_MAX];
    npi_buf b = npi_buf_in(path, sizeof path);
    npi_buf_printf(&b, "%lld/exe", (long long)r->p->pid);
    int64_t n = npi_proc_link(r->proc, path, text, sizeof text);
    npi_text exe = {text, n > 0 ? (size_t)n : 0};
    if (exe.len >= sizeof gone &&
        memcmp(text + exe.len - (sizeof gone - 1), gone, sizeof gone - 1) == 0) {
        exe.len -= sizeof gone - 1;
        r->p->exe_deleted = true;
    }
    r->p->exe = put_escaped(r->texts, exe);
}

static void read_user(reading *r)
{
    char text[FILE_MAX];
    int64_t n = read_file(r, "status", text, sizeof text);
    r->p->uid_known = n > 0 && npi_proc_status_uid(text, (size_t)n, &r->p->uid);
}

static void read_cgroup(reading *r)
{
    char text[FILE_MAX];
    int64_t n = read_file(r, "cgroup", text, sizeof text);
    npi_text path = npi_proc_cgroup(text, n > 0 ? (size_t)n : 0);
    r->p->cgroup = put_escaped(r->texts, path);
    r->p->unit = put_escaped(r->texts, npi_unit_of_cgroup(path));
    r->p->container = put_escaped(r->texts, npi_container_of_cgroup(path));
}

static void read_command(reading *r)
{
    char text[FILE_MAX];
    int64_t n = read_file(r, "cmdline", text, sizeof text);
    npi_text line = {text, n > 0 ? (size_t)n : 0};
    r->p->arguments = put_octets(r->texts, line, &r->p->arguments_len);
    while (line.len > 0 && text[line.len - 1] == '\0')
        line.len--;
    for (size_t i = 0; i < line.len; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    r->p->command = put_escaped(r->texts, line);
}

int npi_process_read(npi_process *p, npi_buf *texts, int proc, int64_t pid, bool command)
{
    npi_proc_stat stat;
    reading r = {p, texts, proc, 0};
    memset(p, 0, sizeof *p);
    p->pid = pid;
    int err = read_stat(&r, &stat);
    if (err)
        return err;
    p->start_ticks = stat.start_ticks;
    read_name(&r);
    read_exe(&r);
    read_user(&r);
    read_cgroup(&r);
    if (command)
        read_command(&r);
    return texts->nomem ? ENOMEM : r.error;
}
