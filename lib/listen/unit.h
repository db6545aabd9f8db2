/* SPDX-License-Identifier: MIT */
/*
 * From the path of a cgroup to what people call it, pure: systemd's unit, the container.
 */
#ifndef NPI_LISTEN_UNIT_H
#define NPI_LISTEN_UNIT_H

#include "listen/procfs.h"

/*
 * The systemd unit of a cgroup, as "ssh.service": the first part of the path that is a service,
 * scope or socket, below a user's manager that of the user. Length 0 where there is none.
 */
npi_text npi_unit_of_cgroup(npi_text path);

/*
 * The container: the 64 hexadecimal digits that Docker, containerd, CRI-O and Podman put into the
 * path, or the name of an LXC or nspawn container. Length 0 where there is none.
 */
npi_text npi_container_of_cgroup(npi_text path);

#endif
