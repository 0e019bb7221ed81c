"""Changes of the schema, one file each, applied in order and never edited once released."""
