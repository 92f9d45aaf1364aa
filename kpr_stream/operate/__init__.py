"""What operators and privacy officers do: request commands of lanes, and read what lanes wrote.

    request     one command for one lane: what, which requester, why
    send        sends commands and waits for the lanes' results
    slices      sends a long command a slice at a time
    resume      where an interrupted re-enrichment resumes
    newest      the newest record of every key of a topic
    summary     results, evidence and unit states as lines for people
    release     the state of a release over all lanes
    link        the links of a person key over all lanes
    quarantine/ rejected items: find, show, replay, discard
    units/      agreements, contacts, successions, the report about a unit

Every command carries an account and a reason. No file here changes a record: lanes do.
"""
