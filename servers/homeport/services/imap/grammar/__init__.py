"""The grammar of IMAP: RFC 9051 9 and RFC 3501 9, with the extensions; pure functions without state.

    tokens              a command's arguments, read token by token: `Cursor`
    sequence_set        sets of sequence numbers and UIDs
    mailbox_names       modified UTF-7 and UTF-8
    fetch_items         FETCH: items, sections, modifiers
    list_patterns       LIST and LSUB: options and wildcards
    append_arguments, store_arguments, search_keys, sort_criteria, status_items, dates
    metadata_arguments, acl_arguments, notify_arguments, imap_urls
    writing             values as responses have them
    structures          ENVELOPE and BODYSTRUCTURE as responses have them

A parser takes a `Cursor`, returns a value, and raises `SyntaxProblem` for input that the grammar does not allow, and
nothing else. It notes in the cursor which extensions the input uses (`Cursor.needs`) and what servers tolerate
(`Cursor.notes`): the session decides, as it knows which capabilities were announced.
"""
