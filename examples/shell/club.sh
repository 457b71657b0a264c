# The code under test: a mailer that retries, and a Finger client. For bash; both need curl.

# welcome HOST:PORT TO: send a welcome mail. After a temporary refusal (4yz) retry, up to three attempts.
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

# finger HOST:PORT USER [END]: query a user; END is the line end, for printf.
finger() {
    printf "%s${3-\r\n}" "$2" | curl --silent --max-time 10 "telnet://$1"
}
