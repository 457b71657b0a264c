#!/bin/sh
# A walk through every service of a farm, with clients of other authors. HOMEPORT: the farm's host.
set -eu
host=${HOMEPORT:-127.0.0.1}
ca=${CA_FILE:-/ca/ca.pem}

show() { # description, then the command
    printf '\n== %s\n' "$1"
    shift
    printf '$ %s\n' "$*"
    "$@"
}

show 'Active Users (RFC 866): who is logged in, over TCP' nc -w 5 "$host" 10011 </dev/null
show 'the same over UDP: any datagram asks' sh -c "printf '\n' | nc -u -w 1 $host 10011"
show 'Finger (RFC 1288): one of them' sh -c "printf 'alice\r\n' | nc -w 5 $host 10079"
show 'Daytime (RFC 867)' nc -w 5 "$host" 10013 </dev/null
show 'Time (RFC 868): seconds since 1900, in four octets' sh -c "nc -w 5 $host 10037 </dev/null | od -An -tu4 --endian=big"
show 'QOTD (RFC 865)' nc -w 5 "$host" 10017 </dev/null
show 'Chargen (RFC 864), its first line' sh -c "nc -w 2 $host 10019 </dev/null | head -n 1"
show 'Echo (RFC 862)' sh -c "echo ahoy | nc -N -w 5 $host 10007"
show 'Discard (RFC 863) takes it all' sh -c "echo ballast | nc -N -w 5 $host 10009"
show 'Whois (RFC 3912)' whois -h "$host" -p 10043 homeport.test
show 'SMTP (RFC 5321): a message, with a made-up login' swaks --silent 2 --server "$host" --port 12525 \
    --auth-user app --auth-password secret --from app@example.org --to alice@homeport.test --header 'Subject: from the demo'
show 'the same under STARTTLS' swaks --silent 2 --server "$host" --port 10025 --tls \
    --from carol@example.org --to alice@homeport.test --header 'Subject: from the demo'
show 'the message as the farm has it' curl -fsS "http://$host:18000/api/v1/worlds/default/smtp/messages?limit=1"
echo
show 'FTP (RFC 959) under TLS: a listing' curl -fsS --ssl-reqd --cacert "$ca" --user alice:alice-pass "ftp://$host:10021/"
show 'FTP by lftp, without a login' lftp -c "set ftp:prefer-epsv yes; set ftp:ssl-allow no; open -p 10021 $host; cls /"
show 'EPP (RFC 5730): login, the availability of a domain, logout' python3 /demo/epp_login.py "$host" 10700 "$ca"
show 'what these clients did wrong, by the RFCs' curl -fsS "http://$host:18000/api/v1/worlds/default/findings"
printf '\n\nThat was the farm. Its page and API: http://127.0.0.1:18000/\n'
