"""Where the record of a job goes besides the database: one small file each."""
