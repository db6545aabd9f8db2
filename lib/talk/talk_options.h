/* SPDX-License-Identifier: MIT */
/*
 * The options of a conversation, once, in the form of probe/trace_options.h: one row a line.
 *
 *     X(field, "name", TYPE, minimum, maximum, default, values or NULL, "what it is")
 */
#ifndef NPI_TALK_TALK_OPTIONS_H
#define NPI_TALK_TALK_OPTIONS_H

/* clang-format off */
#define NPI_TALK_OPTIONS(X) \
    X(family, "family", ENUM, 0, 6, 0, "auto=0 4=4 6=6", "addresses to connect to") \
    X(source, "source", TEXT, 1, 63, 0, NULL, "address of this host to connect from") \
    X(interface, "interface", TEXT, 1, 15, 0, NULL, "interface to connect through") \
    X(connect_to, "connect-to", TEXT, 1, 4095, 0, NULL, "where to connect instead: HOST:PORT:HOST:PORT, parted by commas; empty parts are any, and the same") \
    X(connect_timeout, "connect-timeout", DURATION, 1000000, 3600000000000, 10000000000, NULL, "time for a connection, over all addresses") \
    X(timeout, "timeout", DURATION, 1000000, 3600000000000, 0, NULL, "time for each step that does not say; 0 is 10 s, 30 s for a greeting, 60 s behind a message") \
    X(deadline, "deadline", DURATION, 1000000, 86400000000000, 90000000000, NULL, "time for a run") \
    X(verify, "verify", ENUM, 0, 2, 0, "auto=0 no=1 yes=2", "whether certificates must be good, which auto leaves to the script") \
    X(ca_file, "ca-file", TEXT, 1, 4095, 0, NULL, "certificates to trust, a file or a hashed folder, the system's when not set") \
    X(cert_file, "cert-file", TEXT, 1, 4095, 0, NULL, "certificate of our own with its chain") \
    X(key_file, "key-file", TEXT, 1, 4095, 0, NULL, "its key, when that is not in the same file") \
    X(sni, "sni", TEXT, 1, 255, 0, NULL, "name to ask for in TLS and to verify, instead of the host") \
    X(alpn, "alpn", TEXT, 1, 255, 0, NULL, "protocols to offer in TLS, parted by commas") \
    X(tls_min, "tls-min", TEXT, 3, 3, 0, NULL, "lowest version of TLS: 1.2 or 1.3") \
    X(tls_max, "tls-max", TEXT, 3, 3, 0, NULL, "highest version of TLS: 1.2 or 1.3") \
    X(ciphers, "ciphers", TEXT, 1, 1023, 0, NULL, "ciphers, as OpenSSL lists them") \
    X(keylog, "keylog", ENUM, 0, 1, 0, "no=0 yes=1", "whether to keep the keys of TLS, for programs that decrypt captures") \
    X(octets, "octets", ENUM, 0, 1, 0, "no=0 yes=1", "whether the transcript keeps the octets of each line, with stars for secrets") \
    X(plaintext, "plaintext-auth", ENUM, 0, 2, 0, "auto=0 no=1 yes=2", "whether passwords may go without TLS, which auto allows on loopback and to scripts that say so") \
    X(max_line, "max-line", INT, 512, 16777216, 65536, NULL, "octets of a line that a server may send") \
    X(max_reply, "max-reply", INT, 512, 268435456, 1048576, NULL, "octets of a reply") \
    X(max_lines, "max-lines", INT, 1, 1000000, 1000, NULL, "lines of a reply") \
    X(max_headers, "max-headers", INT, 512, 16777216, 102400, NULL, "octets of the head of an HTTP reply") \
    X(max_body, "max-body", INT, 1, 1073741824, 8388608, NULL, "octets of a body")
/* clang-format on */

#endif
