# Question (c) with R: the same figure as breastfed.sql, from the database.
#
# The address and the login are in PGHOST, PGPORT, PGDATABASE, PGUSER and PGPASSWORD.
# Example: Rscript examples/analyse/breastfed.R

library(DBI)

connection <- dbConnect(
  RPostgreSQL::PostgreSQL(),
  host = Sys.getenv("PGHOST"), port = Sys.getenv("PGPORT"), dbname = Sys.getenv("PGDATABASE"),
  user = Sys.getenv("PGUSER"), password = Sys.getenv("PGPASSWORD")
)
rows <- dbGetQuery(connection, "
  SELECT group_key::text, date, consultation_key::text, breastfeeding_status
  FROM analytics.consultation
  WHERE service = 'HELSESTASJON_0_5' AND attendance = 'MOTT' AND age_months = 6
    AND group_key IS NOT NULL AND breastfeeding_status IN ('FULLT', 'DELVIS', 'IKKE')
")
invisible(dbDisconnect(connection))

rows <- rows[order(rows$date, rows$consultation_key), ]
last <- rows[!duplicated(rows$group_key, fromLast = TRUE), ]
asked <- nrow(last)
breastfed <- sum(last$breastfeeding_status != "IKKE")

# Small counts, and shares of small groups, could be those of a child that somebody knows.
if (asked < 10 || breastfed %in% 1:4 || (asked - breastfed) %in% 1:4) {
  cat(":\n")
} else {
  cat(sprintf("%d per cent of %d\n", as.integer((200 * breastfed + asked) %/% (2 * asked)), asked))
}
