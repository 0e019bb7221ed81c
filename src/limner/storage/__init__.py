"""Rows and files: the contracts of the ledger, keys, files and blobs kept in a database and on disk."""
