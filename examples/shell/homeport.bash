# Start a farm for the tests of a file and make a world for each test. Copy this file into your shell project.

# Use the farm at HOMEPORT_URL, or start one, which ends with its standard input, so at the latest with this process.
start_farm() {
    if [[ -z ${HOMEPORT_URL:-} ]]; then
        coproc farm { exec homeport up --ephemeral --quiet --until-eof 3>&-; } # bats reads from descriptor 3
        read -r ready <&"${farm[0]}"
        HOMEPORT_URL=$(after "$ready" '"control": "')
        HOMEPORT_URL=${HOMEPORT_URL%%\"*}
        export HOMEPORT_URL
    fi
}

stop_farm() {
    if [[ -n ${farm_PID:-} ]]; then
        local process=$farm_PID
        exec {farm[1]}>&-
        wait "$process"
    fi
}

# make_world '["smtp", ...]': make a fresh world in that farm.
make_world() {
    ready=$(ask POST "$HOMEPORT_URL/api/v1/worlds" "{\"services\": $1}")
    world=$(after "$ready" '"world":"')
    world=$HOMEPORT_URL/api/v1/worlds/${world%%\"*}
}

close_world() {
    ask DELETE "$world"
}

# at SERVICE LISTENER: print its address, as HOST:PORT.
at() {
    local host=${HOMEPORT_URL#*://} port
    port=$(after "$ready" "\"$1\":{" "\"$2\":{" '"port":')
    echo "${host%:*}:${port%%[!0-9]*}"
}

# get PATH: print a resource of the world, as JSON.
get() {
    ask GET "$world/$1"
}

# fail PLAN: plan a fault.
fail() {
    ask POST "$world/faults" "$1"
}

# ask METHOD URL [BODY]
ask() {
    curl --silent --show-error --fail-with-body --request "$1" ${3:+--json "$3"} \
        ${HOMEPORT_TOKEN:+--header "Authorization: Bearer $HOMEPORT_TOKEN"} "$2"
}

# after TEXT WORD...: print what follows the first word, then the next word after it, and so on.
after() {
    local rest=$1 word
    for word in "${@:2}"; do
        rest=${rest#*"$word"}
    done
    echo "$rest"
}
