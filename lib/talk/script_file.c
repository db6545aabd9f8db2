/* SPDX-License-Identifier: MIT */
/*
 * Reads the file of a script, and says why not.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "talk/script.h"

/* Up to `size` octets of a descriptor; negative: minus an errno. */
static ssize_t read_all(int fd, char *out, size_t size)
{
    size_t len = 0;
    while (len < size) {
        ssize_t n = read(fd, out + len, size - len);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            return -errno;
        len += n > 0 ? (size_t)n : 0;
    }
    return (ssize_t)len;
}

char *npi_script_read_file(const npi_mem *mem, const char *path, size_t *len, int *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        *err = errno;
        return NULL;
    }
    char *text = npi_alloc(mem, NPI_SCRIPT_MAX + 1, 1);
    ssize_t n = text ? read_all(fd, text, NPI_SCRIPT_MAX + 1) : -ENOMEM;
    close(fd);
    *err = n < 0 ? (int)-n : n > NPI_SCRIPT_MAX ? EFBIG : 0;
    *len = n > 0 ? (size_t)n : 0;
    if (!*err)
        return text;
    npi_free(mem, text);
    return NULL;
}

const char *npi_script_file_trouble(int err)
{
    return err == ENOENT                   ? "there is no such file"
           : err == EFBIG                  ? "longer than 1 MiB"
           : err == ENOMEM                 ? "out of memory"
           : err == EACCES || err == EPERM ? "not allowed to read it"
                                           : "not a file that can be read";
}
