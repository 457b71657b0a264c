#!/usr/bin/env bash
# A whole scenario against a running farm, with curl and nothing else: make a world, have its server fail once, act as
# clients, wait, read what was said and what was wrong, close the world. It says what it sees and stops at the first
# surprise with exit code 1.
#
#     homeport up &
#     examples/control/scenario.sh [URL]
set -euo pipefail

url=${1:-${HOMEPORT_URL:-http://127.0.0.1:18000}}
token=${HOMEPORT_TOKEN:-}
name=scenario-$$
world=$url/api/v1/worlds/$name

# Ask the API: METHOD URL [BODY]; prints the answer.
api() {
    curl --silent --show-error --fail-with-body --max-time 20 --request "$1" \
        ${token:+--header "Authorization: Bearer $token"} \
        ${3:+--header 'Content-Type: application/json' --data "$3"} "$2"
}

# The value of the first KEY in the JSON that is read.
value() {
    grep -o "\"$1\": *[^,}]*" | head -n 1 | sed 's/^[^:]*: *//; s/"//g'
}

# Do what a Finger client does: send a line, read to the end.
finger() {
    printf "$1" | curl --silent --max-time 20 "telnet://$host:$port" || true
}

expect() {
    if [[ $2 != *"$3"* ]]; then
        printf 'FAILED: %s: no %s in\n%s\n' "$1" "$3" "$2" >&2
        exit 1
    fi
    printf 'ok: %s\n' "$1"
}

close_world() {
    curl --silent --output /dev/null --max-time 20 --request DELETE ${token:+--header "Authorization: Bearer $token"} "$world"
}
trap close_world EXIT

ready=$(api POST "$url/api/v1/worlds" "{\"name\": \"$name\", \"services\": [\"finger\"]}")
expect 'a world of its own is made' "$ready" "\"world\":\"$name\""
host=$(value host <<<"$ready")
port=$(value port <<<"$ready")

fault=$(api POST "$world/faults" '{"service": "finger", "do": {"close": {}}, "times": 1}')
expect 'the next connection is to be closed' "$fault" '"close"'
expect 'it is closed without an answer' "<$(finger 'alice\r\n')>" '<>'
expect 'by the fault' "$(api GET "$world/faults")" '"acted":1'
expect 'the one after it is answered' "$(finger 'alice\r\n')" 'Alice Liddell'

finger 'alice\n' >/dev/null
waited=$(api GET "$world/events/wait?service=finger&type=finding&timeout=5s")
expect 'a line that ends with LF alone is seen' "$waited" '"timed_out":false'
expect 'and is a finding' "$(api GET "$world/findings")" '"finger.bare-lf"'

second=$(api GET "$world/events?type=opened" | grep -o '"conn":"[^"]*"' | sed -n '2s/.*:"\(.*\)"/\1/p')
expect 'who talked is known' "$(api GET "$world/connections")" "\"id\":\"$second\""
transcript=$(api GET "$world/connections/$second/transcript?format=text")
printf '%s\n' "$transcript"
expect 'what was said by the client' "$transcript" 'C: alice'
expect 'and by the server' "$transcript" 'Alice Liddell'

close_world
trap - EXIT
gone=$(curl --silent --max-time 20 ${token:+--header "Authorization: Bearer $token"} "$world")
expect 'the world is closed' "$gone" '"status":404'
