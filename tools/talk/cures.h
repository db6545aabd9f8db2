/* SPDX-License-Identifier: MIT */
/*
 * What mostly helps, by what went wrong. The first row that fits is told.
 *
 *     X(problem, protocol, code, text of the reply, what to do)
 *
 * An empty problem, protocol or text and code 0 fit everything; text is looked for without case.
 */
/* clang-format off */
#define TALK_CURES \
    X("starttls.not-offered", "", 0, "", "the server has no STARTTLS on this port: try the one with TLS from the first octet (smtps 465, imaps 993, pop3s 995)") \
    X("starttls.refused", "smtp", 454, "", "TLS is not available there for now: mostly its certificate or key cannot be read, see the server's log") \
    X("starttls.injected", "", 0, "", "do not log in over this network: octets were put in before TLS began") \
    X("starttls.preauth", "imap", 0, "", "somebody between here and the server may have made this greeting: use imaps") \
    X("auth.plaintext", "", 0, "", "add --starttls, or take the scheme with TLS (smtps, imaps, pop3s, https)") \
    X("auth.refused", "smtp", 535, "", "user or password are wrong, or the account needs an application password") \
    X("auth.refused", "smtp", 534, "", "the server wants a stronger login: --auth cram-md5 or xoauth2") \
    X("auth.refused", "smtp", 504, "", "the server does not know this login: leave --auth away") \
    X("auth.refused", "smtp", 530, "", "the server wants TLS before the login: --starttls") \
    X("auth.refused", "imap", 0, "", "user or password are wrong, or logins are closed for this account") \
    X("auth.refused", "pop3", 0, "", "user or password are wrong, or the mailbox is in use by somebody else") \
    X("reply.unexpected", "smtp", 421, "", "the server is shutting down or has too many connections: try again later") \
    X("reply.unexpected", "smtp", 450, "", "greylisting, or the mailbox is busy: try again in some minutes") \
    X("reply.unexpected", "smtp", 451, "", "greylisting, or a fault of the server: try again in some minutes") \
    X("reply.unexpected", "smtp", 452, "", "the server has too little space, or too many recipients were named") \
    X("reply.unexpected", "smtp", 530, "STARTTLS", "the server wants TLS first: --starttls") \
    X("reply.unexpected", "smtp", 530, "", "the server wants a login first: -u USER --password-file FILE") \
    X("reply.unexpected", "smtp", 550, "relay", "the server passes on no mail for others: log in (-u), or take a recipient of its own") \
    X("reply.unexpected", "smtp", 550, "", "there is no such mailbox, or the server refuses the sender") \
    X("reply.unexpected", "smtp", 551, "", "the recipient is elsewhere: ask the server that its text names") \
    X("reply.unexpected", "smtp", 552, "", "the mailbox is full, or the mail is too large") \
    X("reply.unexpected", "smtp", 553, "", "the sender is not allowed: log in as its owner (-u)") \
    X("reply.unexpected", "smtp", 554, "", "the server refuses this address or this mail: see whether the address is on a block list") \
    X("reply.unexpected", "smtp", 501, "", "the server does not like the name or address given: --helo, --from, --to") \
    X("reply.unexpected", "smtp", 504, "", "the server wants a name with a domain: --helo NAME") \
    X("reply.unexpected", "http", 401, "", "the page wants a login: -u USER --password-file FILE") \
    X("reply.unexpected", "http", 403, "", "this login or address may not see the page") \
    X("reply.unexpected", "http", 404, "", "the path is wrong, or another server answers under this name") \
    X("reply.unexpected", "http", 407, "", "a proxy between here and the server wants a login") \
    X("reply.unexpected", "http", 429, "", "too many requests: wait as long as Retry-After says") \
    X("reply.unexpected", "http", 502, "", "the server that answers cannot reach the one behind it") \
    X("reply.unexpected", "http", 503, "", "the server is overloaded or closed for work") \
    X("reply.unexpected", "http", 504, "", "the server behind the one that answers is too slow") \
    X("http.not-http", "http", 0, "TLS", "this port speaks TLS: https://") \
    X("reply.malformed", "", 0, "TLS", "this port speaks TLS from the first octet: smtps, imaps, pop3s") \
    X("tls.not-tls", "", 0, "", "this port does not speak TLS at once: --starttls, or the scheme without s") \
    X("tls.expired", "", 0, "", "renew the certificate on the server; -k looks at it all the same") \
    X("tls.not-yet", "", 0, "", "compare the clocks of this host and of the server") \
    X("tls.wrong-name", "", 0, "", "connect by a name that the certificate has, or say which one is meant: --sni NAME") \
    X("tls.unknown-ca", "", 0, "", "the server sends too short a chain, or its CA is your own: --cacert FILE") \
    X("tls.self-signed", "", 0, "", "trust it on purpose: --cacert FILE with that certificate") \
    X("tls.alert", "", 0, "", "the server refuses this client: a certificate of ours (--cert) or another version (--tls-min) may be wanted") \
    X("connect.refused", "", 0, "", "see on the server what listens where: np-listen") \
    X("connect.timeout", "", 0, "", "see how far packets come: np-trace --tcp -P PORT HOST") \
    X("route.none", "", 0, "", "see which way is missing: np-trace HOST") \
    X("name.not-found", "", 0, "", "look at the name: a typing error, or a domain that is not there") \
    X("reply.timeout", "smtp", 0, "", "some servers greet late on purpose, or look the client's name up: --timeout 60s") \
    X("reply.closed", "smtp", 0, "", "the server may refuse this address: look into its log")
/* clang-format on */
