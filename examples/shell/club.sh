# What is tested: a mailer that tries again later, and a Finger client. For bash; both need curl.

# welcome HOST:PORT TO: send a welcome mail. A server that says "not now" (4yz) is asked again, up to three times in all.
welcome() {
    local attempt reply
    for attempt in 1 2 3; do
        reply=$(letter "$2" | curl --silent --crlf --max-time 10 --write-out '%{response_code}' --upload-file - \
            --mail-from club@client.test --mail-rcpt "$2" "smtp://$1/client.test") && return
        [[ $reply == 4?? ]] || break
        sleep "0.0$attempt"
    done
    echo "the mail to $2 was refused: $reply" >&2
    return 1
}

letter() {
    printf '%s\n' 'From: club@client.test' "To: $1" 'Subject: Welcome' "Date: $(LC_ALL=C date -R)" \
        "Message-ID: <$$.$RANDOM@client.test>" '' 'Good to have you.'
}

# finger HOST:PORT WHO [END]: ask who somebody is; END is how lines end, for printf.
finger() {
    printf "%s${3-\r\n}" "$2" | curl --silent --max-time 10 "telnet://$1"
}
