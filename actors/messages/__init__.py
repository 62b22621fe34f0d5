"""Commands, events and answers of entities, edges and the journal.

One file an entity. Commands and answers may change with the code; events are
for ever (a changed event gets a new version and an upcaster).
Times are POSIX seconds UTC, ids are UUID strings, money is Decimal.
"""
