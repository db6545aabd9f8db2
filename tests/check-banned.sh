#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The third column of HACKING's table "need, use, never": calls that a guest library must not make,
# or that only one file may make. Words in comments and texts do not count.
cd "${srcdir:-.}" || exit 1
failures=0

# call: files that may, or nothing
allowed() {
    case $1 in
    malloc | calloc | realloc | free) echo lib/base/mem.c ;;
    vsnprintf) echo lib/base/buf.c ;;
    clock_gettime | getrandom | timerfd_create | timerfd_settime) echo lib/core/clock_linux.c ;;
    epoll_wait) echo "lib/core/clock_linux.c lib/core/reactor.c" ;;
    socket) echo lib/core/socket.c ;;
    getpid) echo lib/core/context.c ;;
    esac
}

banned="malloc calloc realloc free strdup strndup asprintf alloca
printf fprintf sprintf snprintf vsnprintf vfprintf puts fputs putchar perror syslog
strtol strtoul strtoll strtoull strtod atoi atol atof sscanf
time gettimeofday clock_gettime sleep usleep nanosleep getrandom timerfd_create timerfd_settime
rand random srand drand48 arc4random
socket accept select poll epoll_wait pselect
getaddrinfo gethostbyname gethostbyaddr getnameinfo getservbyname getprotobyname getpwuid
exit _exit abort assert signal sigaction raise kill alarm setitimer
setlocale setenv getenv secure_getenv putenv chdir umask fork execve system popen
pthread_create pthread_mutex_lock setsockopt_ strcpy strcat strncpy gets strtok getpid"

strip() { # comments and texts out, line numbers kept
    "${CC:-cc}" -fpreprocessed -dD -E -P "$1" 2>/dev/null | sed 's/"\([^"\\]\|\\.\)*"/""/g'
}

for file in lib/*/*.c lib/*/*.h; do
    code=$(strip "$file")
    for call in $banned; do
        grep -qE "(^|[^A-Za-z0-9_>.])$call *\(" <<<"$code" || continue
        [[ " $(allowed "$call") " == *" $file "* ]] && continue
        echo "$file calls $call: see HACKING.md for what to use"
        failures=$((failures + 1))
    done
done
echo "$(wc -w <<<"$banned") banned calls looked for, $failures found"
[ $failures = 0 ]
