"""A nation of millions of consultations in the database, and what each question about it costs."""
