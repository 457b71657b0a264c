load homeport.bash
load club.sh

setup_file() { start_farm; }
teardown_file() { stop_farm; }
setup() { make_world '["smtp", "finger"]'; }
teardown() { close_world; }

# refuse CODE TIMES: answer so many RCPT with this.
refuse() {
    fail "{\"service\": \"smtp\", \"match\": {\"verb\": \"RCPT\"}, \"do\": {\"reply\": {\"code\": $1}}, \"times\": $2}"
}

# The replies to RCPT.
tries() {
    get 'events?type=command&text=RCPT' | grep -o '"code":"[0-9]*"' | tr -dc '0-9\n' | xargs
}

@test "a mail that is refused once is sent again" {
    refuse 451 1
    welcome "$(at smtp plain)" bob@example.org

    waited=$(get 'smtp/messages/wait?to=bob@example.org&timeout=5s')
    [[ $waited == *'"subject":"Welcome"'*'"timed_out":false'* ]]
    [[ $(tries) == '451 250' ]]
    [[ $(get findings) == *'"counts":{}'* ]]
}

@test "a mail that is refused for good is not" {
    refuse 550 0
    run welcome "$(at smtp plain)" bob@example.org
    [[ $status == 1 && $output == *550* ]]
    [[ $(tries) == 550 ]]
}

@test "a line that ends with LF alone is found out" {
    [[ $(finger "$(at finger tcp)" alice) == *'Alice Liddell'* ]]
    [[ $(get findings) == *'"counts":{}'* ]]
    finger "$(at finger tcp)" alice '\n'
    [[ $(get findings) == *'"counts":{"finger.bare-lf":1}'* ]]
}
