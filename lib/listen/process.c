/* SPDX-License-Identifier: MIT */
/*
 * Reads the files of one process. The command line is read only when asked for: the memory of a
 * process that hangs can make its reader hang too.
 */
#include "listen/process.h"

#include <string.h>

#include "listen/procfs.h"
#include "listen/unit.h"

enum { FILE_MAX = 4096 };

static int64_t read_file(int proc, int64_t pid, const char *name, char *out, size_t size)
{
    char path[64];
    npi_buf b = npi_buf_in(path, sizeof path);
    npi_buf_printf(&b, "%lld/%s", (long long)pid, name);
    return npi_proc_read(proc, path, out, size);
}

static bool read_stat(int proc, int64_t pid, npi_proc_stat *out)
{
    char text[FILE_MAX];
    int64_t n = read_file(proc, pid, "stat", text, sizeof text);
    return n > 0 && npi_proc_stat_parse(text, (size_t)n, out);
}

bool npi_process_same(const npi_process *p, int proc)
{
    npi_proc_stat now;
    return read_stat(proc, p->pid, &now) && now.start_ticks == p->start_ticks;
}

/* A text as it may be shown; where it begins. */
static uint32_t put_escaped(npi_buf *texts, npi_text t)
{
    size_t at = texts->len;
    npi_buf_escaped(texts, t.at, t.len);
    npi_buf_char(texts, '\0');
    return (uint32_t)at;
}

static void read_name(npi_process *p, npi_buf *texts, int proc)
{
    char text[64];
    int64_t n = read_file(proc, p->pid, "comm", text, sizeof text);
    npi_text name = {text, n > 0 ? (size_t)n : 0};
    if (name.len > 0 && text[name.len - 1] == '\n') /* the kernel's; others are the name's */
        name.len--;
    p->comm = (uint32_t)texts->len;
    p->comm_len = (uint32_t)name.len;
    npi_buf_bytes(texts, name.at, name.len);
    npi_buf_char(texts, '\0');
    p->process = put_escaped(texts, name);
}

static void read_exe(npi_process *p, npi_buf *texts, int proc)
{
    static const char gone[] = " (deleted)";
    char path[64], text[FILE_MAX];
    npi_buf b = npi_buf_in(path, sizeof path);
    npi_buf_printf(&b, "%lld/exe", (long long)p->pid);
    int64_t n = npi_proc_link(proc, path, text, sizeof text);
    npi_text exe = {text, n > 0 ? (size_t)n : 0};
    if (exe.len >= sizeof gone &&
        memcmp(text + exe.len - (sizeof gone - 1), gone, sizeof gone - 1) == 0) {
        exe.len -= sizeof gone - 1;
        p->exe_deleted = true;
    }
    p->exe = put_escaped(texts, exe);
}

static void read_user(npi_process *p, int proc)
{
    char text[FILE_MAX];
    int64_t n = read_file(proc, p->pid, "status", text, sizeof text);
    p->uid_known = n > 0 && npi_proc_status_uid(text, (size_t)n, &p->uid);
}

static void read_cgroup(npi_process *p, npi_buf *texts, int proc)
{
    char text[FILE_MAX];
    int64_t n = read_file(proc, p->pid, "cgroup", text, sizeof text);
    npi_text path = npi_proc_cgroup(text, n > 0 ? (size_t)n : 0);
    p->cgroup = put_escaped(texts, path);
    p->unit = put_escaped(texts, npi_unit_of_cgroup(path));
    p->container = put_escaped(texts, npi_container_of_cgroup(path));
}

static void read_command(npi_process *p, npi_buf *texts, int proc)
{
    char text[FILE_MAX];
    int64_t n = read_file(proc, p->pid, "cmdline", text, sizeof text);
    npi_text line = {text, n > 0 ? (size_t)n : 0};
    p->arguments = (uint32_t)texts->len;
    p->arguments_len = (uint32_t)line.len;
    npi_buf_bytes(texts, line.at, line.len);
    npi_buf_char(texts, '\0');
    while (line.len > 0 && text[line.len - 1] == '\0')
        line.len--;
    for (size_t i = 0; i < line.len; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    p->command = put_escaped(texts, line);
}

bool npi_process_read(npi_process *p, npi_buf *texts, int proc, int64_t pid, bool command)
{
    npi_proc_stat stat;
    memset(p, 0, sizeof *p);
    p->pid = pid;
    if (!read_stat(proc, pid, &stat))
        return false;
    p->start_ticks = stat.start_ticks;
    read_name(p, texts, proc);
    read_exe(p, texts, proc);
    read_user(p, proc);
    read_cgroup(p, texts, proc);
    if (command)
        read_command(p, texts, proc);
    return !texts->nomem;
}
