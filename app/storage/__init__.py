"""What is recorded in SQL: data sets, feedback, jobs and who did what. SQLite by default, Postgres by one setting."""
