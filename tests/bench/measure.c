/* SPDX-License-Identifier: MIT */
/*
 * Runs commands in turns, so that what disturbs one disturbs all, and prints the median of each.
 *
 *     measure RUNS NAME COMMAND... -- NAME COMMAND... -- ...
 *
 * Wall and CPU time in milliseconds, peak memory in MiB, and CPU time beside that of the first.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS = 16, RUNS = 64 };

typedef struct command {
    char **arguments; /* name first */
    double wall[RUNS], cpu[RUNS], memory;
    int failures;
} command;

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(command *c, int which)
{
    struct rusage used;
    int status;
    double begin = now();
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        dup2(null, 2);
        execvp(c->arguments[1], c->arguments + 1);
        _exit(127);
    }
    wait4(pid, &status, 0, &used);
    c->wall[which] = 1e3 * (now() - begin);
    c->cpu[which] = 1e3 * (seconds(used.ru_utime) + seconds(used.ru_stime));
    c->memory = (double)used.ru_maxrss / 1024;
    c->failures += !WIFEXITED(status) || WEXITSTATUS(status) > 1;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    static command all[COMMANDS];
    int runs = argc > 2 ? atoi(argv[1]) : 0, count = 0;
    if (runs < 1 || runs > RUNS)
        return 3;
    all[count++].arguments = argv + 2;
    for (int i = 2; i < argc && count < COMMANDS; i++)
        if (strcmp(argv[i], "--") == 0) {
            argv[i] = NULL;
            all[count++].arguments = argv + i + 1;
        }
    for (int r = 0; r < runs; r++)
        for (int i = 0; i < count; i++)
            run(&all[i], r);
    double first = median(all[0].cpu, runs);
    printf("%-34s %9s %9s %8s %8s\n", "", "wall ms", "CPU ms", "MiB", "ratio");
    for (int i = 0; i < count; i++) {
        double cpu = median(all[i].cpu, runs);
        printf("%-34s %9.1f %9.1f %8.1f %8.2f%s\n", all[i].arguments[0], median(all[i].wall, runs),
               cpu, all[i].memory, cpu / first, all[i].failures ? "  FAILED" : "");
    }
    return 0;
}
