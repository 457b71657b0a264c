#!/usr/bin/env bash
# Run a whole scenario against a running farm, with curl alone: make a world, have its server fail once, act as
# clients, wait, read the transcript and the findings, close the world. It prints each step and stops at the first
# failed check with exit code 1.
#
#     homeport up &
#     examples/control/scenario.sh [URL]
set -euo pipefail

url=${1:-${HOMEPORT_URL:-http://127.0.0.1:18000}}
token=${HOMEPORT_TOKEN:-}
name=scenario-$$
world=$url/api/v1/worlds/$name

# api METHOD URL [BODY]: send a request to the API and print the answer.
api() {
    curl --silent --show-error --fail-with-body --max-time 20 --request "$1" \
        ${token:+--header "Authorization: Bearer $token"} \
        ${3:+--header 'Content-Type: application/json' --data "$3"} "$2"
}

# value KEY: print the first value of KEY in the JSON on standard input.
value() {
    grep -o "\"$1\": *[^,}]*" | head -n 1 | sed 's/^[^:]*: *//; s/"//g'
}

# finger LINE: act as a Finger client: send a line, print the answer.
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
expect 'the world is made' "$ready" "\"world\":\"$name\""
host=$(value host <<<"$ready")
port=$(value port <<<"$ready")

fault=$(api POST "$world/faults" '{"service": "finger", "do": {"close": {}}, "times": 1}')
expect 'a fault will close the next connection' "$fault" '"close"'
expect 'it is closed without an answer' "<$(finger 'alice\r\n')>" '<>'
expect 'the fault acted' "$(api GET "$world/faults")" '"acted":1'
expect 'the next connection is answered' "$(finger 'alice\r\n')" 'Alice Liddell'

finger 'alice\n' >/dev/null
waited=$(api GET "$world/events/wait?service=finger&type=finding&timeout=5s")
expect 'the farm notices a line that ends with LF alone' "$waited" '"timed_out":false'
expect 'it is a finding' "$(api GET "$world/findings")" '"finger.bare-lf"'

second=$(api GET "$world/events?type=opened" | grep -o '"conn":"[^"]*"' | sed -n '2s/.*:"\(.*\)"/\1/p')
expect 'the connection is listed' "$(api GET "$world/connections")" "\"id\":\"$second\""
transcript=$(api GET "$world/connections/$second/transcript?format=text")
printf '%s\n' "$transcript"
expect 'the transcript has the query' "$transcript" 'C: alice'
expect 'and the answer' "$transcript" 'Alice Liddell'

close_world
trap - EXIT
gone=$(curl --silent --max-time 20 ${token:+--header "Authorization: Bearer $token"} "$world")
expect 'the world is closed' "$gone" '"status":404'
