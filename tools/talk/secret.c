/* SPDX-License-Identifier: MIT */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "../common/command_line.h"

/* Up to a line end, which is not part of it. False for nothing, or too much. */
static bool read_line(int fd, char out[SECRET_MAX])
{
    size_t len = 0;
    for (;;) {
        ssize_t n = read(fd, out + len, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || len + 1 == SECRET_MAX)
            return false;
        if (n == 0 || out[len] == '\n')
            break;
        len++;
    }
    len -= len > 0 && out[len - 1] == '\r';
    out[len] = '\0';
    return len > 0;
}

bool secret_from_file(const char *file, char out[SECRET_MAX], FILE *err)
{
    char text[COMMAND_WORD];
    int fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    bool opened = fd >= 0, good = opened && read_line(fd, out);
    if (!good)
        fprintf(err, "np-talk: %s: %s\n", command_line_shown(file, text, sizeof text),
                opened ? "there is no password in its first line" : strerror(errno));
    if (fd > STDIN_FILENO)
        close(fd);
    return good;
}

bool secret_asked(const char *user, char out[SECRET_MAX], FILE *err)
{
    struct termios before, quiet;
    char text[COMMAND_WORD];
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || tcgetattr(fd, &before) < 0) {
        fputs("np-talk: a password is needed: --password-file FILE\n", err);
        if (fd >= 0)
            close(fd);
        return false;
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    dprintf(fd, "Password of %s: ", command_line_shown(user, text, sizeof text));
    tcsetattr(fd, TCSAFLUSH, &quiet);
    bool good = read_line(fd, out);
    tcsetattr(fd, TCSAFLUSH, &before);
    dprintf(fd, "\n");
    close(fd);
    if (!good)
        fputs("np-talk: no password was given\n", err);
    return good;
}
