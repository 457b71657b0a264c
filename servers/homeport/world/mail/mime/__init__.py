"""The reader of messages: RFC 5322, MIME (RFC 2045 to 2047, RFC 2183) and RFC 2231.

    structure       bytes to a tree of entities, with the offset of every header, field, body and part
    fields          dates, address lists and message ids, with comments, folding and obsolete syntax
    parameters      Content-Type and Content-Disposition, with continuations and charsets
    encoded_words   the words of RFC 2047
    charsets        bytes to text, by the labels that senders use
    transfer        base64 and quoted-printable
    content         text, HTML and attachments, for people
    envelope        dates, subject and addresses as IMAP has them
    body_structure  types, sizes and parameters of parts as IMAP has them
    sections        parts, headers and texts by number; decoded parts
    parsed          a message that is taken apart as far as it is asked for
    sent_date       the Date field as a moment
    checks, body_checks, word_checks    violations, with their offsets

One reader serves findings and the API, so they never disagree about the extent of a part. It works on bytes and never
decodes before it has parsed: an encoded word could otherwise bring in syntax, such as a boundary. It imports nothing of
the farm, raises for no input, and its work is bounded: see the limits in `structure`. Python's `email` package is not
used, because it guesses, has no offsets, and takes quadratic time for some inputs.
"""
