load homeport.bash
load club.sh

setup_file() { start_farm; }
teardown_file() { stop_farm; }
setup() { make_world '["smtp", "finger"]'; }
teardown() { close_world; }

# refuse CODE N: answer the next N RCPT commands with CODE; 0: all of them.
refuse() {
    fail "{\"service\": \"smtp\", \"match\": {\"verb\": \"RCPT\"}, \"do\": {\"reply\": {\"code\": $1}}, \"times\": $2}"
}

# Print the codes of the replies to RCPT.
replies() {
    get 'events?type=command&text=RCPT' | grep -o '"code":"[0-9]*"' | tr -dc '0-9\n' | xargs
}

@test "a mail that is refused once is retried" {
    refuse 451 1
    welcome "$(at smtp plain)" bob@example.org

    waited=$(get 'smtp/messages/wait?to=bob@example.org&timeout=5s')
    [[ $waited == *'"subject":"Welcome"'*'"timed_out":false'* ]]
    [[ $(replies) == '451 250' ]]
    [[ $(get findings) == *'"counts":{}'* ]]
}

@test "a mail that is refused for good is not retried" {
    refuse 550 0
    run welcome "$(at smtp plain)" bob@example.org
    [[ $status == 1 && $output == *550* ]]
    [[ $(replies) == 550 ]]
}

@test "a line that ends with LF alone is a finding" {
    [[ $(finger "$(at finger tcp)" alice) == *'Alice Liddell'* ]]
    [[ $(get findings) == *'"counts":{}'* ]]
    finger "$(at finger tcp)" alice '\n'
    [[ $(get findings) == *'"counts":{"finger.bare-lf":1}'* ]]
}
