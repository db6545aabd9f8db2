/* SPDX-License-Identifier: MIT */
/*
 * The options of a trace, once. The C preprocessor makes the settings struct and the table of
 * npi_option from these rows; awk makes the manual's table from them (doc/page.awk), so keep
 * one row a line:
 *
 *     X(field, "name", TYPE, minimum, maximum, default, values or NULL, "what it is")
 */
#ifndef NPI_PROBE_TRACE_OPTIONS_H
#define NPI_PROBE_TRACE_OPTIONS_H

/* clang-format off */
#define NPI_TRACE_OPTIONS(X) \
    X(target, "target", TEXT, 1, 255, 0, NULL, "host name or address to trace") \
    X(kind, "kind", ENUM, 0, 3, 0, "auto=0 icmp=1 udp=2 tcp=3", "probes to send") \
    X(family, "family", ENUM, 0, 6, 0, "auto=0 4=4 6=6", "addresses of the target to take") \
    X(cycles, "cycles", INT, 0, 1000000000, 10, NULL, "rounds to send, 0 until cancelled") \
    X(first_ttl, "first-ttl", INT, 1, 255, 1, NULL, "first TTL to probe") \
    X(max_ttl, "max-ttl", INT, 1, 255, 30, NULL, "last TTL to probe") \
    X(max_unknown, "max-unknown", INT, 1, 255, 12, NULL, "silent hops in a row that end the path") \
    X(interval, "interval", DURATION, 10000000, 3600000000000, 1000000000, NULL, "time between rounds") \
    X(timeout, "timeout", DURATION, 1000000, 3600000000000, 2000000000, NULL, "when an unanswered probe is lost") \
    X(grace, "grace", DURATION, 1000000, 3600000000000, 0, NULL, "wait at the end of a run, 0 adapts") \
    X(size, "size", INT, 28, 65535, 64, NULL, "octets of each IP packet") \
    X(port, "port", INT, 0, 65535, 0, NULL, "destination port, 0 is 33434 for UDP and 80 for TCP") \
    X(local_port, "local-port", INT, 0, 65535, 0, NULL, "source port of UDP probes and of TCP probes that are serial, 0 is random") \
    X(source, "source", TEXT, 1, 63, 0, NULL, "address of this host to send from") \
    X(interface, "interface", TEXT, 1, 15, 0, NULL, "interface to send through") \
    X(tos, "tos", INT, 0, 255, 0, NULL, "type of service or traffic class of probes") \
    X(mark, "mark", INT, 0, 4294967295, 0, NULL, "mark of probes for the routing rules of this host") \
    X(pattern, "pattern", INT, 0, 255, 0, NULL, "octet that fills the payload of probes") \
    X(dont_fragment, "dont-fragment", ENUM, 0, 2, 0, "auto=0 no=1 yes=2", "whether routers must not fragment probes, which lets their answers change the path MTU that this host keeps for the target") \
    X(serial, "serial", ENUM, 0, 2, 0, "auto=0 no=1 yes=2", "whether TCP probes go one at a time, all from one port, so that balancers send them one way") \
    X(raw, "raw", ENUM, 0, 2, 0, "auto=0 no=1 yes=2", "whether answers to ICMP and UDP probes come by a raw socket, which shows the quoted IP header; auto takes one where ICMP sockets are closed") \
    X(udp_ports, "udp-ports", ENUM, 0, 1, 0, "fixed=0 rising=1", "whether UDP probes go to one destination port, or each to the next, which balancers may send different ways") \
    X(rate, "rate", INT, 1, 1000000, 10000, NULL, "most probes per second") \
    X(names, "names", ENUM, 0, 2, 0, "auto=0 no=1 yes=2", "whether names are looked up") \
    X(events, "events", INT, 0, 65536, 0, NULL, "events that may wait")
/* clang-format on */

#endif
