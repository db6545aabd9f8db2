# SPDX-License-Identifier: MIT
# Real servers on loopback, to be sourced behind tests/net/tool.sh and lab_dir. They run in the private
# root of root.sh; all that they write lies in $LAB_DIR/srv, which they see as /srv. One user: joe,
# whose password is "secret".
#
#     nginx     80, 443     / /r1 (redirects to / over /r2) /big /private (joe) /chunked
#     dovecot   imap 143, imaps 993, pop3 110, pop3s 995, lmtp 24
#     exim      25 (STARTTLS), 465: mail for example.test goes to joe's mailbox

servers_pids=()

# The private root, before lab_enter: in there is no network to download from.
servers_fetch() {
    [ "$(id -u)" = 0 ] || skip "the servers change their users, which takes root"
    export NP_SERVERS_ROOT=${NP_SERVERS_ROOT:-$PWD/servers-root}
    local said
    lab_inside || said=$(bash "$here/root.sh" "$NP_SERVERS_ROOT") || skip "${said#SKIP: }"
}

servers_up() { # behind lab_enter and lab_dir: certificates, folders, what the root sees of them
    servers_root=$NP_SERVERS_ROOT
    srv=$LAB_DIR/srv
    mkdir -p "$srv"/{ca,mail,nginx/html/private,exim/spool,dovecot}
    chmod 755 "$srv" "$srv/ca" "$srv/exim"
    bash "$here/ca.sh" "$srv/ca" || { fail "no certificates: $(cat "$srv/ca/ca.log")"; finish; }
    mount --bind /dev "$servers_root/dev"
    mount -t proc proc "$servers_root/proc"
    mount --bind "$srv" "$servers_root/srv"
    chown 8:8 "$srv/mail"
    chown 100:100 "$srv/exim" "$srv/exim/spool"
}

# server NAME GREETING PORT COMMAND...: in the foreground of a child, ready when it greets.
server() {
    local name=$1 greeting=$2 port=$3 pid line n
    shift 3
    chroot "$servers_root" "$@" >"$srv/$name.out" 2>&1 </dev/null &
    pid=$!
    servers_pids+=("$pid")
    for ((n = 0; n < 400; n++)); do
        kill -0 "$pid" 2>/dev/null || break
        if exec 7<>"/dev/tcp/127.0.0.1/$port"; then
            [ -n "$greeting" ] || printf 'HEAD / HTTP/1.0\r\n\r\n' >&7
            read -r -t 5 line <&7
            exec 7>&-
            case $line in "${greeting:-HTTP/1}"*) return ;; esac
        fi 2>/dev/null
        sleep 0.05
    done
    fail "$name does not come up: $(tail -n 5 "$srv/$name.out" "$srv/$name"/log* 2>/dev/null)"
    finish
}

start_nginx() {
    echo "hello" >"$srv/nginx/html/index.html"
    head -c 200000 /dev/zero | tr '\0' x >"$srv/nginx/html/big"
    echo "inside" >"$srv/nginx/html/private/index.html"
    printf 'joe:%s\n' "$(openssl passwd -apr1 secret)" >"$srv/nginx/users"
    local name ports=(443 444 445 446) servers=
    for name in good wrong expired self; do
        servers+="server { listen 127.0.0.1:${ports[0]} ssl; listen [::1]:${ports[0]} ssl;
            ssl_certificate /srv/ca/$name.pem; ssl_certificate_key /srv/ca/$name.key;
            root /srv/nginx/html; }
        "
        ports=("${ports[@]:1}")
    done
    cat >"$srv/nginx/conf" <<END
daemon off; master_process off; pid /srv/nginx/pid; error_log /srv/nginx/log;
events { }
http {
    ssl_protocols TLSv1.2 TLSv1.3;
    access_log off;
    client_body_temp_path /srv/nginx/b; proxy_temp_path /srv/nginx/p;
    fastcgi_temp_path /srv/nginx/f; uwsgi_temp_path /srv/nginx/u; scgi_temp_path /srv/nginx/s;
    server {
        listen 127.0.0.1:80; listen [::1]:80;
        root /srv/nginx/html;
        location = /r1 { return 302 /r2; }
        location = /r2 { return 302 /; }
        location /private { auth_basic "private"; auth_basic_user_file /srv/nginx/users; }
        location = /chunked { gzip on; gzip_min_length 1; gzip_types *; alias /srv/nginx/html/big; }
    }
    $servers
}
END
    server nginx "" 80 /usr/sbin/nginx -e stderr -c /srv/nginx/conf
}

start_dovecot() {
    cat >"$srv/dovecot/conf" <<'END'
base_dir = /srv/dovecot/run
state_dir = /srv/dovecot/state
log_path = /srv/dovecot/log
protocols = imap pop3 lmtp
listen = 127.0.0.1, ::1
ssl = yes
ssl_cert = </srv/ca/good.pem
ssl_key = </srv/ca/good.key
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
mail_location = maildir:/srv/mail/%n
first_valid_uid = 1
passdb {
  driver = static
  args = user=joe password=secret
}
userdb {
  driver = static
  args = uid=8 gid=8 home=/srv/mail/%n allow_all_users=yes
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = 24
  }
}
END
    server dovecot "* OK" 143 /usr/sbin/dovecot -F -c /srv/dovecot/conf
}

start_exim() {
    cat >"$srv/exim/conf" <<'END'
primary_hostname = mx.lab.test
spool_directory = /srv/exim/spool
log_file_path = /srv/exim/log-%s
pid_file_path = /srv/exim/pid
local_interfaces = <; 127.0.0.1 ; ::1
daemon_smtp_ports = 25 : 465
tls_on_connect_ports = 465
tls_advertise_hosts = *
tls_certificate = /srv/ca/good.pem
tls_privatekey = /srv/ca/good.key
auth_advertise_hosts = *
keep_environment =
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data
begin acl
check_rcpt:
  deny local_parts = nobody-here
       message = no such user here
  accept domains = example.test
  accept authenticated = *
  deny message = relay not permitted
check_data:
  accept
begin routers
joe:
  driver = accept
  domains = example.test
  transport = mailbox
begin transports
mailbox:
  driver = appendfile
  directory = /srv/mail/joe
  maildir_format
  user = mail
  group = mail
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{joe}}{eq{$auth3}{secret}}}}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${if and{{eq{$auth1}{joe}}{eq{$auth2}{secret}}}}
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${if eq{$auth1}{joe}{secret}fail}
END
    server exim "220 " 25 /usr/sbin/exim4 -bdf -q1h
}

stop_servers() {
    local pid
    for pid in "${servers_pids[@]}"; do
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    servers_pids=()
}
