-- Note what the states of cells depend on, as the last refresh left it: some thousand rows.
CREATE TEMP TABLE place_before ON COMMIT DROP AS
SELECT place_id, current_municipality_code, current_county_code FROM analytics.place;
CREATE TEMP TABLE span_before ON COMMIT DROP AS TABLE analytics.reporting_span;
CREATE TEMP TABLE hole_before ON COMMIT DROP AS TABLE analytics.reporting_hole;
CREATE TEMP TABLE window_before ON COMMIT DROP AS TABLE analytics.follow_up_window;
TRUNCATE analytics.touched_follow_up;
