"""The processor's ways to the world: Kafka, RocksDB, a child process.

producer (a lane's transactions), ledger (a lane's RocksDB), output_reader (fill ledgers from the
topics), read_back and slice_reader (single records, slices), rights_reader, sandbox and
attempt_file (records that may kill the process), tuning (every setting of a library that differs).
"""
