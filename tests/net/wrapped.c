/* SPDX-License-Identifier: MIT */
#include "wrapped.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>

spoil *spoiler;
int times, fail_with;
bool mute;
int mute_after = -1, spare;
uint32_t last_number;
unsigned long calls, fail_at;
void (*on_path)(const char *path);

ssize_t __real_recvfrom(int, void *, size_t, int, struct sockaddr *, socklen_t *);
ssize_t __real_sendto(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
ssize_t __real_readlinkat(int, const char *, char *, size_t);
ssize_t __real_read(int, void *, size_t);
int __real_openat(int, const char *, int, ...);
int __real_open(const char *, int, ...);
long __real_syscall(long, ...);

ssize_t __wrap_recvfrom(int, void *, size_t, int, struct sockaddr *, socklen_t *);
ssize_t __wrap_sendto(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
ssize_t __wrap_readlinkat(int, const char *, char *, size_t);
ssize_t __wrap_read(int, void *, size_t);
int __wrap_openat(int, const char *, int, ...);
int __wrap_open(const char *, int, ...);
long __wrap_syscall(long, ...);

static bool fails(void)
{
    calls++;
    if (fail_at == 0 || calls != fail_at)
        return false;
    errno = fail_with;
    return true;
}

ssize_t __wrap_recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *from,
                        socklen_t *len)
{
    if (fails())
        return -1;
    ssize_t n = __real_recvfrom(fd, data, size, flags, from, len);
    if (!spoiler || times == 0 || n <= 0)
        return n;
    if (spare > 0) {
        spare--;
        return n;
    }
    times -= times > 0;
    return spoiler(data, n, size, (void *)from);
}

ssize_t __wrap_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
                      socklen_t len)
{
    if (fails())
        return -1;
    if (mute || mute_after == 0) {
        errno = EPERM;
        return -1;
    }
    mute_after -= mute_after > 0;
    if (size >= sizeof(struct nlmsghdr))
        last_number = ((const struct nlmsghdr *)data)->nlmsg_seq;
    return __real_sendto(fd, data, size, flags, to, len);
}

static void tell(const char *path)
{
    if (on_path)
        on_path(path);
}

ssize_t __wrap_readlinkat(int fd, const char *path, char *out, size_t size)
{
    tell(path);
    return fails() ? -1 : __real_readlinkat(fd, path, out, size);
}

ssize_t __wrap_read(int fd, void *out, size_t size)
{
    return fails() ? -1 : __real_read(fd, out, size);
}

int __wrap_openat(int fd, const char *path, int flags, ...)
{
    tell(path);
    return fails() ? -1 : __real_openat(fd, path, flags, 0);
}

int __wrap_open(const char *path, int flags, ...)
{
    return fails() ? -1 : __real_open(path, flags, 0);
}

/* No more arguments than there are: getdents64 has three, openat2 four, kcmp five. */
long __wrap_syscall(long number, ...)
{
    int count = number == SYS_kcmp ? 5 : number == SYS_openat2 ? 4 : 3;
    long a[5] = {0};
    va_list args;
    va_start(args, number);
    for (int i = 0; i < count; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    return fails() ? -1 : __real_syscall(number, a[0], a[1], a[2], a[3], a[4]);
}
