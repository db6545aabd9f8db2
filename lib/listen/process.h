/* SPDX-License-Identifier: MIT */
/*
 * Who a process is: its name, program, user, cgroup, and the start time that makes its number
 * unique.
 */
#ifndef NPI_LISTEN_PROCESS_H
#define NPI_LISTEN_PROCESS_H

#include "listen/hunt.h"

/* System calls of npi_process_read: five files, and the link to the program. */
enum { NPI_PROCESS_CALLS = 5 * NPI_FILE_CALLS + 1 };

/*
 * Fill in p; its texts go behind `texts`. What was read is of one process only if npi_process_same
 * says so afterwards. 0, or an errno: ENOENT or ESRCH when the process is gone, EMFILE or ENFILE
 * when some of it could not be opened, ENOMEM (texts->nomem). What cannot be read for want of
 * privilege is empty or unknown.
 */
int npi_process_read(npi_process *p, npi_buf *texts, int proc, int64_t pid, bool command);

/* Whether its number still belongs to the same process: 0, ESRCH when not, or why it is unknown. */
int npi_process_same(const npi_process *p, int proc);

#endif
